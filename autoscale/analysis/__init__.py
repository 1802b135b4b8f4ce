"""From a record to what happened: one pass over its rows, then pure functions of what was collected."""

from autoscale.analysis.analyse import analyse
from autoscale.analysis.histograms import HistogramSeries
from autoscale.analysis.results.analysis import Analysis
from autoscale.analysis.results.jsonform import SCHEMA, to_json
from autoscale.analysis.steps import StepSeries

__all__ = ["SCHEMA", "Analysis", "HistogramSeries", "StepSeries", "analyse", "to_json"]
