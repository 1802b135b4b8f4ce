"""Which series count the requests: one view of each request, and how each ended."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autoscale.base.errors import InputError, Problem
from autoscale.imports.prom.families import ASIDE, KNOWN, SECONDS_PER, Family
from autoscale.imports.prom.kubernetes import owned
from autoscale.imports.prom.latency import common_bounds, unit_of
from autoscale.imports.prom.series import Series, increases
from autoscale.imports.prom.status import label_of

_COUNTER = re.compile(r".*(_requests?_total|_requests_count|_requests?|_responses?_total|_rq_total|_hits_total)")
_TIMED = re.compile(r".*(request|response|http|rpc|latency|duration|_rq_|_rt|rt$|time)")
_SIZE = re.compile(r".*(_bytes|_size|_length|_size_bytes)$")
_SENT = re.compile(r"(^|.*_)(clients?|outbound|egress)(_.*|$)")  # what the workload asked of others
# how many there are at a time, or may be, and what a recording rule made of a counter: no counters
_NO_COUNTER = re.compile(
    r"(^|.*_)(active|in_?flight|pending|current|open|concurrent|queued|waiting|max|limit)(_.*|$)|.*:.*"
)
_AS_MANY = 0.1  # by which a histogram of another name may differ from the counter, to be of the same requests


@dataclass(frozen=True)
class Chosen:
    """The ``counters`` that count each request once, the ``buckets`` that tell how long they took (maybe none), the
    seconds of the histogram's unit (None: not told by its name), and notes."""

    counters: Sequence[Series]
    buckets: Sequence[Series]
    unit_s: float | None
    notes: tuple[str, ...]


def choose(series: Sequence[Series], workload: str | None) -> Chosen:
    """One view of the requests; InputError where several unknown series could be it."""
    by_name: dict[str, list[Series]] = {}
    for one in series:
        by_name.setdefault(one.name, []).append(one)
    views = [view for family in KNOWN if (view := _view(family, by_name))]
    views.sort(key=lambda view: not _coded(view[1]))  # stable: the order of preference, among those with a status
    if views:
        family, counters, buckets = views[0]
        left = [other.source for other, _, _ in views[1:] if other.histogram != family.histogram]
        notes = [f"Requests are counted by {counters[0].name} ({family.source})."]
        notes += [f"Left aside, as they count the same requests: {', '.join(left)}."] if left else []
        unit = _unit(family, buckets)
    else:
        counters, buckets, notes = _unknown(by_name)
        unit = None
    counters, more = _one_view(_of_pods(series, counters, workload), workload)
    own = bool(buckets)
    buckets, _ = _one_view(_of_pods(series, buckets or _only_histogram(by_name), workload), workload)
    if not own and counters and not _as_many(counters, buckets):
        more += [f"{buckets[0].name} is not of as many, so not of the same: left aside."] if buckets else []
        buckets = []
    return Chosen(counters, buckets, unit if own else None, (*notes, *more))


def _as_many(counters: Iterable[Series], buckets: Iterable[Series]) -> bool:
    """Whether a histogram counts as many as the counters do, so that it may be that of the same requests."""
    every = _total(counters)
    return abs(_total(one for one in buckets if _endless(one)) - every) <= _AS_MANY * every


def _total(series: Iterable[Series]) -> float:
    return sum(step.n or 0.0 for one in series for step in increases(one.points))


def _endless(bucket: Series) -> bool:
    return bucket.labels.get("le", "").lower() in ("+inf", "inf")


def _unit(family: Family, buckets: Sequence[Series]) -> float | None:
    """Seconds of the histogram's unit: by its name, where that tells; else by its bounds; else the family's."""
    own = SECONDS_PER[family.unit]
    if any(word in family.histogram for word in ("second", "_ms")) or not buckets:
        return own
    return unit_of("", common_bounds(buckets)) or own


def _coded(counters: Iterable[Series]) -> bool:
    return any(label_of(one.labels) for one in counters)


def _view(family: Family, by_name: dict[str, list[Series]]) -> tuple[Family, list[Series], list[Series]] | None:
    """A family's counters (those with a status first, else its histogram's counts) and buckets; None if it has none."""
    buckets = by_name.get(f"{family.histogram}_bucket", []) if family.histogram else []
    counts = by_name.get(f"{family.histogram}_count", []) or [one for one in buckets if one.labels.get("le") == "+Inf"]
    options = [*(by_name.get(name, []) for name in family.counters), counts if family.histogram else []]
    present = sorted((option for option in options if option), key=lambda option: not _coded(option))
    return (family, present[0], buckets) if present else None


def _unknown(by_name: dict[str, list[Series]]) -> tuple[list[Series], list[Series], list[str]]:
    """Series of no known family that count requests by their name; one name, else a question."""
    found = {
        name: some
        for name, some in by_name.items()
        if name and _may_count(name) and _COUNTER.fullmatch(name) and not (_SIZE.match(name) or _NO_COUNTER.match(name))
    }
    coded = {name: some for name, some in found.items() if _coded(some)}
    found = coded or found
    if len(found) > 1:
        problem = Problem("series", ", ".join(sorted(found)[:8]), "one that counts each request once")
        raise InputError("several series may count the requests", problems=[problem], fix="import one of them")
    if found:
        name, counters = found.popitem()
        return counters, by_name.get(f"{name}_bucket", []), [f"Requests are counted by {name}, by its name."]
    buckets = _only_histogram(by_name)
    if not buckets:
        return [], [], []
    base = buckets[0].name.removesuffix("_bucket")
    counts = by_name.get(f"{base}_count") or [one for one in buckets if _endless(one)]
    return counts, buckets, [f"Requests are counted by the histogram {base}."]


def _may_count(name: str) -> bool:
    return not name.startswith(ASIDE) and not _SENT.fullmatch(name)


def _only_histogram(by_name: dict[str, list[Series]]) -> list[Series]:
    """The buckets of the only histogram of durations that is not monitoring's own."""
    found = [
        [one for one in some if "le" in one.labels]
        for name, some in by_name.items()
        if name.endswith("_bucket")
        and _may_count(name)
        and not _SIZE.match(name.removesuffix("_bucket"))
        and _TIMED.match(name.removesuffix("_bucket"))
    ]
    return found[0] if len(found) == 1 else []


# label -> which of its values is taken where there are several: each counts the same requests
_VIEWS = {
    "reporter": ("destination", "waypoint", "source"),
    "direction": ("inbound", "outbound"),
    "type": ("request", "upstream"),  # Kong 2 has three durations in one histogram
}
# What Envoy, the client's sidecar, says of a request that it sent to nobody (response_flags): no other has seen it.
_UNSENT = frozenset(("UH", "UF", "UO", "NR", "NC", "NFCF", "FI", "RL", "RLSE", "UAEX", "OM"))
_NOBODY = "unknown"  # as Istio names a workload that it could not tell
# labels that name whose requests they are, the surest first: (label, whether a request has only one of its values)
WHOSE = (
    ("destination_workload", True),
    ("deployment", True),
    ("statefulset", True),
    ("exported_service", False),
    ("destination_service_name", False),
    ("app", False),
    ("service", False),
    ("job", False),
)
# requests to what watches and configures a proxy, by the names that it has itself
_OWN = re.compile(
    r"envoy_http_conn_manager_prefix=(?:admin|stats)|envoy_cluster_name=(?:xds_cluster|xds-grpc|prometheus_stats|agent)"
    r"|service=[\w-]+@internal|entrypoint=(?:traefik|metrics)|proxy=(?:stats|prometheus)"
)
# Prometheus renames a target's own label to exported_...: `namespace` is then that of the ingress controller.
NAMESPACES = ("destination_workload_namespace", "destination_service_namespace", "exported_namespace", "namespace")
_BACKENDS = ("exported_service", "service", "proxy", "envoy_cluster_name")
_ADDED = (
    "job",
    "service",
    "exported_service",
    "proxy",
    "ingress",
    "route",
    "envoy_cluster_name",
    "envoy_http_conn_manager_prefix",
    "app",
)


def _one_view(series: Sequence[Series], workload: str | None) -> tuple[list[Series], list[str]]:
    """The series of one observer and of one workload, and what was left aside."""
    chosen, notes = list(series), []
    for label, order in _VIEWS.items():
        values = {one.labels[label] for one in chosen if label in one.labels}
        if len(values) > 1 and (best := next((value for value in order if value in values), None)):
            own = [one for one in chosen if one.labels.get(label) == best]
            refused = _refused(own, chosen)
            chosen = [*own, *refused]
            beside = f", and what clients' sidecars sent to nobody ({_flags(refused)})" if refused else ""
            notes.append(f'Of the views of each request that of {label}="{best}" is taken{beside}.')
    handlers = {one.labels["handler"] for one in chosen if one.name.startswith("caddy_") and "handler" in one.labels}
    if len(handlers) > 1:
        best = max(handlers, key=lambda value: sum(o.points[-1][1] for o in chosen if o.labels.get("handler") == value))
        chosen = [one for one in chosen if one.labels.get("handler") == best]
        notes.append(f'Of the handlers that each request passes "{best}" is taken.')
    chosen, left = _without_own(chosen)
    chosen = _of_workload(chosen, workload)
    notes += left
    return chosen, [*notes, *_services(chosen)]


def _refused(own: Sequence[Series], every: Iterable[Series]) -> list[Series]:
    """What clients' sidecars refused of the same services' requests, beside a workload's own series: its sidecar has
    not seen those, and where no pod was chosen they name no workload."""
    taken = {id(one) for one in own}
    services = {one.labels.get("destination_service_name") for one in own} - {None}
    return [
        one
        for one in every
        if id(one) not in taken
        and one.labels.get("reporter") == "source"
        and one.labels.get("destination_service_name") in services
        and not _UNSENT.isdisjoint(one.labels.get("response_flags", "").split(","))
    ]


def _flags(some: Sequence[Series]) -> str:
    return ", ".join(sorted({flag for one in some for flag in one.labels.get("response_flags", "").split(",")}))


def _without_own(series: list[Series]) -> tuple[list[Series], list[str]]:
    """The series without those of monitoring and configuration, where others are left; and what was left aside."""
    own = {item for one in series for item in map("=".join, one.labels.items()) if _OWN.fullmatch(item)}
    others = [one for one in series if not own & set(map("=".join, one.labels.items()))]
    return (others, [f"Left aside, as a proxy's own: {', '.join(sorted(own))}."]) if own and others else (series, [])


def _of_pods(every: Sequence[Series], series: Sequence[Series], workload: str | None) -> Sequence[Series]:
    """The series of the workload's own pods where some are; else (those of a proxy that stands before it) all."""
    pods = {one.labels["pod"] for one in series if one.labels.get("pod")}
    mine = owned(every, pods, workload.rpartition("/")[2]) if workload else set()
    return [one for one in series if one.labels.get("pod") in mine] if mine else series


def _of_workload(series: list[Series], workload: str | None) -> list[Series]:
    """The requests of the workload, where labels tell whose they are."""
    namespace, _, name = (workload or "").rpartition("/")
    if namespace:
        series = [one for one in series if _namespace(one) in (None, namespace)]
    for label, only in WHOSE:
        values = sorted({one.labels[label] for one in series if one.labels.get(label)} - {_NOBODY})
        if name in values:
            own = [one for one in series if one.labels.get(label) == name]
            return [*own, *_refused(own, series)]
        if len(values) > 1 and only:
            problem = Problem(label, ", ".join(values), "one workload")
            raise InputError(
                "the requests are those of several workloads", problems=[problem], fix="name one by --workload"
            )
    return _of_backend(series, namespace, name) if name else series


def _of_backend(series: list[Series], namespace: str, name: str) -> list[Series]:
    """The requests of the proxy's backend that is named after the workload: Traefik's ``shop-web-80@kubernetes``,
    Istio's ``outbound|80||web.shop.svc.cluster.local``; all where none is, or more than one may be."""
    before = re.escape(namespace) if namespace else "[a-z0-9-]+"
    own = rf"(?:{before}[-_/])?{re.escape(name)}"
    form = re.compile(rf"{own}(?:[-_](?:\d+|https?))?(?:@.*)?|outbound\|\d*\|[^|]*\|{re.escape(name)}\.{before}\.svc.*")
    for label in _BACKENDS:
        fitting = {one.labels[label] for one in series if form.fullmatch(one.labels.get(label, ""))}
        if len(fitting) == 1:
            return [one for one in series if one.labels.get(label) in fitting]
    return series


def _namespace(one: Series) -> str | None:
    """The namespace of the workload that a series tells of."""
    return next((one.labels[label] for label in NAMESPACES if one.labels.get(label)), None)


def _services(series: Sequence[Series]) -> list[str]:
    """A note where series of several jobs or services are added up."""
    for label in _ADDED:
        values = sorted({one.labels[label] for one in series if one.labels.get(label)})
        if len(values) > 1:
            return [f"The requests of several are added up: {label} {', '.join(values[:5])}."]
    return []
