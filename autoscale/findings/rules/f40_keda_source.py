"""F40 keda-source: KEDA could not read what it scales by."""

from autoscale.analysis.results.series import ConditionSpan
from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run

FAILING_FOR = Threshold(30.0, "s", "time without the source: two of the HPA's periods")
_SAID = ("KEDAMetricSourceFailed", "KEDAScalerFailed", "FailedGetExternalMetric", "FailedComputeMetricsReplicas")
_STATES = (("keda Source", "False"), ("keda Ready", "False"), ("keda Fallback", "True"))


def check(run: Run) -> Hit | None:
    """F40: a source of the ScaledObject failed, or it was not ready for another reason; with what held meanwhile."""
    states = [span for kind, status in _STATES for span in run.conditions(kind, status)]
    lasting = [span for span in states if span.end - max(span.start, run.start) >= FAILING_FOR.value]
    if not lasting:
        return None
    start, end = min(max(span.start, run.start) for span in lasting), max(span.end for span in lasting)
    return Hit(
        sentence=f"KEDA could not read what it scales by for {end - start:.0f} s ({_said(run, lasting)}). "
        f"{_meanwhile(run, states)}",
        evidence=tuple(
            Evidence(words=_name(span), value=span.end - span.start, unit="s", start=span.start, end=span.end)
            for span in lasting[:3]
        ),
        advice="Mend the source, its address or its credentials; a fallback decides what happens meanwhile.",
        patch=None,
        start=start,
        end=end,
    )


def _name(span: ConditionSpan) -> str:
    return f"{span.type.removeprefix('keda ')}: {span.reason}"


def _said(run: Run, lasting: list[ConditionSpan]) -> str:
    """The error in KEDA's or the HPA's own words, never another one."""
    told = [event.message for event in run.analysis.events if event.reason in _SAID]
    return told[-1] if told else next((span.message for span in lasting if span.message), "it does not say why")


def _meanwhile(run: Run, states: list[ConditionSpan]) -> str:
    keda = run.analysis.keda
    fell = [span for span in states if span.type == "keda Fallback"]
    if keda is None or keda.fallback is None:
        return "It has no fallback: so long the target neither grows nor shrinks, and at 0 pods it is not woken."
    if not fell:
        return f"Its fallback of {keda.fallback} pods had not set in."
    woken = [one for one in run.analysis.scale_events if one.up and one.before == 0 and one.at >= fell[0].start - 60]
    wakes = " That also woke a target that was at 0." if woken else ""
    return f"Its fallback held {keda.fallback} pods, whatever the load was.{wakes}"


RULE = Rule(
    id="F40",
    name="keda-source",
    order=41,
    title="KEDA could not read what it scales by",
    severity="error",
    check=check,
    facts=True,
    thresholds=(FAILING_FOR,),
    cure="The source, its address, its credentials; and a fallback that fits a blind time.",
)
