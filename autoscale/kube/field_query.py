"""Field selectors, ``status.phase=Running``: which fields select, and what they select."""

import re
from collections.abc import Callable
from typing import Any

from autoscale.kube.kinds import Object
from autoscale.kube.resource import Resource
from autoscale.kube.statuses import StatusError, bad_request

Predicate = Callable[[Object], bool]

_EVERY = ("metadata.name", "metadata.namespace")
"""By which fields every kind can be selected; the table of kinds has the others (upstream's strategies)."""


def fields_match(text: str, resource: Resource) -> Predicate:
    """A ``fieldSelector`` query -> a predicate over objects; ``StatusError`` 400 for a field that cannot select."""
    tests = [_field_test(part, resource) for part in text.split(",") if part.strip()]
    return lambda obj: all(test(obj) for test in tests)


def _field_test(text: str, resource: Resource) -> Predicate:
    found = re.fullmatch(r"\s*([^!=\s]+)\s*(==|=|!=)(.*)", text)
    if found is None:
        raise bad_request(f"invalid selector: '{text}'; can't understand '{text}'")
    name, operator, wanted = found[1], found[2], found[3].strip()
    selectable = _EVERY + resource.selectable
    if name not in selectable:
        known = ", ".join(selectable)
        raise StatusError(400, "BadRequest", f"field label not supported: {name} (known for {resource.kind}: {known})")
    path = {"source": "source.component"}.get(name, name).split(".")
    return lambda obj: (_text_at(obj, path) == wanted) == (operator != "!=")


def _text_at(obj: Any, path: list[str]) -> str:
    for name in path:
        obj = obj.get(name) if isinstance(obj, dict) else None
    if isinstance(obj, bool):
        return str(obj).lower()
    return "" if obj is None else str(obj)
