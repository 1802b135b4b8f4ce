"""Sets of runs against each other: merged histograms, intervals, and noise told apart from change."""

from autoscale.compare.comparing import compare
from autoscale.compare.results import Comparison, Difference

__all__ = ["Comparison", "Difference", "compare"]
