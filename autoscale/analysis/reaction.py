"""How fast supply follows the largest rise of the load.

A time that was not reached before the observation ended is a lower bound (``at_least``), not unknown and not 0.
"""

from collections.abc import Sequence

from autoscale.analysis.plan import LoadChange
from autoscale.analysis.results.figures import UNKNOWN, Reached, Reaction
from autoscale.analysis.results.scaling import HpaSpec
from autoscale.analysis.results.series import Demand, Replicas, Seconds
from autoscale.analysis.steps import StepSeries, combine

CALM_S = 30  # recovered: the objective holds for this long


def reaction(
    step: LoadChange | None,
    until: float | None,
    supply: Replicas,
    demand: Demand,
    series: Seconds,
    bad: Sequence[int | None] | None,
    allowed: float,
) -> Reaction:
    """The reaction to ``step``, seen until ``until`` (the next load change, or the load's end).

    ``bad``: requests a second that were not good (None without a latency objective); ``allowed``: their share.
    """
    if step is None or until is None or until <= step.at:
        return Reaction(None, None)
    curve, kept = demand.curve, _wanted(supply)
    return Reaction(
        step=step,
        until=until,
        detect=_detect(supply, step.at, until),
        capacity=_first(curve, supply.ready, step, until),
        recovery=UNKNOWN if bad is None else _recovery(series, bad, allowed, step.at, until),
        settling=_settling(curve, kept, step, until),
        overshoot=_overshoot(curve, kept, step, until),
    )


def _wanted(supply: Replicas) -> StepSeries:
    """Ready pods, without those beyond the wanted size: a rollout's surge is not the autoscaler's."""
    desired = supply.desired or supply.hpa_desired
    if not desired:
        return supply.ready
    return combine((supply.ready, desired), lambda v: v[0] if None in v else min(v))  # type: ignore[type-var]


def _detect(supply: Replicas, start: float, until: float) -> Reached:
    desired = supply.desired or supply.hpa_desired
    if desired.at(start) is None:
        return UNKNOWN
    for time, before, after in desired.changes(start, until):
        if after > before:
            return Reached(time - start)
    return Reached(until - start, True, "no growth before the next load change or the end")


def _first(curve: StepSeries, ready: StepSeries, step: LoadChange, until: float) -> Reached:
    """From the step to the first moment at which ready covers the demand at the top of the rise."""
    goal = curve.at(step.until)
    if goal is None or ready.at(step.at) is None:
        return UNKNOWN
    time = ready.first(lambda value: value >= goal, step.at, until)
    if time is None:
        return Reached(until - step.at, True, f"{goal:.0f} ready pods were not reached")
    return Reached(time - step.at, note=f"{goal:.0f} ready pods")


def _recovery(series: Seconds, bad: Sequence[int | None], allowed: float, start: float, until: float) -> Reached:
    """From the step to the first second from which the objective holds for 30 s on end."""
    first, last = max(0, round(start - series.start)), min(len(series), round(until - series.start))
    calm, violated, known = 0, False, False
    for i in range(first, last):
        total = (series.answered[i] or 0) + (series.failed[i] or 0) + (series.dropped[i] or 0)
        known = known or bad[i] is not None
        # Where nothing came back, requests of this second that were answered late are bad all the same.
        holds = (bad[i] or 0) <= allowed * total + 1e-9
        violated = violated or not holds
        calm = calm + 1 if holds and series.answered[i] is not None else 0
        if calm >= CALM_S and violated:
            return Reached(float(i + 1 - calm - first))
        if calm >= CALM_S and i - first + 1 >= 2 * CALM_S:
            return Reached(0.0, note="the objective held throughout")
    if not known:
        return UNKNOWN
    if not violated:
        return Reached(0.0, note="the objective held throughout")
    return Reached(float(last - first), True, "latency did not come back within its objective for 30 s")


def _settling(curve: StepSeries, ready: StepSeries, step: LoadChange, until: float) -> Reached:
    """From the step to the last moment at which ready is further from demand than one pod or 10 %."""
    goal = curve.at(step.until)
    if goal is None or ready.at(step.at) is None:
        return UNKNOWN
    slack = max(1.0, 0.1 * goal)
    outside = list(ready.spans(lambda value: abs(value - goal) > slack, step.until, until))
    if not outside:
        return Reached(0.0)
    if outside[-1][1] >= until:
        return Reached(until - step.at, True, f"ready pods did not settle near {goal:.0f}")
    return Reached(outside[-1][1] - step.at)


def _overshoot(curve: StepSeries, ready: StepSeries, step: LoadChange, until: float) -> float | None:
    need, peak = curve.highest(step.at, until), ready.highest(step.until, until)
    if not need or peak is None:
        return None
    return max(0.0, (peak - need) / need)


def back_to_min(supply: Replicas, spec: HpaSpec | None, since: float | None, end: float) -> Reached:
    """From a moment (the load's end) to ready pods at the HPA's minimum, to stay there until the record's ``end``.

    Pods that are unready for a while are not fewer: it counts when there were more than the minimum for the last time.
    """
    if spec is None or since is None or supply.ready.at(since) is None:
        return UNKNOWN
    if end <= since:
        return Reached(0.0, True, "nothing was recorded after it")
    above = list(supply.ready.spans(lambda value: value > spec.min_replicas, since, end))
    if above and above[-1][1] >= end:
        return Reached(end - since, True, f"still above {spec.min_replicas} when the record ends")
    return Reached(above[-1][1] - since if above else 0.0)
