"""What went wrong in a run and what to change: each rule is its own small piece."""

from autoscale.findings.find import find
from autoscale.findings.results import Evidence, Finding

__all__ = ["Evidence", "Finding", "find"]
