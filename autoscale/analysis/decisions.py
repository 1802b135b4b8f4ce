"""Every HPA decision of the run beside what the HPA rule gives for the inputs that were seen."""

from autoscale.analysis.collect import Collected
from autoscale.analysis.results import Decision


def decisions(kept: Collected) -> tuple[Decision, ...]:  # noqa: ARG001
    """To come with the HPA rule; until then no decision is explained."""
    return ()
