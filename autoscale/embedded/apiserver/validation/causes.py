"""Single causes, in Kubernetes' words: what a field may be found to be, as ``Status.details.causes`` has it."""

import json
import re
from collections.abc import Iterator
from typing import Any

from autoscale.kube.kinds import Object

Cause = tuple[str, str, str]
"""(reason, field, message)"""

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


def required(field: str, why: str = "") -> Cause:
    """A field that has to be there."""
    return "FieldValueRequired", field, f"Required value{f': {why}' if why else ''}"


def wrong(field: str, value: Any, why: str) -> Cause:
    """A value that cannot be."""
    return "FieldValueInvalid", field, f"Invalid value: {_shown(value)}: {why}"


def unsupported(field: str, value: Any, known: tuple[str, ...]) -> Cause:
    """A value outside a fixed set."""
    listed = ", ".join(f'"{one}"' for one in known)
    return "FieldValueNotSupported", field, f"Unsupported value: {_shown(value)}: supported values: {listed}"


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def at_least(spec: Object, path: str, least: int, *names: str) -> Iterator[Cause]:
    """Fields of ``spec`` that are there and too small."""
    for name in names:
        value = spec.get(name)
        if value is not None and value < least:
            yield wrong(f"{path}.{name}", value, f"must be greater than or equal to {least}")
