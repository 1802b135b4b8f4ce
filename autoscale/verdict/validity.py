"""Whether to believe a run, asked before anything else.

The generator was the limit: *invalid*. Something that the verdict rests on was not seen: *unknown*.
"""

from collections.abc import Mapping
from functools import partial
from typing import Literal

from autoscale.analysis.latency import tightest
from autoscale.analysis.plan import planned
from autoscale.analysis.results.analysis import Analysis
from autoscale.analysis.results.series import GapSpan
from autoscale.verdict.results import Check, Validity
from loadtest.defaults import TIMEOUT_S
from loadtest.lines import UNTOLD

LAG_SHARE = 0.1  # lateness of sending may take up a tenth of the tightest latency objective ...
LEAST_LAG_S = 0.005  # ... and 5 ms always (BUNGEE's bound on a usable run)
TIMEOUT_SHARE = 0.01  # without a latency objective: this much of the shortest time-out of the requests
DROPPED_SHARE = 0.001
UNTOLD_SHARE = 0.001  # of requests whose outcome a locustfile does not say
CPU_SHARE = 0.9
TAIL_SLACK_S = 60.0
BLIND_S = 30.0
LATE_S = 600.0  # no row is heard so late without a break
LOAD_CHECKS = ("workers", "load rows")  # whether the load was the planned one
TIME_CHECKS = ("clock",)  # whether it is known what was when
ROW_CHECKS = ("whole", "rows")  # whether the rows are those that were written, and say what can be
_ASIDE = ("node", "event", "clock", "jobs")


def lag_bound(analysis: Analysis) -> float:
    """How late a request may be sent, at the 99th percentile, in seconds; with a locustfile whatever is due there."""
    objective = tightest(analysis.header, named=True)
    if objective:
        return max(LEAST_LAG_S, LAG_SHARE * objective.bound_s)
    if _locustfile(analysis):  # its clients' time-outs are not known: as requests of a scenario that say none
        return TIMEOUT_SHARE * TIMEOUT_S
    requests = analysis.header["scenario"].get("requests") or []
    timeouts = [float(one["timeout"]) for one in requests if isinstance(one.get("timeout"), int | float)]
    return max(LEAST_LAG_S, TIMEOUT_SHARE * min(timeouts, default=0.0))


def validity(analysis: Analysis) -> Validity:
    """Every check of a run; ``invalid`` outweighs ``unknown``."""
    checks = (
        _lag(analysis),
        _dropped(analysis),
        _cpu(analysis),
        _workers(analysis),
        _load_rows(analysis),
        _reported(analysis),
        _gaps(analysis),
        _clock(analysis),
        _metrics(analysis),
        _subject(analysis),
        _complete(analysis),
        _unread(analysis),
        _whole(analysis),
        _tail(analysis),
    )
    effects = {check.effect for check in checks}
    outcome = "invalid" if "invalid" in effects else "unknown" if "unknown" in effects else "valid"
    return Validity(outcome, checks)  # type: ignore[arg-type]


def _lag(analysis: Analysis) -> Check:
    value, bound = analysis.generator.lag_p99_s, lag_bound(analysis)
    if value is None:
        words = "how late requests were sent is not known"
        return Check(name="lag", effect=_unless_imported(analysis), value=None, bound=bound, unit="s", words=words)
    late = value > bound
    words = f"99 % of requests were sent within {value * 1000:.1f} ms of their time ({bound * 1000:.1f} ms allowed)"
    if _locustfile(analysis):
        words = f"99 % of what was due in the load generator was done within {value * 1000:.1f} ms of its time"
        words += f" ({bound * 1000:.1f} ms allowed)"
        holds = (
            "; the locustfile holds up gevent's loop (pure CPU, a library that does not yield), or its machine is busy"
        )
        words += holds if late else ""
    return Check(name="lag", effect="invalid" if late else "none", value=value, bound=bound, unit="s", words=words)


def _locustfile(analysis: Analysis) -> str | None:
    """The locustfile whose users were the load."""
    load = analysis.header["scenario"].get("load")
    return load.get("locustfile") if isinstance(load, Mapping) else None


def _unless_imported(analysis: Analysis) -> Literal["none", "unknown"]:
    """Another tool's results are judged by what they hold: no plan stands behind them that could have been missed."""
    return "none" if imported_from(analysis) else "unknown"


def imported_from(analysis: Analysis) -> str | None:
    """The tool whose results these are; None for a run of our own."""
    tool = analysis.header["environment"].get("imported_from")
    return str(tool) if tool else None


def _dropped(analysis: Analysis) -> Check:
    made = analysis.generator
    check = partial(Check, name="dropped", unit="share", bound=DROPPED_SHARE)
    if made.dropped is None or not made.planned:
        if made.dropped:
            return check(effect="unknown", value=None, words=f"{made.dropped} iterations were never begun")
        words = "how many planned requests were never sent is not known"
        return check(effect=_unless_imported(analysis), value=None, words=words)
    share = made.dropped / made.planned
    if analysis.header["scenario"].get("model") == "closed":
        words = f"{made.dropped} requests were overdue at the end: their users still waited for answers ({share:.2%})"
        return check(effect="none", value=share, bound=None, words=words)
    due, what = _journeys(analysis) or (made.planned, "requests were never sent")
    share = made.dropped / due
    words = f"{made.dropped} of {due} planned {what} ({share:.2%}; {DROPPED_SHARE:.1%} allowed)"
    return check(effect="invalid" if share > DROPPED_SHARE else "none", value=share, words=words)


def _journeys(analysis: Analysis) -> tuple[int, str] | None:
    """How many journeys were planned, where the plan is one of journeys: what is dropped is one of these, and most of
    what is sent are further requests of theirs."""
    points = analysis.header["scenario"].get("journeys")
    if not points or analysis.load_start is None:
        return None
    due = planned(points, analysis.load_start).due(analysis.load_end or analysis.end)
    return max(1, round(due)), "journeys found no user"


def _cpu(analysis: Analysis) -> Check:
    share = analysis.generator.cpu_share
    check = partial(Check, name="generator CPU", unit="share", bound=CPU_SHARE)
    if share is None:
        return check(effect="none", value=None, words="the generator's own CPU was not recorded")
    words = f"the busiest worker used {share:.0%} of a core over 10 s ({CPU_SHARE:.0%} allowed)"
    return check(effect="invalid" if share > CPU_SHARE else "none", value=share, words=words)


def _workers(analysis: Analysis) -> Check:
    lost = analysis.generator.lost_workers
    check = partial(Check, name="workers", unit="count", bound=0)
    if not lost:
        words = f"{analysis.generator.workers} worker(s) reported until the load's end"
        words += f" ({why})" if (why := analysis.header["scenario"].get("sizing")) else ""
        return check(effect="none", value=0, words=words)
    words = f"{', '.join(lost)} fell silent before the load's end, so their part of the load is not known"
    return check(effect="unknown", value=float(len(lost)), words=words)


def _reported(analysis: Analysis) -> Check:
    """Whether it is known what became of the requests: a locustfile may leave that unsaid."""
    made = analysis.generator
    untold, sent = made.unseen.get(UNTOLD, 0), made.sent or 0
    check = partial(Check, name="reported", unit="share", bound=UNTOLD_SHARE)
    if not untold:
        return check(effect="none", value=0, words="every request that was answered was reported")
    share = untold / (untold + sent)
    words = (
        f"what became of {untold} requests the locustfile did not say ({share:.2%}; {UNTOLD_SHARE:.1%} allowed): "
        "catch_response=True, and an exception in the `with` block, or no such block"
    )
    return check(effect="unknown" if share > UNTOLD_SHARE else "none", value=share, words=words)


def _load_rows(analysis: Analysis) -> Check:
    missing = analysis.generator.missing_rows
    if not len(analysis.seconds):
        words = "the record holds no load"
        return Check(name="load rows", effect="unknown", value=None, bound=0, unit="count", words=words)
    bad = f"{missing} rows of the generator are missing"
    return _none_of(missing, name="load rows", good="no row of the generator is missing", bad=bad)


def _gaps(analysis: Analysis) -> Check:
    if not analysis.gaps:
        return Check(name="gaps", effect="none", value=0, bound=0, unit="s", words="every source was heard throughout")
    length = sum(max(0.0, gap.end - gap.start) for gap in analysis.gaps)
    first = analysis.gaps[0]
    words = f"{len(analysis.gaps)} gap(s), {length:.1f} s in all; the first: {first.source} ({first.cause})"
    if hidden := list(dict.fromkeys(gap.hides for gap in analysis.gaps if gap.hides and not is_aside(gap))):
        words += f"; not known in them: {'; '.join(hidden)}"
    return Check(
        name="gaps",
        effect="none" if all(map(is_aside, analysis.gaps)) else "unknown",
        value=length,
        bound=0,
        unit="s",
        words=words,
        start=min(gap.start for gap in analysis.gaps),
        end=max(gap.end for gap in analysis.gaps),
    )


def is_aside(gap: GapSpan) -> bool:
    """Whether a gap is in a source that no figure rests on."""
    return gap.source.startswith(_ASIDE)


def _clock(analysis: Analysis) -> Check:
    """Whether receive times can be believed. A run of today has them by a clock that nobody sets."""
    back = analysis.set_back_s
    check = partial(Check, name="clock", bound=0, unit="s", value=back)
    if imported_from(analysis):
        return check(effect="none", words="receive times run forward")
    if analysis.late_s > LATE_S and not any(gap.end - gap.start > LATE_S for gap in analysis.gaps):
        words = (
            f"rows of the load are dated up to {analysis.late_s:.0f} s after the seconds that they tell of, and no gap "
        )
        words += "says why: the clock that rows were dated by was set on, so what happened when is not known"
        return check(effect="unknown", words=words)
    if not back:
        return check(effect="none", words="receive times run forward")
    words = f"the clock that rows were dated by was set back by {back:.0f} s or more: what happened when is not known"
    return check(effect="unknown", words=words)


def _metrics(analysis: Analysis) -> Check:
    """An HPA without metrics for two syncs during the load did not get to show what it can do."""
    check = partial(Check, name="metrics", unit="s")
    if analysis.hpa is None:
        return check(effect="none", value=None, bound=None, words="no HPA was recorded")
    if analysis.load_start is None:
        return check(effect="none", value=None, bound=None, words="no load was recorded")
    start, end = analysis.load_start or analysis.start, analysis.load_end or analysis.end
    blind = [
        (max(span.start, start), min(span.end, end))
        for span in analysis.conditions
        if (span.type, span.status) == ("ScalingActive", "False")
        and span.reason != "ScalingDisabled"
        and span.end > start
        and span.start < end
    ]
    length = sum(until - since for since, until in blind)
    words = f"the HPA had no metrics for {length:.0f} s of the load"
    if length < BLIND_S:
        return check(effect="none", value=length, bound=BLIND_S, words=words)
    words += f" ({BLIND_S:.0f} s allowed)"
    return check(effect="unknown", value=length, bound=BLIND_S, words=words, start=blind[0][0], end=blind[-1][1])


def _subject(analysis: Analysis) -> Check:
    """Whether what is judged was there all the time, and who else changed it."""
    check = partial(Check, name="subject", unit="s", bound=0)
    start, end = analysis.load_start or analysis.start, analysis.load_end or analysis.end
    during = [one for one in analysis.interventions if one.at <= end and one.until >= start]
    gone = [one for one in during if one.kind in ("hpa deleted", "target deleted", "service deleted")]
    if gone:
        length = sum(min(one.until, end) - max(one.at, start) for one in gone)
        words = "; ".join(f"{one.words} during the load, {one.at - start:.0f} s after it began" for one in gone)
        return check(effect="unknown", value=length, words=words, start=gone[0].at, end=gone[-1].until)
    if not during:
        return check(effect="none", value=0, words="nobody else changed HPA, workload or pods during the load")
    words = "; ".join(one.words for one in during)
    words += ": the load met more than one state, so compare this run only with runs in which the same was done"
    return check(effect="none", value=0, words=words, start=during[0].at, end=during[-1].until)


def _complete(analysis: Analysis) -> Check:
    check = partial(Check, name="complete", unit="", value=None, bound=None)
    if not analysis.partial:
        return check(effect="none", words="the run was recorded to its end")
    ended = analysis.end_reason or "the record breaks off"
    why = why_failed(analysis)
    return check(effect="unknown", words=f"the run is not whole: {ended}{f' ({why})' if why else ''}")


def why_failed(analysis: Analysis) -> str | None:
    """What a failed run said of it: the run itself, else its load generator; None where neither did."""
    said = {mark.name: mark.reason for mark in analysis.marks if mark.reason}
    return said.get("failed") or said.get("generator-failed")


def _unread(analysis: Analysis) -> Check:
    return _none_of(
        analysis.unread_rows,
        name="rows",
        good="every row of the record could be read",
        bad=f"{analysis.unread_rows} rows of the record could not be read, or say what cannot be",
    )


def _whole(analysis: Analysis) -> Check:
    """Whether the rows are those that were written: nothing missing, doubled, moved or changed."""
    return _none_of(
        len(analysis.faults),
        name="whole",
        good="the rows are numbered throughout",
        bad=f"the record is not as it was written: {'; '.join(analysis.faults)}",
    )


def _none_of(count: int, *, name: str, good: str, bad: str) -> Check:
    """A check that holds where there is none of something."""
    effect: Literal["none", "unknown"] = "unknown" if count else "none"
    return Check(name=name, effect=effect, value=float(count), bound=0, unit="count", words=bad if count else good)


def _tail(analysis: Analysis) -> Check:
    """Whether scale-down can have been seen, where anything grew: shrinking after the last growth, pods back at the
    minimum, or the window and a minute of record after the load."""
    check = partial(Check, name="scale-down", unit="s")
    spec, end = analysis.hpa, analysis.load_end
    ups = [event.at for event in analysis.scale_events if event.up]
    if spec is None or end is None or not ups:
        words = "nothing grew, so there is no scale-down to see"
        return check(effect="none", value=None, bound=None, words=words)
    ready = analysis.replicas.ready.at(analysis.end)
    shrunk = any(not event.up and event.at > ups[-1] for event in analysis.scale_events)
    if shrunk or (ready is not None and ready <= spec.min_replicas):
        return check(effect="none", value=None, bound=None, words="scale-down was seen")
    seen, needed = analysis.end - end, spec.scale_down_window_s + TAIL_SLACK_S
    check = partial(check, value=seen, bound=needed)
    if seen >= needed:
        return check(effect="none", words=f"{seen:.0f} s were recorded after the load: enough to see it")
    if imported_from(analysis):
        return check(effect="none", words="whether it shrinks after the load is not in the data")
    words = f"only {seen:.0f} s were recorded after the load, too short to see scale-down ({needed:.0f} s needed)"
    return check(effect="unknown", words=words)
