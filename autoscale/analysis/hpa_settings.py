"""What an HPA was set to, and from when on."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.results.scaling import HpaSpec
from autoscale.hpa.config import DEFAULTS
from autoscale.kube.quantities import milli, parse_quantity
from autoscale.record.rows.header import HpaConfig
from autoscale.record.rows.hpa import Hpa, Metric, ResourceMetric
from autoscale.record.rows.hpa import HpaSpec as RecordedSpec


def hpa_specs(kept: Collected) -> list[tuple[float, HpaSpec]]:
    """Every spec of the HPA and from when on it held, oldest first; empty where no HPA was seen."""
    found: list[tuple[float, HpaSpec]] = []
    for row in kept.hpas:
        if not found or row["spec"] != found[-1][1].raw:
            spec = _hpa_spec(row, kept.header["hpa_config"])
            found.append((row["t"], replace(spec, min_replicas=_floor(kept, row["t"], spec.min_replicas))))
    return found


def _floor(kept: Collected, at: float, least: int) -> int:
    """The fewest pods: the HPA's minimum, or what KEDA leaves while no trigger is active (its HPA's is never 0)."""
    for row in reversed(kept.scaled):
        if row["t"] <= at or row is kept.scaled[0]:
            return row["min"] if row["idle"] is None else row["idle"]
    return least


def _hpa_spec(row: Hpa, config: HpaConfig) -> HpaSpec:
    spec = row["spec"]
    behavior = spec.get("behavior") or {}
    down, up = behavior.get("scaleDown") or {}, behavior.get("scaleUp") or {}
    tolerance = _quantity(up.get("tolerance"))
    if tolerance is None:
        tolerance = config.get("tolerance")
    window = down.get("stabilizationWindowSeconds")
    percent, value, container = cpu_target(spec)
    return HpaSpec(
        name=row["name"],
        min_replicas=_whole(spec.get("minReplicas"), 1),
        max_replicas=_whole(spec.get("maxReplicas"), 1),
        target_percent=percent,
        target_value_m=value,
        container=container,
        down_window_s=window if window is not None else config.get("downscale_stabilization_s"),
        up_window_s=up.get("stabilizationWindowSeconds", 0),
        tolerance=DEFAULTS.tolerance if tolerance is None else tolerance,
        raw=spec,
    )


def _whole(value: Any, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def _quantity(value: Any) -> float | None:
    """A quantity (``50m`` is 0.05); None where there is none, or it is none."""
    try:
        return float(parse_quantity(value))
    except ValueError:
        return None


def number(value: Any) -> float | None:
    """A number, or a text that is one; None for anything else."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def cpu_target(spec: RecordedSpec) -> tuple[float | None, float | None, str | None]:
    """(percent of the request, millicores a pod, the only container that counts) of the first metric on CPU."""
    source = cpu_metric(spec.get("metrics"))
    target = (source or {}).get("target") or {}
    value = target.get("averageValue")
    millicores = float(milli(value)) if isinstance(value, str | int | float) else None
    return number(target.get("averageUtilization")), millicores, (source or {}).get("container")


def cpu_metric(metrics: Sequence[Metric] | None) -> ResourceMetric | None:
    """The first metric on CPU of an HPA's spec or status."""
    for metric in metrics or []:
        source = metric.get("resource") or metric.get("containerResource")
        if source and source.get("name") == "cpu":
            return source
    return None
