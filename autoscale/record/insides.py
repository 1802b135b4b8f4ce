"""What must hold inside a row before it is believed: the reader checks a row's fields, not what lies in them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

LONGEST_S = 40 * 86400.0
_HUGE = 1e15  # beyond any time, size or duration that a run can hold


class Maybe(NamedTuple):
    """A value that may be null or absent."""

    shape: Any


class Each(NamedTuple):
    """A mapping of any names, or a list, whose values all have one shape."""

    shape: Any


NUMBER = float
_STATUS = {"status": str, "reason": str, "message": str}
_CPU_TARGET = {"name": Maybe(str), "target": Maybe({"averageUtilization": Maybe(NUMBER)}),
               "current": Maybe({"averageUtilization": Maybe(NUMBER)})}  # fmt: skip
_METRICS = Maybe(Each({
    "type": Maybe(str), "resource": Maybe(_CPU_TARGET), "containerResource": Maybe(_CPU_TARGET),
    **dict.fromkeys(("pods", "object", "external"), Maybe({"current": Maybe(dict), "metric": Maybe(dict)})),
}))  # fmt: skip
_RULES = Maybe({"stabilizationWindowSeconds": Maybe(NUMBER), "policies": Maybe(Each(dict))})
_CONTAINER = {"name": str, "restarts": NUMBER, "reason": Maybe(str),
              **dict.fromkeys(("cpu_request_m", "cpu_limit_m", "mem_request_b", "started"), Maybe(NUMBER))}  # fmt: skip

SHAPES: dict[str, Any] = {
    "header": {
        "t": NUMBER, "run": str, "hpa_config": Each(Maybe(NUMBER)), "versions": dict, "objects": Each(dict),
        "target": {"kind": str, "name": str, "service": Maybe(str), "hpa": Maybe(str)},
        "scenario": {
            "points": Maybe(Each(Each(NUMBER))), "objectives": Maybe(Each(str)), "load": Maybe(dict),
            "stages": Maybe(Each({"name": str, "start_s": NUMBER, "end_s": NUMBER})),
            "price": Maybe({"pod_hour": NUMBER}), "model": Maybe(str),
        },
    },
    "clock": {"clk": str, "offset_s": NUMBER, "error_s": NUMBER},
    "mark": {"name": str, "at": NUMBER, "clk": str, "stage": Maybe(str)},
    "pod": {"created": NUMBER, "deletion": Maybe(NUMBER), "conditions": Each(Each(Maybe(object))),
            "containers": Each(_CONTAINER)},
    "workload": {"spec_replicas": Maybe(NUMBER), "status_replicas": NUMBER, "ready": NUMBER},
    "hpa": {
        "current": Maybe(NUMBER), "desired": Maybe(NUMBER), "last_scale": Maybe(NUMBER), "metrics": _METRICS,
        "conditions": Each({**_STATUS, "at": Maybe(NUMBER)}),
        "spec": {"metrics": _METRICS, "behavior": Maybe({"scaleUp": _RULES, "scaleDown": _RULES})},
    },
    "event": {"first": Maybe(NUMBER), "last": Maybe(NUMBER), "count": NUMBER, "object": str, "message": str},
    "node": {"name": str, "cpu_m": NUMBER},
    "gap": {"since": NUMBER, "until": NUMBER, "source": str, "cause": str},
    "endpoint": {"pod_uid": str},
}  # fmt: skip


def near(row: Mapping[str, Any], start: float) -> bool:
    """Whether a row's times lie within 40 days of the record's beginning: no run is longer."""
    times = (row["t"], row.get("at"), row.get("since"), row.get("until"))
    return all(time is None or abs(time - start) < LONGEST_S for time in times)


def fits(row: Mapping[str, Any], kind: str) -> bool:
    """Whether a row has what the analysis takes from its kind; a kind without a shape always fits."""
    shape = SHAPES.get(kind)
    sound = shape is None or _fits(row, shape)
    return sound and (kind != "pod" or all(map(_condition, row["conditions"].values())))


def _fits(value: Any, shape: Any) -> bool:
    if isinstance(shape, Maybe):
        return value is None or _fits(value, shape.shape)
    if isinstance(shape, Each):
        values = value.values() if isinstance(value, Mapping) else value
        return isinstance(value, Mapping | list | tuple) and all(_fits(item, shape.shape) for item in values)
    if isinstance(shape, Mapping):
        return isinstance(value, Mapping) and all(_fits(value.get(name), part) for name, part in shape.items())
    if shape is NUMBER:
        return isinstance(value, int | float) and -_HUGE < value < _HUGE
    return isinstance(value, shape)


def _condition(pair: Any) -> bool:
    """A pod's condition: [status, time or null]."""
    return (
        isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[0], str) and _fits(pair[1], Maybe(NUMBER))
    )
