"""From a record to what happened: one pass over its rows, then pure functions of what was collected."""

from autoscale.analysis.histograms import HistogramSeries
from autoscale.analysis.results import Analysis
from autoscale.analysis.steps import StepSeries

__all__ = ["Analysis", "HistogramSeries", "StepSeries"]
