"""Locust's JSON (``locust --json-file PREFIX`` or ``--json``): counts a second and a histogram, by request name.

Locust keeps each duration rounded (``locust.stats.StatsEntry``): to a millisecond below 100, to 10 below 1,000, to 100
below 10,000, else to 1,000. Its histogram covers the whole run.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autoscale.base.errors import InputError, Problem
from autoscale.imports import files
from autoscale.imports.building import Second, check_span, number
from autoscale.imports.importer import Imported, Importer
from loadtest.histogram import bucket

NOTES = (
    "Locust's JSON holds one histogram of the whole run: latency in parts of it is not known.",
    "Locust's histogram counts failed requests too, and its durations are rounded.",
    "Locust's JSON does not record how late requests were sent nor its own CPU: whether it was the limit is not known.",
    "Pods, HPA and CPU are not in Locust's results.",
)
_ENTRY = ("name", "num_requests", "response_times", "num_reqs_per_sec")
_MOST_MS = 10_000_000


def read(paths: Sequence[Path], _workload: str | None) -> Imported:
    """What happened in each second, and the durations of the whole run; InputError on another document."""
    if len(paths) > 1:
        raise InputError(f"Locust results are one file, found {len(paths)}", fix="import each on its own")
    entries = files.document(paths[0])
    if not isinstance(entries, list) or not entries or not all(_is_entry(entry) for entry in entries):
        problem = Problem(str(paths[0]), "a list of another kind", f"objects with {', '.join(_ENTRY)}")
        raise InputError(f"{paths[0]} is no JSON of Locust", problems=[problem])
    seconds: dict[int, Second] = {}
    durations: dict[int, int] = {}
    check_span((int(at) for entry in entries for at in _counts(entry, "num_reqs_per_sec")), str(paths[0]))
    for entry in entries:
        failed = _counts(entry, "num_fail_per_sec")
        for at, n in _counts(entry, "num_reqs_per_sec").items():
            now = seconds.setdefault(at, Second(answered=0))
            now.count("", max(0, n - failed.get(at, 0)))
            now.fail("failed", min(n, failed.get(at, 0)))
        for ms, n in _counts(entry, "response_times").items():
            durations[ms] = durations.get(ms, 0) + n
    if not seconds:
        raise InputError(f"{paths[0]} holds no requests of Locust")
    whole = seconds[min(seconds)].latency
    for ms, n in durations.items():
        whole[bucket(ms / 1000)] = whole.get(bucket(ms / 1000), 0) + n
    return Imported(
        seconds, notes=NOTES, bounds_s=_bounds(max(durations, default=1)), whole=True, of_all=True, model="closed"
    )


def _is_entry(entry: Any) -> bool:
    return isinstance(entry, Mapping) and all(key in entry for key in _ENTRY)


def _counts(entry: Mapping[str, Any], key: str) -> dict[int, int]:
    """A mapping of whole numbers to counts, as JSON has it; what is none is left out."""
    found = entry.get(key)
    pairs = found.items() if isinstance(found, Mapping) else ()
    return {
        int(at): int(n)
        for text, count in pairs
        if (at := number(text)) is not None and (n := number(count)) is not None and n > 0 and 0 <= at < 1e11
    }


def _bounds(highest_ms: int) -> list[float]:
    """Between which durations in seconds each rounded one lies."""
    bounds, ms = [0.0005], 1.0
    while ms <= min(highest_ms, _MOST_MS):
        step = 1 if ms < 100 else 10 if ms < 1000 else 100 if ms < 10_000 else 1000
        bounds.append((ms + step / 2) / 1000)
        ms += step
    return bounds


def recognises(head: str) -> bool:
    """Whether a file begins as a list of Locust's entries."""
    return head.lstrip().startswith("[") and '"num_reqs_per_sec"' in head


IMPORTER = Importer("locust", "PREFIX.json (locust --json-file PREFIX)", recognises, read)
