"""An analysis as JSON values: plain, versioned, without numbers that JSON does not have."""

import math
from array import array
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from msgspec import Struct

from autoscale.analysis.histograms import HistogramSeries
from autoscale.analysis.results.analysis import Analysis
from autoscale.analysis.steps import StepSeries

SCHEMA = 1
LEFT_OUT = ("header", "responses", "services", "by_name", "events", "pod_bins", "clocks")  # the record has these whole


def to_json(analysis: Analysis) -> dict[str, Any]:
    """The analysis as JSON values. ``schema`` is its version; times in seconds since the epoch, durations in seconds.

    A step series is {"times": [...], "values": [...]}: a value holds until the next time, null is unknown.
    """
    values = {name: plain(getattr(analysis, name)) for name in names_of(Analysis) if name not in LEFT_OUT}
    header = analysis.header
    about = {name: plain(header[name]) for name in ("scenario", "target", "context", "versions", "environment")}
    clocks = {name: {"offset_s": moment.at, "error_s": moment.error_s} for name, moment in analysis.clocks.items()}
    return {"schema": SCHEMA, **about, "clocks": clocks, **values}


def names_of(kind: type) -> tuple[str, ...]:
    """The fields of a type of results, a dataclass or a Struct; none of any other type."""
    if issubclass(kind, Struct):
        return kind.__struct_fields__
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


def plain(value: Any) -> Any:
    """Any result as JSON values; NaN and infinity become null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, StepSeries):
        return {"times": list(value.times), "values": list(value.values)}
    if isinstance(value, HistogramSeries):
        return None
    if names := names_of(type(value)):
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | array):
        return [plain(item) for item in value]
    return str(value)
