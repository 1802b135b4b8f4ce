"""The TARGETS column of HorizontalPodAutoscalers: ``cpu: 43%/60%``."""

from typing import Any

from autoscale.kube.kinds import Object

SHOWN = 2
"""Metrics shown before ``+ 1 more...``."""

_SOURCE = {
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
}


def targets(metrics: list[Object], current: list[Object]) -> str:
    """Current and target value of each metric, ``<unknown>`` where there is no current one."""
    if not metrics:
        return "<none>"
    texts = [_target(metric, current[index] if index < len(current) else {}) for index, metric in enumerate(metrics)]
    more = f" + {len(texts) - SHOWN} more..." if len(texts) > SHOWN else ""
    return ", ".join(texts[:SHOWN]) + more


def _target(metric: Object, status: Object) -> str:
    source = _SOURCE.get(metric.get("type", ""))
    if source is None:
        return "<unknown type>"
    wanted = metric[source].get("target", {})
    now: dict[str, Any] = (status.get(source) or {}).get("current", {})
    if "Resource" in metric["type"]:
        return f"{metric[source]['name']}: {_resource(now, wanted)}"
    if "averageValue" in wanted:
        average = "" if source == "pods" else " (avg)"
        return f"{now.get('averageValue', '<unknown>')}/{wanted['averageValue']}{average}"
    return f"{now.get('value', '<unknown>')}/{wanted.get('value')}"


def _resource(now: Object, wanted: Object) -> str:
    if "averageValue" in wanted:
        return f"{now.get('averageValue', '<unknown>')}/{wanted['averageValue']}"
    current, target = now.get("averageUtilization"), wanted.get("averageUtilization")
    return f"{'<unknown>' if current is None else f'{current}%'}/{'<auto>' if target is None else f'{target}%'}"
