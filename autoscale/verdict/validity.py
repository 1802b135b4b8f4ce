"""Whether to believe a run, asked before anything else.

The generator was the limit: *invalid*. Something that the verdict rests on was not seen: *unknown*.
"""

from collections.abc import Mapping
from typing import Literal

from autoscale.analysis.results.analysis import Analysis, GapSpan
from autoscale.hpa.config import DEFAULTS
from autoscale.verdict.results import Check, Validity

LAG_SHARE = 0.1  # lateness of sending may take up a tenth of the tightest latency objective ...
LEAST_LAG_S = 0.005  # ... and 5 ms always (BUNGEE's bound on a usable run)
TIMEOUT_SHARE = 0.01  # without a latency objective: this much of the shortest time-out of the requests
DROPPED_SHARE = 0.001
CPU_SHARE = 0.9
TAIL_SLACK_S = 60.0
BLIND_S = 30.0
LOAD_CHECKS = ("workers", "load rows")  # whether the load was the planned one
_ASIDE = ("node", "event", "clock", "jobs")


def lag_bound(analysis: Analysis) -> float:
    """How late a request may be sent, at the 99th percentile, in seconds."""
    if analysis.objective:
        return max(LEAST_LAG_S, LAG_SHARE * analysis.objective.bound_s)
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
        _gaps(analysis),
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
    return Check(name="lag", effect="invalid" if late else "none", value=value, bound=bound, unit="s", words=words)


def _unless_imported(analysis: Analysis) -> Literal["none", "unknown"]:
    """Another tool's results are judged by what they hold: no plan stands behind them that could have been missed."""
    return "none" if imported_from(analysis) else "unknown"


def imported_from(analysis: Analysis) -> str | None:
    """The tool whose results these are; None for a run of our own."""
    environment = analysis.header.get("environment")
    tool = environment.get("imported_from") if isinstance(environment, Mapping) else None
    return str(tool) if tool else None


def _dropped(analysis: Analysis) -> Check:
    made = analysis.generator
    if made.dropped is None or not made.planned:
        words = "how many planned requests were never sent is not known"
        if made.dropped:
            return Check(
                name="dropped",
                effect="unknown",
                value=None,
                bound=DROPPED_SHARE,
                unit="share",
                words=f"{made.dropped} iterations were never begun",
            )
        return Check(
            name="dropped",
            effect=_unless_imported(analysis),
            value=None,
            bound=DROPPED_SHARE,
            unit="share",
            words=words,
        )
    share = made.dropped / made.planned
    if analysis.header["scenario"].get("model") == "closed":
        words = f"{made.dropped} requests were overdue at the end: their users still waited for answers ({share:.2%})"
        return Check(name="dropped", effect="none", value=share, bound=None, unit="share", words=words)
    words = (
        f"{made.dropped} of {made.planned} planned requests were never sent ({share:.2%}; {DROPPED_SHARE:.1%} allowed)"
    )
    return Check(
        name="dropped",
        effect="invalid" if share > DROPPED_SHARE else "none",
        value=share,
        bound=DROPPED_SHARE,
        unit="share",
        words=words,
    )


def _cpu(analysis: Analysis) -> Check:
    share = analysis.generator.cpu_share
    if share is None:
        return Check(
            name="generator CPU",
            effect="none",
            value=None,
            bound=CPU_SHARE,
            unit="share",
            words="the generator's own CPU was not recorded",
        )
    words = f"the busiest worker used {share:.0%} of a core over 10 s ({CPU_SHARE:.0%} allowed)"
    return Check(
        name="generator CPU",
        effect="invalid" if share > CPU_SHARE else "none",
        value=share,
        bound=CPU_SHARE,
        unit="share",
        words=words,
    )


def _workers(analysis: Analysis) -> Check:
    lost = analysis.generator.lost_workers
    if not lost:
        words = f"{analysis.generator.workers} worker(s) reported until the load's end"
        return Check(name="workers", effect="none", value=0, bound=0, unit="count", words=words)
    words = f"{', '.join(lost)} fell silent before the load's end, so their part of the load is not known"
    return Check(name="workers", effect="unknown", value=float(len(lost)), bound=0, unit="count", words=words)


def _load_rows(analysis: Analysis) -> Check:
    missing = analysis.generator.missing_rows
    if not len(analysis.seconds):
        return Check(
            name="load rows", effect="unknown", value=None, bound=0, unit="count", words="the record holds no load"
        )
    words = f"{missing} rows of the generator are missing" if missing else "no row of the generator is missing"
    return Check(
        name="load rows",
        effect="unknown" if missing else "none",
        value=float(missing),
        bound=0,
        unit="count",
        words=words,
    )


def _gaps(analysis: Analysis) -> Check:
    if not analysis.gaps:
        return Check(name="gaps", effect="none", value=0, bound=0, unit="s", words="every source was heard throughout")
    length = sum(max(0.0, gap.end - gap.start) for gap in analysis.gaps)
    first = analysis.gaps[0]
    words = f"{len(analysis.gaps)} gap(s), {length:.1f} s in all; the first: {first.source} ({first.cause})"
    ends = (min(gap.start for gap in analysis.gaps), max(gap.end for gap in analysis.gaps))
    effect: Literal["none", "unknown"] = "none" if all(map(is_aside, analysis.gaps)) else "unknown"
    return Check("gaps", effect, length, 0, "s", words, *ends)


def is_aside(gap: GapSpan) -> bool:
    """Whether a gap is in a source that no figure rests on."""
    return gap.source.startswith(_ASIDE)


def _metrics(analysis: Analysis) -> Check:
    """An HPA without metrics for two syncs during the load did not get to show what it can do."""
    if analysis.hpa is None:
        return Check(name="metrics", effect="none", value=None, bound=None, unit="s", words="no HPA was recorded")
    if analysis.load_start is None:
        return Check(name="metrics", effect="none", value=None, bound=None, unit="s", words="no load was recorded")
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
    if length < BLIND_S:
        return Check(
            name="metrics",
            effect="none",
            value=length,
            bound=BLIND_S,
            unit="s",
            words=f"the HPA had no metrics for {length:.0f} s of the load",
        )
    words = f"the HPA had no metrics for {length:.0f} s of the load ({BLIND_S:.0f} s allowed)"
    return Check(
        name="metrics",
        effect="unknown",
        value=length,
        bound=BLIND_S,
        unit="s",
        words=words,
        start=blind[0][0],
        end=blind[-1][1],
    )


def _subject(analysis: Analysis) -> Check:
    """Whether what is judged was there all the time, and who else changed it."""
    start, end = analysis.load_start or analysis.start, analysis.load_end or analysis.end
    during = [one for one in analysis.interventions if one.at <= end and one.until >= start]
    gone = [one for one in during if one.kind in ("hpa deleted", "target deleted")]
    if gone:
        length = sum(min(one.until, end) - max(one.at, start) for one in gone)
        words = "; ".join(f"{one.words} during the load, {one.at - start:.0f} s after it began" for one in gone)
        return Check(
            name="subject",
            effect="unknown",
            value=length,
            bound=0,
            unit="s",
            words=words,
            start=gone[0].at,
            end=gone[-1].until,
        )
    words = "; ".join(one.words for one in during)
    return Check(
        name="subject",
        effect="none",
        value=0,
        bound=0,
        unit="s",
        words=words or "nobody else changed HPA, workload or pods during the load",
    )


def _complete(analysis: Analysis) -> Check:
    if not analysis.partial:
        return Check(
            name="complete", effect="none", value=None, bound=None, unit="", words="the run was recorded to its end"
        )
    why = analysis.end_reason or "the record breaks off"
    return Check(
        name="complete", effect="unknown", value=None, bound=None, unit="", words=f"the run is not whole: {why}"
    )


def _unread(analysis: Analysis) -> Check:
    count = analysis.unread_rows
    words = f"{count} rows of the record could not be read" if count else "every row of the record could be read"
    return Check(
        name="rows", effect="unknown" if count else "none", value=float(count), bound=0, unit="count", words=words
    )


def _whole(analysis: Analysis) -> Check:
    """Whether the rows are those that were written: nothing missing, doubled, moved or changed."""
    faults = analysis.faults
    words = (
        f"the record is not as it was written: {'; '.join(faults)}" if faults else "the rows are numbered throughout"
    )
    return Check(
        name="whole",
        effect="unknown" if faults else "none",
        value=float(len(faults)),
        bound=0,
        unit="count",
        words=words,
    )


def _tail(analysis: Analysis) -> Check:
    """Whether scale-down can have been seen, where anything grew: shrinking after the last growth, pods back at the
    minimum, or the window and a minute of record after the load."""
    spec, end, name = analysis.hpa, analysis.load_end, "scale-down"
    ups = [event.at for event in analysis.scale_events if event.up]
    if spec is None or end is None or not ups:
        return Check(
            name=name,
            effect="none",
            value=None,
            bound=None,
            unit="s",
            words="nothing grew, so there is no scale-down to see",
        )
    ready = analysis.replicas.ready.at(analysis.end)
    shrunk = any(not event.up and event.at > ups[-1] for event in analysis.scale_events)
    if shrunk or (ready is not None and ready <= spec.min_replicas):
        return Check(name=name, effect="none", value=None, bound=None, unit="s", words="scale-down was seen")
    window = DEFAULTS.downscale_stabilization_s if spec.down_window_s is None else spec.down_window_s
    seen, needed = analysis.end - end, window + TAIL_SLACK_S
    if seen >= needed:
        return Check(
            name=name,
            effect="none",
            value=seen,
            bound=needed,
            unit="s",
            words=f"{seen:.0f} s were recorded after the load: enough to see it",
        )
    if imported_from(analysis):
        return Check(
            name=name,
            effect="none",
            value=seen,
            bound=needed,
            unit="s",
            words="whether it shrinks after the load is not in the data",
        )
    words = f"only {seen:.0f} s were recorded after the load, too short to see scale-down ({needed:.0f} s needed)"
    return Check(name=name, effect="unknown", value=seen, bound=needed, unit="s", words=words)
