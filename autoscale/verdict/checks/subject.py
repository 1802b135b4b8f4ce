"""Whether what is judged was there, had its metrics, and was watched long enough."""

from functools import partial

from autoscale.analysis.origin import imported_from
from autoscale.analysis.results.analysis import Analysis
from autoscale.verdict.results import Check

TAIL_SLACK_S = 60.0
BLIND_S = 30.0


def metrics(analysis: Analysis) -> Check:
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


def subject(analysis: Analysis) -> Check:
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


def tail(analysis: Analysis) -> Check:
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
