"""The shape of an HPA as JSON: which fields exist and of which type. Unknown fields are mistakes."""

import difflib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from autoscale.base.errors import Problem
from autoscale.kube.quantities import parse_quantity

Check = Callable[[Any, str], Iterator[Problem]]


def shape_problems(hpa: Mapping[str, Any], file: str = "") -> list[Problem]:
    """Every field that does not exist or has the wrong type, in an ``autoscaling/v1`` or ``v2`` HPA."""
    spec = SPEC_V1 if hpa.get("apiVersion") == "autoscaling/v1" else SPEC
    check = struct({"apiVersion": text, "kind": text, "metadata": mapping, "spec": spec, "status": mapping})
    prefix = f"{file}: " if file else ""
    return [
        Problem(f"{prefix}{problem.where}", problem.found, problem.wanted, problem.fix) for problem in check(hpa, "")
    ]


def text(value: Any, path: str) -> Iterator[Problem]:
    """A string."""
    if not isinstance(value, str):
        yield Problem(
            path, _shown(value), "a string", "Put it in quotes." if not isinstance(value, dict | list) else ""
        )


def integer(value: Any, path: str) -> Iterator[Problem]:
    """A 32-bit integer. 5.0 is one: between YAML and the API's JSON it becomes 5."""
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not whole:
        yield Problem(path, _shown(value), "a whole number", "Write it without quotes and without a fraction.")
    elif not -(2**31) <= value < 2**31:
        yield Problem(path, str(value), "a number that fits into 32 bits")


def quantity(value: Any, path: str) -> Iterator[Problem]:
    """A Kubernetes quantity, as a string or a number."""
    try:
        parse_quantity(value)
    except ValueError:
        yield Problem(path, _shown(value), "a quantity such as 250m, 0.5 or 64Mi")


def mapping(value: Any, path: str) -> Iterator[Problem]:
    """Any mapping."""
    if not isinstance(value, Mapping):
        yield Problem(path, _shown(value), "a mapping")


def struct(fields: Mapping[str, Check]) -> Check:
    """A mapping with these fields only; null counts as absent."""

    def check(value: Any, path: str) -> Iterator[Problem]:
        if not isinstance(value, Mapping):
            yield Problem(path, _shown(value), "a mapping")
            return
        for name, entry in value.items():
            where = f"{path}.{name}" if path else str(name)
            if name not in fields:
                yield Problem(where, "an unknown field", _likely(str(name), fields), "Remove or rename it.")
            elif entry is not None:
                yield from fields[name](entry, where)

    return check


def each(check_item: Check) -> Check:
    """A list of items of one shape."""

    def check(value: Any, path: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield Problem(path, _shown(value), "a list", "Begin each entry with a dash.")
            return
        for index, item in enumerate(value):
            yield from check_item(item, f"{path}[{index}]")

    return check


def texts_by_name(value: Any, path: str) -> Iterator[Problem]:
    """A mapping of strings to strings."""
    if not isinstance(value, Mapping):
        yield Problem(path, _shown(value), "a mapping")
        return
    for name, entry in value.items():
        yield from text(entry, f"{path}.{name}")


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, list) else repr(value)


def _likely(name: str, fields: Mapping[str, Check]) -> str:
    near = difflib.get_close_matches(name, fields, n=1)
    return near[0] if near else f"one of {', '.join(fields)}"


REFERENCE = struct({"kind": text, "name": text, "apiVersion": text})
REQUIREMENT = struct({"key": text, "operator": text, "values": each(text)})
SELECTOR = struct({"matchLabels": texts_by_name, "matchExpressions": each(REQUIREMENT)})
IDENTIFIER = struct({"name": text, "selector": SELECTOR})
TARGET = struct({"type": text, "value": quantity, "averageValue": quantity, "averageUtilization": integer})
METRIC = struct(
    {
        "type": text,
        "object": struct({"describedObject": REFERENCE, "metric": IDENTIFIER, "target": TARGET}),
        "pods": struct({"metric": IDENTIFIER, "target": TARGET}),
        "resource": struct({"name": text, "target": TARGET}),
        "containerResource": struct({"name": text, "container": text, "target": TARGET}),
        "external": struct({"metric": IDENTIFIER, "target": TARGET}),
    }
)
POLICY = struct({"type": text, "value": integer, "periodSeconds": integer})
RULES = struct(
    {
        "stabilizationWindowSeconds": integer,
        "selectPolicy": text,
        "policies": each(POLICY),
        "tolerance": quantity,
    }
)
SPEC = struct(
    {
        "scaleTargetRef": REFERENCE,
        "minReplicas": integer,
        "maxReplicas": integer,
        "metrics": each(METRIC),
        "behavior": struct({"scaleUp": RULES, "scaleDown": RULES}),
    }
)
SPEC_V1 = struct(
    {
        "scaleTargetRef": REFERENCE,
        "minReplicas": integer,
        "maxReplicas": integer,
        "targetCPUUtilizationPercentage": integer,
    }
)
