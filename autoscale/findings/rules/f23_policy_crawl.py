"""F23 policy-crawl: a policy lets it grow pod by pod."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run, behavior_patch

CRAWL_STEPS = Threshold(3, "steps", "growths in a row bound by a policy to one pod, or under 10 %")


def check(run: Run) -> Hit | None:
    """F23: a policy that lets the workload grow only pod by pod."""
    bound = {d.at for d in run.analysis.decisions if d.bound_by == "spec.behavior.scaleUp.policies"}
    steps = [
        event
        for event in run.analysis.scale_events
        if event.up
        and any(abs(at - event.at) <= 3 for at in bound)
        and event.after - event.before <= max(1, 0.1 * event.before)
    ]
    if len(steps) < CRAWL_STEPS.value or run.hpa is None:
        return None
    policies = ((run.hpa.raw.get("behavior") or {}).get("scaleUp") or {}).get("policies") or []
    words = ", ".join(f"{p.get('type')} {p.get('value')} per {p.get('periodSeconds')} s" for p in policies)
    return Hit(
        sentence=f"The scale-up policy ({words}) bound {len(steps)} growths to one pod or under 10 % each.",
        evidence=tuple(
            Evidence(f"{event.before} to {event.after}", start=event.at, end=event.at) for event in steps[:5]
        ),
        advice="Give both kinds of policy and selectPolicy Max: pods for small sizes, percent for large ones.",
        patch=behavior_patch(
            run,
            "scaleUp",
            selectPolicy="Max",
            policies=[
                {"type": "Percent", "value": 100, "periodSeconds": 15},
                {"type": "Pods", "value": 4, "periodSeconds": 15},
            ],
        ),
        start=steps[0].at,
        end=steps[-1].at,
    )


RULE = Rule(
    id="F23",
    name="policy-crawl",
    order=250,
    title="A policy lets it grow pod by pod",
    severity="note",
    check=check,
    thresholds=(CRAWL_STEPS,),
    cure="Both kinds of policy and an explicit `selectPolicy`.",
)
