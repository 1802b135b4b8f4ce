"""What an HPA measures beside what it aims at, as kubectl's TARGETS column has it: ``cpu: 43%/60%``."""

from collections.abc import Mapping, Sequence
from typing import Any

SHOWN = 2
"""Metrics shown before ``+ 1 more...``."""

_SOURCE = {
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
}


NO_PODS = "-9223372036854775808m"
"""What Kubernetes 1.37 shows as an average over no pods: the smallest number that it has, which is no value."""


def targets(metrics: Sequence[Mapping[str, Any]], current: Sequence[Mapping[str, Any]]) -> str:
    """Current and target value of each metric, ``<unknown>`` where there is no current one.

    ``metrics`` are the spec's, ``current`` those of the status (autoscaling/v2). After ``formatHPAMetrics`` of
    Kubernetes' pkg/printers/internalversion/printers.go.
    """
    if not metrics:
        return "<none>"
    texts = [_target(metric, current[index] if index < len(current) else {}) for index, metric in enumerate(metrics)]
    more = f" + {len(texts) - SHOWN} more..." if len(texts) > SHOWN else ""
    return ", ".join(texts[:SHOWN]) + more


def known(current: Mapping[str, Any]) -> Mapping[str, Any]:
    """The current values that are some."""
    return {name: value for name, value in current.items() if value != NO_PODS}


def _target(metric: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    source = _SOURCE.get(metric.get("type", ""))
    if source is None:
        return "<unknown type>"
    about = metric.get(source) or {}
    wanted = about.get("target") or {}
    now: Mapping[str, Any] = known((status.get(source) or {}).get("current") or {})
    if "Resource" in metric["type"]:
        return f"{about.get('name')}: {_resource(now, wanted)}"
    if "averageValue" in wanted:
        average = "" if source == "pods" else " (avg)"
        return f"{now.get('averageValue', '<unknown>')}/{wanted['averageValue']}{average}"
    return f"{now.get('value', '<unknown>')}/{wanted.get('value')}"


def _resource(now: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    if "averageValue" in wanted:
        return f"{now.get('averageValue', '<unknown>')}/{wanted['averageValue']}"
    current, target = now.get("averageUtilization"), wanted.get("averageUtilization")
    return f"{'<unknown>' if current is None else f'{current}%'}/{'<auto>' if target is None else f'{target}%'}"
