"""F22 other-writer: something else changes the size."""

from autoscale.analysis.results.scaling import ScaleEvent
from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule
from autoscale.findings.run import Hit, Run


def check(run: Run) -> Hit | None:
    """F22: the size changed without the HPA."""
    others = [event for event in run.analysis.scale_events if event.by == "other"]
    if not others:
        return None
    first, who = others[0], dict.fromkeys(event.who for event in others if event.who)
    return Hit(
        sentence=f"The size changed {len(others)} time(s) without the HPA, first from {first.before} to {first.after}: "
        f"{' and '.join(who) or 'something else'} wrote the workload's replicas.",
        evidence=tuple(Evidence(_words(event), start=event.at, end=event.at) for event in others[:5]),
        advice="Remove `replicas` from the workload's manifest, so that rollouts and GitOps leave the size to the HPA.",
        patch=None,
        start=first.at,
        end=others[-1].at,
    )


def _words(event: ScaleEvent) -> str:
    return f"{event.before} to {event.after}" + (f" by {event.who}" if event.who else "")


RULE = Rule(
    id="F22",
    name="other-writer",
    order=240,
    title="Something else changes the size",
    severity="warning",
    check=check,
    facts=True,
    thresholds=(),
    cure="Remove `replicas` from the workload's manifest.",
)
