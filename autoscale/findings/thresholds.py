"""Every threshold of the findings, in one table: name -> (value, unit, finding, what it bounds).

They are this project's proposals, from measured runs and the literature; ``docs/findings.md`` is made from this.
"""

from typing import NamedTuple


class Threshold(NamedTuple):
    """One figure of a rule."""

    value: float
    unit: str
    finding: str
    meaning: str


THRESHOLDS: dict[str, Threshold] = {
    "saturated_for": Threshold(60, "s", "F1", "time at maxReplicas with the metric over its target"),
    "over_target": Threshold(1.1, "x target", "F1", "utilisation that counts as over the target"),
    "headroom": Threshold(1.2, "x needed", "F1", "maxReplicas that is proposed"),
    "idle_share": Threshold(0.5, "share of the load", "F2", "time at minReplicas and below half the target"),
    "idle_utilization": Threshold(0.5, "x target", "F2", "utilisation that counts as idle"),
    "waste_share": Threshold(0.2, "of replica-minutes", "F2", "over-provisioned share that counts"),
    "metric_age": Threshold(45, "s", "F3", "window of a CPU sample, or time between two samples of a pod"),
    "detect": Threshold(60, "s", "F3", "time from the largest rise to the first growth"),
    "slow_start": Threshold(15, "s", "F4", "95th percentile of created to Ready"),
    "starting_share": Threshold(0.3, "of the deficit", "F4", "part of the missing pod-time that fell into pod starts"),
    "ramp_limited_for": Threshold(15, "s", "F5", "time under ScaleUpLimit"),
    "ramp_slow_seconds": Threshold(5, "s", "F5", "seconds of it beyond the latency objective"),
    "capped": Threshold(0.95, "x limit", "F6", "utilisation at a decision that counts as capped by the CPU limit"),
    "capped_steps": Threshold(2, "steps", "F6", "growths decided on a capped signal"),
    "request_low": Threshold(20, "%", "F8", "steady utilisation below which the request is too high"),
    "request_high": Threshold(200, "%", "F8", "steady utilisation above which the request is too low"),
    "idle_cpu": Threshold(0.9, "x target", "F9", "CPU of an idle pod that keeps the HPA growing"),
    "reversals": Threshold(3, "in 10 min", "F10", "changes of direction under constant load"),
    "spike": Threshold(1.5, "x old pods", "F11", "CPU of new pods in their first minute"),
    "spike_after": Threshold(60, "s", "F11", "time after Ready in which the second growth is decided"),
    "spike_rate": Threshold(0.1, "share", "F11", "change of the planned rate that still counts as none"),
    "warm_up": Threshold(2, "x old pods", "F12", "95th percentile of answers by young pods"),
    "warm_up_answers": Threshold(100, "answers", "F12", "by young pods, and by old ones, at least"),
    "collapsed_for": Threshold(5, "s", "F13", "time with fewer ready pods than before though none were taken away"),
    "unscheduled": Threshold(10, "s", "F14", "time a pod waits for a node"),
    "stabilized_waste": Threshold(0.3, "of replica-minutes", "F15", "over-provisioned while scale-down is held back"),
    "scale_in_again": Threshold(300, "s", "F16", "time from a shrinking to a growth of at least its size"),
    "after_scale_in": Threshold(30, "s", "F17", "time after a shrinking in which failures count to it"),
    "scale_in_errors": Threshold(3, "x base rate", "F17", "failures in that time"),
    "least_errors": Threshold(3, "requests", "F17", "failures in that time, at least"),
    "slow_for": Threshold(60, "s", "F18", "time beyond the latency objective with CPU to spare"),
    "cpu_to_spare": Threshold(0.9, "x target", "F18", "utilisation below which CPU is not the bottleneck"),
    "dead_band_for": Threshold(120, "s", "F19", "time beyond the latency objective within the tolerance"),
    "imbalance": Threshold(1.5, "max / mean", "F20", "CPU of the busiest pod over the mean"),
    "imbalance_share": Threshold(0.5, "share of checks", "F20", "checks, 30 s apart, in which it holds"),
    "pod_old": Threshold(60, "s", "F20", "age from which a pod should have its share"),
    "blind_for": Threshold(30, "s", "F21, F27", "time without a metric: two of the HPA's periods"),
    "crawl_steps": Threshold(3, "steps", "F23", "growths in a row bound by a policy to one pod, or under 10 %"),
    "overshoot": Threshold(1.3, "x demand", "F24", "most ready pods after the largest rise"),
    "throttled": Threshold(0.95, "x limit", "F26", "CPU of a pod that counts as throttled"),
    "throttled_for": Threshold(60, "s", "F26", "time a pod stays there while the mean has room"),
}


def limit(name: str) -> float:
    """The value of a threshold."""
    return THRESHOLDS[name].value
