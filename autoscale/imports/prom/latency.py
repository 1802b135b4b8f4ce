"""How long requests took, as far as an exporter's buckets tell: in which unit, and between which bounds."""

import math
import re
from collections.abc import Mapping, Sequence

from autoscale.imports.building import Second, number, spread
from autoscale.imports.prom.series import Series, increases
from autoscale.imports.prom.status import ended
from loadtest.histogram import bucket

_UNITS = (
    ("_seconds", 1.0),
    ("_milliseconds", 1e-3),
    ("_millis", 1e-3),
    ("_ms", 1e-3),
    ("_microseconds", 1e-6),
    ("_us", 1e-6),
    ("_nanoseconds", 1e-9),
    ("_ns", 1e-9),
    ("_minutes", 60.0),
    ("_s", 1.0),
)
_AS_SECONDS, _AS_MILLISECONDS = 300.0, 1000.0  # highest finite bounds that tell the unit where no name does


def unit_of(name: str, bounds: Sequence[float]) -> float | None:
    """Seconds of a histogram's unit: by its name, else by the range of its bounds; None where neither tells."""
    base = re.sub(r"_(bucket|histogram|duration)$", "", name.removesuffix("_bucket"))
    for ending, seconds in _UNITS:
        if base.endswith(ending) or f"{ending}_" in base:
            return seconds
    finite = [bound for bound in bounds if not math.isinf(bound)]
    if not finite:
        return None
    if max(finite) >= _AS_MILLISECONDS:
        return 1e-3
    return 1.0 if max(finite) <= _AS_SECONDS and min(finite) < 1 else None


def common_bounds(buckets: Sequence[Series]) -> list[float]:
    """The bounds that every group of series has, in the exporter's unit, infinity last: only these can be added up."""
    groups = _groups(buckets)
    shared = set.intersection(*(set(group) for group in groups.values())) if groups else set()
    return sorted(shared | {math.inf}) if shared else []


def add(buckets: Sequence[Series], unit_s: float, bounds: Sequence[float], seconds: dict[int, Second]) -> None:
    """Put the answers of each bucket, less those of the one below, inside the bucket; failed ones are left out."""
    for key, group in _groups(buckets).items():
        if ended(dict(key)):
            continue
        below: dict[tuple[int, int], float] = {}
        lower = 0.0
        for bound in bounds:
            index = bucket(_inside(lower * unit_s, bound * unit_s))
            for (start, end), n in _grown(group.get(bound, [])).items():
                own = max(0, round(n - below.get((start, end), 0.0)))
                below[start, end] = n
                for second, part in zip(range(start, end), spread(own, end - start), strict=True):
                    if part:
                        now = seconds.setdefault(second, Second(answered=0))
                        now.latency[index] = now.latency.get(index, 0) + part
            lower = bound


def _groups(buckets: Sequence[Series]) -> dict[tuple[tuple[str, str], ...], dict[float, list[Series]]]:
    groups: dict[tuple[tuple[str, str], ...], dict[float, list[Series]]] = {}
    for one in buckets:
        given = one.labels.get("le", "")  # a summary, or what a query added up, may have none
        bound = math.inf if given.lower() in ("+inf", "inf") else number(given)
        if bound is not None:
            key = tuple(sorted((k, v) for k, v in one.labels.items() if k != "le"))
            groups.setdefault(key, {}).setdefault(bound, []).append(one)
    return groups


def _grown(several: Sequence[Series]) -> Mapping[tuple[int, int], float]:
    found: dict[tuple[int, int], float] = {}
    for one in several:
        for start, end, n in increases(one.points):
            if n is not None:
                found[start, end] = found.get((start, end), 0.0) + n
    return found


def _inside(lower: float, upper: float) -> float:
    """A duration that stands for a bucket; above the last bound just beyond it."""
    if math.isinf(upper):
        return lower * 1.021
    return math.sqrt(lower * upper) if lower > 0 else upper / 2
