"""k6's JSON lines (``k6 run --out json=FILE``): one line a sample (https://grafana.com/docs/k6/latest/results-output/)."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autoscale.base.errors import InputError, Problem
from autoscale.base.times import parse_time
from autoscale.imports.building import Second, check_span, number
from autoscale.imports.files import Lines
from autoscale.imports.importer import Imported, Importer, first_line

NOTES = (
    "k6 does not record when a request was meant to be sent: latency counts from its sending.",
    "k6 does not record how late requests were sent, nor its own CPU: whether it was the limit is not known.",
    "k6 does not record which executor sent them: whether the model was open or closed is not known.",
    "Pods, HPA and CPU are not in k6's results.",
)
_ENTRY = re.compile(r'"type"\s*:\s*"(Metric|Point)"')
_LONGEST_S = 86400.0  # a request that took longer is a mistake of the file


def read(paths: Sequence[Path], _workload: str | None) -> Imported:
    """What happened in each second; InputError on a line that is no JSON (but the last) or without requests."""
    if len(paths) > 1:
        raise InputError(f"k6 results are one file, found {len(paths)}", fix="import each on its own")
    seconds: dict[int, Second] = {}
    lines = Lines(paths[0])
    bad: Problem | None = None
    for i, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        if bad is not None:
            raise InputError(f"{paths[0]} is no k6 JSON output", problems=[bad])
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError) as error:
            bad = Problem(f"{paths[0]}: line {i}", str(error)[:200], "one JSON object per line")
            continue
        if isinstance(entry, dict) and entry.get("type") == "Point":
            _point(entry, seconds)
    if not any(now.answered is not None for now in seconds.values()):
        problems = [bad] if bad else []
        fix = "write it with `k6 run --out json=FILE script.js`"
        raise InputError(f"{paths[0]} holds no requests of k6", problems=problems, fix=fix)
    check_span(seconds, str(paths[0]))
    cut = lines.cut or (f"the last line is cut off (line {i})" if bad else "")
    notes = [f"The end is missing: {cut}."] if cut else []
    return Imported(seconds, notes=(*notes, *NOTES), partial=cut)


def _point(entry: dict[str, Any], seconds: dict[int, Second]) -> None:
    data = entry.get("data")
    if not isinstance(data, dict):
        return
    value, at, tags = number(data.get("value")), _time(data.get("time")), data.get("tags")
    if value is not None and at is not None:
        add(seconds, entry.get("metric"), at, value, tags if isinstance(tags, dict) else {})


def add(seconds: dict[int, Second], metric: Any, at: float, value: float, tags: Mapping[str, Any]) -> None:
    """Count one sample: its metric, its time in seconds since the epoch, its value (milliseconds), its tags."""
    if not abs(value) < _LONGEST_S * 1000:
        return
    now = seconds.setdefault(int(at), Second())
    if metric in ("http_req_duration", "grpc_req_duration"):
        begun = seconds.setdefault(int(at - value / 1000), Second())
        begun.sent = (begun.sent or 0) + 1
        cause = _cause(tags)
        if cause is None:
            now.answer(value / 1000)
        else:
            now.fail(cause)
    elif metric == "dropped_iterations":
        now.dropped = (now.dropped or 0) + int(value)


def _cause(tags: Mapping[str, Any]) -> str | None:
    """Why a request failed; None where it did not."""
    if tags.get("expected_response") != "false":
        status = str(tags.get("status", ""))
        bad = not tags.get("expected_response") and (status == "0" or status[:1] in ("4", "5"))
        return (status if status != "0" else "no answer") if bad else None
    return str(tags.get("error") or tags.get("error_code") or tags.get("status") or "failed")


def _time(text: Any) -> float | None:
    try:
        return parse_time(str(text))
    except (ValueError, OverflowError, OSError):
        return None


def recognises(head: str) -> bool:
    """Whether the first line is one of k6's entries; a label of Prometheus' may be called "type" as well."""
    return first_line(head).startswith("{") and _ENTRY.search(first_line(head)) is not None


IMPORTER = Importer("k6", "JSON lines (k6 run --out json=FILE), also gzip", recognises, read)
