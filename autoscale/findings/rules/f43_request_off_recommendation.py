"""F43 request-off-recommendation: the VPA recommends another request than the pods have."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run, milli

OFF_BY = Threshold(2.0, "times", "how far the recommended CPU request lies from the pods' own")


def check(run: Run) -> Hit | None:
    """F43: a VPA that leaves the pods alone (Off, Initial) recommends a quite different CPU request."""
    vpa = run.analysis.vpa
    if vpa is None or vpa.acts or not run.request_m or not vpa.recommended_m:
        return None
    wanted = sum(vpa.recommended_m.values())
    if 1 / OFF_BY.value < wanted / run.request_m < OFF_BY.value:
        return None
    more = "more" if wanted > run.request_m else "less"
    return Hit(
        f"The VPA {vpa.name} ({vpa.mode}) recommends {wanted}m of CPU a pod, which asks for {run.request_m}m.",
        (Evidence("recommended", wanted, "millicores"), Evidence("asked for", run.request_m, "millicores")),
        f"Its recommendation is of hours and days where it has them: if it holds, ask for {more} ({milli(wanted)}), "
        "and mind that the HPA's percentage is of the request.",
        None,
    )


RULE = Rule(
    id="F43",
    name="request-off-recommendation",
    order=205,
    title="The VPA recommends another request",
    severity="note",
    check=check,
    thresholds=(OFF_BY,),
    cure="Take over the recommendation, with the HPA's target in mind.",
)
