"""F30 subject-gone: what was to be judged was taken away."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule
from autoscale.findings.run import Hit, Run


def check(run: Run) -> Hit | None:
    """F30: the HPA, its workload or the Service was deleted during the run (and perhaps made again)."""
    gone = [one for one in run.interventions if one.kind in ("hpa deleted", "target deleted", "service deleted")]
    if not gone:
        return None
    return Hit(
        sentence="; ".join(f"{one.words} {one.at - run.start:.0f} s after the load began" for one in gone)
        + ": what was to be judged was not there.",
        evidence=tuple(
            Evidence(words=one.words, value=one.until - one.at, unit="s", start=one.at, end=one.until) for one in gone
        ),
        advice="Find out who did it (`kubectl get events`, managed fields, GitOps, a pipeline) and run again.",
        patch=None,
        start=gone[0].at,
        end=max(one.until for one in gone),
    )


RULE = Rule(
    id="F30",
    name="subject-gone",
    order=15,
    title="The HPA, its workload or the Service was deleted in mid-run",
    severity="error",
    check=check,
    cluster=True,
    cure="Keep others away from what is tested, and run again.",
    facts=True,
)
