"""What a record does not hold, and why."""

from autoscale.analysis.origin import imported_from, why_failed
from autoscale.analysis.results.analysis import Analysis


def is_sized(analysis: Analysis) -> bool:
    """Whether the size of the workload was recorded: without it nobody knows whether it changed."""
    supply = analysis.replicas
    return bool(supply.desired or supply.hpa_desired or supply.running)


def no_load(analysis: Analysis) -> str:
    """Why there is no load, where that is known."""
    if imported_from(analysis):
        return "The data hold no load."
    why = (why_failed(analysis) or "").rstrip(".")
    if analysis.load_start is None and analysis.partial:
        return f"The run ended before its load{f': {why}' if why else ''}."
    return "No load was recorded."
