"""Access logs: each line is a request, counted by its time.

Text: Common and Combined Log Format (nginx, Apache, ingress-nginx, Traefik), Envoy and Istio, HAProxy, AWS ALB and
classic ELB.
JSON lines: Traefik, Caddy, Envoy and Istio, and nginx's own field names. Formats, with versions, and which
of them date a request by its end: docs/scenarios.md.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from loadtest.traces import times
from loadtest.traces.forms import Reader, Source, Understood
from loadtest.traces.hits import Hit, counted, duration
from loadtest.traces.opening import HEAD

_MONTHS = dict(
    zip(("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), range(1, 13), strict=True)
)
_CLF = re.compile(
    r'\[(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}:\d{2}:\d{2})(?:\.\d+)? ([+-]\d{4})\] "((?:[^"\\]|\\.)*)" (\d{3}|-|000) '
)
_INGRESS_TOOK = re.compile(r'" \d+ (\d+\.\d{3}) \[')  # what ingress-nginx has after the user agent
_ENVOY = re.compile(r'\[(\d{4}-\d\d-\d\dT[\d:.]+Z)\] "(\S+) (\S*) HTTP/\S+" (\d{1,3}) ')
_ALB = re.compile(
    r"(?:https?|h2|grpcs|wss?) (\d{4}-\d\d-\d\dT[\d:.]+Z) \S+ \S+:\d+ (?:\S+:\d+|-) "
    r'-?[\d.]+ -?[\d.]+ -?[\d.]+ (?:\d+|-) (?:\d+|-) -?\d+ -?\d+ "(\S+) (\S+) [^"]*" '
    r'(?:"[^"]*" \S+ \S+ \S+ "[^"]*" "[^"]*" "[^"]*" \S+ (\d{4}-\d\d-\d\dT[\d:.]+Z))?'  # when it came
)
_ELB = re.compile(
    r"(\d{4}-\d\d-\d\dT[\d:.]+Z) \S+ \S+:\d+ (?:\S+:\d+|-) -?[\d.]+ -?[\d.]+ -?[\d.]+ (?:\d+|-) (?:\d+|-) -?\d+ -?\d+ "
    r'"(\S+) (\S+) [^"]*" '
)
_HAPROXY = re.compile(
    r'\[(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}:\d{2}:\d{2})\.\d{3}\] \S+ \S+ \S+ (?:\d{3}|-1) .*"(\S+) (\S*)[^"]*"$'
)
# Where each program's JSON has the time, the method, the path and, if the time is that of the end, the seconds that it
# took; the first whose time and path are there counts.
_JSON = {
    "Traefik access log (JSON)": ("StartUTC", "RequestMethod", "RequestPath", ""),
    "Traefik access log (JSON, local time)": ("StartLocal", "RequestMethod", "RequestPath", ""),
    "Caddy access log (JSON)": ("ts", "request.method", "request.uri", "duration"),
    "Envoy or Istio access log (JSON)": ("start_time", "method", "path", ""),
    "Envoy Gateway access log (JSON)": ("start_time", "method", "x-envoy-origin-path", ""),
    "access log (JSON, time_iso8601)": ("time_iso8601", "request_method", "request_uri", "request_time"),
    "access log (JSON, time_local)": ("time_local", "request_method", "request_uri", "request_time"),
    "access log (JSON, msec)": ("msec", "request_method", "request_uri", "request_time"),
}


def _clf(line: str) -> Hit | None:
    match = _CLF.search(line)
    if match is None or match[2] not in _MONTHS:
        return None
    day, month, year, clock, zone, request, _ = match.groups()
    moment = _moment(f"{year}-{_MONTHS[month]:02}-{day}T{clock}{zone}")
    parts = request.split(" ")
    method, path = (parts[0], parts[1]) if len(parts) == 3 else ("", "")
    took = _INGRESS_TOOK.search(line, match.end())
    return Hit(moment, zone, method, path, took=duration(took[1] if took else "")) if moment is not None else None


def _haproxy(line: str) -> Hit | None:
    """A line of ``option httplog``, whose times have no zone."""
    match = _HAPROXY.search(line.rstrip())
    if match is None or match[2] not in _MONTHS:
        return None
    day, month, year, clock, method, path = match.groups()
    moment = _moment(f"{year}-{_MONTHS[month]:02}-{day}T{clock}+00:00")
    return Hit(moment, "", method, path) if moment is not None else None


def _text(pattern: re.Pattern[str]) -> Callable[[str], Hit | None]:
    def hit(line: str) -> Hit | None:
        match = pattern.match(line)
        moment = _moment(match[1]) if match else None
        return Hit(moment, "+0000", match[2], match[3]) if match and moment is not None else None

    return hit


def _alb(line: str) -> Hit | None:
    """A line has the time of the answer first, and near its end when the request came."""
    match = _ALB.match(line)
    moment = _moment(match[4] or match[1]) if match else None
    return Hit(moment, "+0000", match[2], match[3]) if match and moment is not None else None


def _moment(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo else None


def _json(fields: tuple[str, str, str, str]) -> Callable[[str], Hit | None]:
    def hit(line: str) -> Hit | None:
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            return None
        if not isinstance(entry, dict) or str(entry.get("logger")).startswith("http.log.error"):
            return None  # Caddy tells of a request that failed once more, in its error log
        time, method, path, took = (_field(entry, name) for name in fields)
        when = _when(time)
        if when is None or not isinstance(path, str):
            return None
        return Hit(*when, str(method or ""), path, took=duration(took))

    return hit


def _field(entry: Mapping[str, Any], name: str) -> Any:
    """A field by its path; a key with dots in it comes first."""
    place: Any = entry
    for part in name.split("."):
        place = place.get(part) if isinstance(place, Mapping) else None
    return place


def _when(time: Any) -> tuple[float, str] | None:
    """Seconds since the epoch and the offset as written, of a date or an epoch in any unit."""
    if isinstance(time, str) and (local := re.fullmatch(r"(\d\d)/(\w{3})/(\d{4}):([\d:]+) ([+-]\d{4})", time)):
        day, month, year, clock, zone = local.groups()
        time = f"{year}-{_MONTHS.get(month, 0):02}-{day}T{clock}{zone}"
    if isinstance(time, bool) or not isinstance(time, str | int | float):
        return None
    moments = times.of([str(time)]) if times.is_time(str(time)) else None
    if moments is None or not moments.dated or moments.zone.startswith("none"):
        return None
    zone = times.date(str(time))
    return moments.seconds[0], zone.strftime("%z") if zone else "+0000"


KINDS: dict[str, Callable[[str], Hit | None]] = {
    "access log (Common or Combined Log Format)": _clf,
    "HAProxy access log": _haproxy,
    "Envoy or Istio access log": _text(_ENVOY),
    "AWS ALB access log": _alb,
    "AWS classic ELB access log": _text(_ELB),
    **{what: _json(fields) for what, fields in _JSON.items()},
}


def kind_of(head: Sequence[str]) -> str | None:
    """What most of the first lines are, None where most are no requests."""
    found = {what: sum(hit(line) is not None for line in head) for what, hit in KINDS.items()}
    best = max(found, key=lambda what: found[what])
    return best if head and found[best] * 2 > len(head) else None


def read(source: Source) -> Understood:
    """Count a log's requests; ScenarioError where it holds none or spans too long a time."""
    every = iter(source.lines)
    head = [line for _, line in zip(range(HEAD), every, strict=False)]
    what = kind_of([line for line in head if line.strip()])
    assert what is not None  # `matches` said so
    return counted(source, what, chain(head, every), KINDS[what])


READER = Reader(lambda head: kind_of(head) is not None, read, order=10)
