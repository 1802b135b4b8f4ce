"""Prometheus range queries (the JSON of ``/api/v1/query_range``), one or more files."""

import math
import re
from collections.abc import Sequence
from pathlib import Path

from autoscale.base.errors import InputError, Problem
from autoscale.imports import files
from autoscale.imports.building import Second, spread
from autoscale.imports.importer import Imported, Importer
from autoscale.imports.prom import kubernetes, latency
from autoscale.imports.prom.births import born, with_zero
from autoscale.imports.prom.families import KUBERNETES, known_names
from autoscale.imports.prom.requests import Chosen, choose
from autoscale.imports.prom.series import Series, complete, increases, merged, once, series_of
from autoscale.imports.prom.status import ended, label_of
from autoscale.imports.prom.workloads import kind_of
from autoscale.record.rows.course import Gap
from loadtest.traces.counters import CURE, IN_TURN, in_turn

SHARPNESS = "Latency is the server's, in the exporter's own buckets: a percentile is only as sharp as they are."
NOTES = (
    "A server counts what it answered: how long clients had waited before it began, and whether they were still there, "
    "is not in its own figures.",
    "Counts are spread evenly over the step of the query.",
    "How requests were sent is not in Prometheus: whether the generator was the limit is not known.",
)


_ANSWER = re.compile(r'"(status|data|resultType|errorType)"\s*:')


def read(paths: Sequence[Path], workload: str | None) -> Imported:
    """What range answers hold; InputError names the series that were found where none is known."""
    raw = [one for path in paths for one in series_of(files.document(path), str(path))]
    single, doubled = once(merged(raw, str(paths[0])))
    series = complete(single)
    others, name = kubernetes.rows(series, workload)
    chosen = _of_one_process_each(choose(series, name or workload), str(paths[0]), alone=not others)
    chosen = _since_birth(chosen)
    if not others and not chosen.counters and not chosen.buckets:
        raise _nothing(series, str(paths[0]))
    seconds, gaps = _counted(chosen.counters)
    bounds, notes = _timed(chosen, seconds)
    ends = (
        []
        if all(ended(one.labels) is not None for one in chosen.counters)
        else ["No label says how the requests ended, at least not for all: whether they failed is not known."]
    )
    general = NOTES if seconds else NOTES[-1:]
    return Imported(
        seconds=seconds,
        rows=[*others, *gaps],
        workload=name,
        kind=kind_of(series, (name or "").rpartition("/")[2]),
        notes=(*doubled, *chosen.notes, *ends, *notes, *general),
        bounds_s=bounds,
        of_all=any(label_of(one.labels) for one in chosen.counters)
        and not any(label_of(one.labels) for one in chosen.buckets),
    )


def _since_birth(chosen: Chosen) -> Chosen:
    """What pods that came counted before they were first scraped, too."""
    births = born(chosen.counters)
    if not births:
        return chosen
    note = f"{len(births)} pods came: what they held at their first scrape counts as of the step before it."
    counters, buckets = (with_zero(some, births) for some in (chosen.counters, chosen.buckets))
    return Chosen(counters, buckets, chosen.unit_s, (*chosen.notes, note))


def _of_one_process_each(chosen: Chosen, where: str, *, alone: bool) -> Chosen:
    """Nothing of the requests where processes answered in turn; InputError where the files hold nothing else."""
    torn = next((one for one in chosen.counters if in_turn([value for _, value in one.points])), None)
    if torn is None:
        return chosen
    if alone:
        problem = Problem(where, f"{torn.name} {IN_TURN}", "a counter of each process, or of all together")
        raise InputError(f"{where} holds no counter of one process", problems=[problem], fix=CURE)
    return Chosen([], [], None, (f"Requests are not known: {torn.name} {IN_TURN}. To know them {CURE}.",))


def _counted(counters: Sequence[Series]) -> tuple[dict[int, Second], list[Gap]]:
    """The requests by second, and a gap row where a counter was not seen for long."""
    seconds: dict[int, Second] = {}
    gaps: list[Gap] = []
    for one in counters:
        cause = ended(one.labels)
        for start, end, n in increases(one.points):
            if n is None:
                gaps.append(
                    {
                        "k": "gap",
                        "t": float(end),
                        "source": "load",
                        "since": float(start),
                        "until": float(end),
                        "cause": f"{one.name} was not scraped",
                    }
                )
                continue
            for second, part in zip(range(start, end), spread(round(n), end - start), strict=True):
                seconds.setdefault(second, Second(answered=0)).count(cause, part)
    return seconds, gaps


def _timed(chosen: Chosen, seconds: dict[int, Second]) -> tuple[list[float], list[str]]:
    """Add the durations; returns the bounds of their buckets in seconds, and notes."""
    if not chosen.buckets:
        return [], [] if not chosen.counters else ["How long requests took is not known: there is no histogram of it."]
    bounds = latency.common_bounds(chosen.buckets)
    unit = chosen.unit_s or latency.unit_of(chosen.buckets[0].name, bounds)
    name = chosen.buckets[0].name
    if unit is None:
        return [], [f"The unit of {name} is not known, neither by its name nor by its bounds: latency is left out."]
    if not bounds:
        return [], [f"The buckets of {name} have no bound in common: latency is left out."]
    latency.add(chosen.buckets, unit, bounds, seconds)
    return [bound * unit for bound in bounds if not math.isinf(bound)], [f"Latency is that of {name}.", SHARPNESS]


def _nothing(series: Sequence[Series], where: str) -> InputError:
    """What was found, what is known, and what to save."""
    names = sorted({one.name for one in series})
    if names == [""]:
        found = f"{len(series)} series without a name"
        fix = "rate(), sum() and the like lose the name: save the raw series, for example query=http_requests_total"
    else:
        shown = [name or "(no name)" for name in names]
        found = (", ".join(shown[:10]) + (f" and {len(shown) - 10} more" if len(shown) > 10 else "")) or "no series"
        fix = "docs/imports.md lists every series that is known"
    wanted = f"raw counters of requests ({known_names()}, or a histogram's buckets), or {KUBERNETES}"
    return InputError(f"{where} holds no known series", problems=[Problem(where, found, wanted)], fix=fix)


def recognises(head: str) -> bool:
    """Whether a file begins as an answer of the API, or promtool's list of series."""
    begin = head.lstrip()
    return (begin.startswith("{") and _ANSWER.search(head) is not None) or (
        begin.startswith("[") and '"metric"' in head
    )


IMPORTER = Importer("prometheus", "answers of /api/v1/query_range (JSON), one or more files", recognises, read)
