"""F37 pods-of-others: the HPA's selector takes pods that are not the workload's."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule
from autoscale.findings.run import Hit, Run


def check(run: Run) -> Hit | None:
    """F37: other workloads' or Jobs' pods have the labels of the selector, and count in average and size."""
    others = run.analysis.others
    if not others:
        return None
    names = {name for pods in others.values() for name in pods}
    owners = ", ".join(others)
    return Hit(
        sentence=f"{len(names)} of the {len(run.pods)} pods under the selector of {run.workload_name} are not its "
        f"own: they belong to {owners}. Their use and their number count in every decision, so a size may rise while "
        "the average is below its target, and one of them without a request or without metrics blinds the HPA.",
        evidence=tuple(Evidence(f"pods of {owner}", len(pods), "pods") for owner, pods in others.items()),
        advice="Give the workload's pods a label that no others have and put it into spec.selector.matchLabels (a "
        "selector cannot be changed: make the workload anew), or take the shared label from the others.",
        patch=None,
        start=run.start,
        end=run.end,
    )


RULE = Rule(
    id="F37",
    name="pods-of-others",
    order=35,
    title="Pods of others count",
    severity="warning",
    check=check,
    facts=True,
    cure="A selector that matches the workload's own pods alone.",
)
