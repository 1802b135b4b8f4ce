"""F45 disruption-blocked: something keeps a node that was to go."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule
from autoscale.findings.run import Hit, Run

_SAID = ("DisruptionBlocked", "ScaleDownFailed", "FailedDraining", "EvictionBlocked")
_BUDGET = ("pdb", "poddisruptionbudget", "disruption budget")


def check(run: Run) -> Hit | None:
    """F45: a node autoscaler says that it may not empty a node; where a PodDisruptionBudget is why, it is named so."""
    told = [event for event in run.analysis.events if event.reason in _SAID and event.at >= run.start]
    if not told:
        return None
    budgets = [event for event in told if any(word in event.message.lower() for word in _BUDGET)]
    first = (budgets or told)[0]
    why = "A PodDisruptionBudget is in the way" if budgets else "Something is in the way"
    return Hit(
        sentence=f"{why} of a node that was to go ({first.object}: {first.message}).",
        evidence=tuple(
            Evidence(words=f"{one.reason} {one.object}", value=None, unit="", start=one.at, end=one.at)
            for one in told[:5]
        ),
        advice="It costs, and hurts nobody: leave it as it is under load. Where nodes stay for good, let the budget "
        "allow one pod (maxUnavailable: 1), and run one more than it asks for.",
        patch=None,
        start=told[0].at,
        end=told[-1].at,
    )


RULE = Rule(
    id="F45",
    name="disruption-blocked",
    order=320,
    title="A node that was to go had to stay",
    severity="note",
    check=check,
    facts=True,
    cure="A budget that allows one pod to go, and one pod more than it asks for.",
)
