"""Sets of runs against each other: what changed, and whether that is more than noise."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import Any, Literal

from msgspec import structs

from autoscale.analysis.resolution import resolution_of
from autoscale.analysis.results.analysis import Analysis
from autoscale.analysis.results.catalogue import CATALOGUE, Entry
from autoscale.base.errors import InputError, Problem
from autoscale.compare.results import Change, Comparison, Difference, Line
from autoscale.compare.statistics import LEAST_RUNS, bootstrap, rank_test
from autoscale.verdict.validity import validity
from loadtest.histogram import merge, quantile

SAME_SHARE = 0.05  # a change of less than 5 % is none that anyone would act on
# measures whose change for the worse is a regression; the others are told
GATES = ("p95", "p99", "errors", "bad", "lost", "capacity", "recovery", "replica_minutes", "reversals")
# Checks of what was seen of a run; how late requests were sent, which no import tells, is none of them.
_SEEN = ("workers", "load rows", "gaps", "complete", "rows")
_LOCUST = ("locustfile", "users", "tags", "exclude_tags", "pool")  # what of a locustfile's users is said outside of it
_QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}

Values = tuple[float | None, ...]


def compare(base: Sequence[Analysis], new: Sequence[Analysis], *, anyway: bool = False) -> Comparison:
    """Compare two sets of analysed runs.

    Raises InputError where they are not comparable (another load, other requests or CPU limits), all reasons at once;
    with ``anyway`` these become warnings.
    """
    if not base or not new:
        raise InputError("there is nothing to compare", fix="give runs before and after `--`")
    unlike = incomparable([*base, *new])
    if unlike and not anyway:
        raise InputError(
            "these runs cannot be compared", problems=unlike, fix="add --anyway to compare them all the same"
        )
    found = tuple(_difference(name, entry, base, new) for name, entry in CATALOGUE.items())
    found += tuple(_of_names(base, new))
    known = tuple(one for one in found if one.base_median is not None or one.new_median is not None)
    outcome, reason = _outcome(known, base, new)
    sides: tuple[tuple[Literal["base", "new"], Sequence[Analysis]], ...] = (("base", base), ("new", new))
    return Comparison(
        base=tuple(run.run for run in base),
        new=tuple(run.run for run in new),
        outcome=outcome,
        reason=reason,
        differences=known,
        warnings=tuple(str(problem) for problem in unlike),
        lines=tuple(_line(side, run) for side, runs in sides for run in runs),
    )


def incomparable(runs: Sequence[Analysis]) -> list[Problem]:
    """What must be alike and is not, against the first run."""
    first = _essence(runs[0])
    names = [run.run for run in runs]
    problems = [
        Problem(name, "given more than once", "every run once", "A copy of a run says nothing about noise")
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    for run in runs[1:]:
        for name, value in _essence(run).items():
            if value != first[name]:
                found, wanted = _told_apart(value, first[name])
                problems.append(Problem(f"{run.run}: {name}", found, f"{wanted} as in {runs[0].run}"))
    return list(dict.fromkeys(problems))


def _told_apart(found: Any, wanted: Any) -> tuple[str, str]:
    """Two values that differ, each in a few words: of mappings what differs, of a course over time its peak and length;
    as they are where that does not tell them apart."""
    words = _in_words(found, wanted), _in_words(wanted, found)
    return words if words[0] != words[1] else (f"{found!r:.80}", f"{wanted!r:.80}")


def _in_words(value: Any, other: Any) -> str:
    if value in (None, [], {}):
        return "none that is known"
    if isinstance(value, Mapping) and isinstance(other, Mapping):
        return ", ".join(f"{key} {value[key]}" for key in value if value[key] != other.get(key)) or "no more than that"
    if not isinstance(value, list):
        return str(value)
    if all(isinstance(item, Mapping) and item.get("name") for item in value):
        return ", ".join(str(item["name"]) for item in value)
    if all(isinstance(item, list) and len(item) == 2 for item in value):
        return f"up to {max(level for _, level in value):g} in {max(t for t, _ in value):g} s"
    return ", ".join(map(str, value))


def _essence(run: Analysis) -> dict[str, Any]:
    scenario = run.header["scenario"]
    load: Mapping[str, Any] = scenario.get("load") or {}
    pods = [pod for pod in run.pods if pod.uid]
    return {
        "cluster": _cluster(run),
        "HPA controller (preset)": {k: v for k, v in run.header["hpa_config"].items() if v is not None},
        "load model": scenario.get("model"),
        "load plan": scenario.get("points"),
        "plan of journeys": scenario.get("journeys"),
        "users": scenario.get("users"),
        "locustfile": {name: load.get(name) for name in _LOCUST} if load.get("locustfile") else None,
        "requests": scenario.get("requests"),
        "arrivals": load.get("arrivals"),
        "connection reuse": load.get("close_share"),
        "CPU requests": sorted({pod.cpu_request_m for pod in pods if pod.cpu_request_m}),
        "CPU limits": sorted({pod.cpu_limit_m for pod in pods if pod.cpu_limit_m}),
    }


def _cluster(run: Analysis) -> str:
    """The context, its cluster and its version; an embedded cluster is made anew for each run, and yet the same."""
    context = run.header["context"]
    name, version = context.get("name"), run.header["versions"].get("cluster")
    own = "" if str(version).endswith("embedded") else f", CA {str(context.get('ca_sha256'))[:12]}"
    return f"{name} ({version}{own})"


def _difference(name: str, entry: Entry, base: Sequence[Analysis], new: Sequence[Analysis]) -> Difference:
    left, right = _values(name, base), _values(name, new)
    old, now = _centre(name, base, left), _centre(name, new, right)
    cut = any(run.measures[name].at_least for run in (*base, *new))
    found = _told(name, entry, left, right, old, now, cut=cut)
    return _by_buckets(replace(found, gates=name in GATES), base, new)


def _told(
    name: str, entry: Entry, left: Values, right: Values, old: float | None, now: float | None, *, cut: bool = False
) -> Difference:
    """What changed from the values of the base to those of the new runs; ``old`` and ``now`` stand for these."""
    missing = None in left or None in right
    low = high = p = None
    delta = now - old if now is not None and old is not None else None
    if not missing and min(len(left), len(right)) >= LEAST_RUNS:
        known_left, known_right = [v for v in left if v is not None], [v for v in right if v is not None]
        low, high = bootstrap(known_left, known_right)
        p = rank_test(known_left, known_right)
    change, reason = _change(entry, old, delta, low, high)
    if missing or cut:
        change, reason = "cannot say", "not known in every run" if missing else "not reached in every run"
    return Difference(
        name=name,
        title=entry.title,
        unit=entry.unit,
        base=left,
        new=right,
        base_median=old,
        new_median=now,
        difference=delta,
        low=low,
        high=high,
        p=p,
        change=change,
        reason=reason,
        gates=False,
    )


def _by_buckets(found: Difference, base: Sequence[Analysis], new: Sequence[Analysis]) -> Difference:
    """The same where percentiles are known by an import's buckets only: told by their bounds."""
    texts = _bounded(found.name, base, found.base_median), _bounded(found.name, new, found.new_median)
    if not any(texts):
        return found
    change, reason = found.change, found.reason
    if not _apart(found.base_median, found.new_median, base, new):
        change, reason = "cannot say", "known by buckets only, and these touch"
    # Intervals would be of figures that stand for a bucket.
    return replace(
        found,
        low=None,
        high=None,
        p=None,
        difference=None,
        change=change,
        reason=reason,
        base_text=texts[0],
        new_text=texts[1],
    )


def _of_names(base: Sequence[Analysis], new: Sequence[Analysis]) -> Iterator[Difference]:
    """Of each request and journey, where there are several: its 95th percentile and its errors. They do not gate, as of
    many names one would be worse by chance."""
    names = list(dict.fromkeys(name for run in (*base, *new) for name in run.by_name))
    for name in names if len(names) > 1 else ():
        for measure in ("p95", "errors"):
            title = f"{measure} of {name}"
            left, right = (tuple(_own(run, name, measure) for run in runs) for runs in (base, new))
            yield _told(
                title, structs.replace(CATALOGUE[measure], title=title), left, right, _middle(left), _middle(right)
            )


def _own(run: Analysis, name: str, measure: str) -> float | None:
    """A measure of the requests of one name; None where a run has none of them."""
    found = next((one.latency for one in run.names if one.name == name), None)
    if found is None or measure == "p95":
        return found.p95 if found else None
    if found.count is None or found.failed is None or not found.count + found.failed:
        return None
    return found.failed / (found.count + found.failed)


def _middle(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _values(name: str, runs: Sequence[Analysis]) -> tuple[float | None, ...]:
    return tuple(run.measures[name].value for run in runs)


def _centre(name: str, runs: Sequence[Analysis], values: Sequence[float | None]) -> float | None:
    """The percentile of all runs' merged buckets, or the median of the runs' values."""
    if name in _QUANTILES:
        return quantile(merge(run.responses.merged() for run in runs), _QUANTILES[name])
    return _middle(values)


def _bounded(name: str, runs: Sequence[Analysis], centre: float | None) -> str | None:
    """Between which bounds a percentile of imports lies; None where its figure says it."""
    if name not in _QUANTILES:
        return None
    return next((text for run in runs if (text := resolution_of(run.header).text(centre))), None)


def _apart(old: float | None, now: float | None, base: Sequence[Analysis], new: Sequence[Analysis]) -> bool:
    """Whether two durations lie in buckets with another between them, in whichever run's buckets."""
    if old is None or now is None:
        return False
    lower, upper = sorted(((old, base), (now, new)), key=lambda side: side[0])
    ends = [found.high for run in lower[1] if (found := resolution_of(run.header).around(lower[0]))]
    starts = [found.low for run in upper[1] if (found := resolution_of(run.header).around(upper[0]))]
    known = [end for end in ends if end is not None]
    return len(known) == len(ends) and max(known, default=lower[0]) < min(starts, default=upper[0])


def _change(
    entry: Entry, old: float | None, delta: float | None, low: float | None, high: float | None
) -> tuple[Change, str]:
    if delta is None or old is None:
        return "cannot say", "not known on both sides"
    if low is None or high is None:
        return "cannot say", f"noise is not known: it takes {LEAST_RUNS} runs a side"
    slack = SAME_SHARE * abs(old)
    if low > slack or high < -slack or (slack == 0 and (low > 0 or high < 0)):
        if entry.better == "none":
            return "differs", "the interval lies beyond 5 %"
        return ("worse" if (delta > 0) == (entry.better == "lower") else "better"), "the interval lies beyond 5 %"
    if low >= -slack and high <= slack:
        return "same", "the interval lies within 5 %"
    return "cannot say", "the runs scatter too much: more runs would tell"


def _is_in_part(run: Analysis) -> bool:
    """Whether part of a run was not seen: what is the same or better in the rest may be worse in that."""
    return any(check.effect == "unknown" and check.name in _SEEN for check in validity(run).checks)


def _outcome(
    found: Sequence[Difference], base: Sequence[Analysis], new: Sequence[Analysis]
) -> tuple[Literal["regression", "no regression", "cannot say", "invalid"], str]:
    wrong = [run.run for run in (*base, *new) if validity(run).outcome == "invalid"]
    if wrong:
        return "invalid", "the load generator was the limit in " + ", ".join(wrong)
    harmed = [f"{run.run} ({'; '.join(run.faults)})" for run in (*base, *new) if run.faults]
    if harmed:
        return "cannot say", "not as it was written: " + ", ".join(harmed)
    worse = [one for one in found if one.gates and one.change == "worse"]
    if worse:
        return "regression", "worse: " + ", ".join(one.title for one in worse)
    if min(len(base), len(new)) < LEAST_RUNS:
        count = f"{len(base)} and {len(new)} run(s)"
        return "cannot say", f"noise is not known with {count}: it takes {LEAST_RUNS} a side"
    holes = [run.run for run in (*base, *new) if _is_in_part(run)]
    if holes:
        return "cannot say", "not known whole: " + ", ".join(holes)
    open_ = [one for one in found if one.gates and one.change == "cannot say"]
    if open_:
        return "cannot say", "not clear: " + ", ".join(f"{one.title} ({one.reason})" for one in open_)
    better = [one.title for one in found if one.change == "better"]
    return "no regression", "nothing is worse" + (f"; better: {', '.join(better)}" if better else "")


def _line(side: Literal["base", "new"], run: Analysis) -> Line:
    start = run.load_start if run.load_start is not None else run.start
    ready = [
        (time - start, value)
        for time, value in zip(run.replicas.ready.times, run.replicas.ready.values, strict=True)
        if value is not None
    ]
    if ready:
        ready.append((run.end - start, ready[-1][1]))
    p95 = [(run.seconds.start - start + i, value) for i, value in enumerate(run.seconds.p95) if value is not None]
    return Line(side, run.run, tuple(ready), tuple(p95))
