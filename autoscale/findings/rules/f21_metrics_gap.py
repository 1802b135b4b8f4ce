"""F21 metrics-gap: the HPA could not act."""

from collections.abc import Sequence

from autoscale.analysis.results.series import ConditionSpan
from autoscale.findings.blindness import BLIND_S, blind, pods_unready
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run
from autoscale.hpa.reasons import cure

BLIND_FOR = Threshold(BLIND_S, "s", "time without a metric: two of the HPA's periods")


def check(run: Run) -> Hit | None:
    """F21: the HPA could not act for two periods of the load, for another reason than unready pods (that is F27)."""
    spans = [
        *(span for span in run.conditions("ScalingActive", "False") if not pods_unready(run, span.start, span.end)),
        *run.conditions("AbleToScale", "False"),
    ]
    if run.analysis.load_start is None or not spans:
        return None
    reason = _longest(spans).reason
    words = "The HPA had no metric for {length:.0f} s and did nothing: {message}."
    if reason == "ScalingDisabled":
        words = "The workload stood at 0 pods for {length:.0f} s of the load, where the HPA does nothing ({message})."
    elif not reason.startswith("FailedGet") or reason == "FailedGetScale":
        words = "The HPA did nothing for {length:.0f} s: {message}."
    return blind(run, [span for span in spans if span.reason == reason], words, cure(reason), None)


def _longest(spans: Sequence[ConditionSpan]) -> ConditionSpan:
    return max(spans, key=lambda span: span.end - span.start)


RULE = Rule(
    id="F21",
    name="metrics-gap",
    order=90,
    title="The HPA had no metric",
    severity="error",
    check=check,
    thresholds=(BLIND_FOR,),
    facts=True,
    cure="By the reason of its condition: metrics-server for CPU and memory, the custom or external metrics API and "
    "its adapter for others, the selector, the target's scale.",
)
