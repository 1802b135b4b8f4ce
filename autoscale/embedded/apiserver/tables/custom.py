"""The columns of custom kinds: the name, and what the definition says (``additionalPrinterColumns``), else the age.

As upstream's pkg/registry/customresource/tableconvertor makes cells of values.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from autoscale.embedded.apiserver.tables.columns import Column, Printer
from autoscale.embedded.apiserver.tables.pods import since
from autoscale.kube.jsonpath import first
from autoscale.kube.kinds import Object

_AGE = {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}


def custom_columns(version: Mapping[str, Any]) -> Printer:
    """The printer of one version of a definition."""
    columns = version.get("additionalPrinterColumns") or [_AGE]
    shown = [Column(one["name"], one["type"], wide=bool(one.get("priority"))) for one in columns]
    return Printer((Column("Name"), *shown), partial(_cells, columns))


def _cells(columns: list[Object], obj: Object, now: float) -> list[Any]:
    return [obj["metadata"]["name"], *(_cell(one, obj, now) for one in columns)]


def _cell(column: Object, obj: Object, now: float) -> Any:
    """A cell; None (which kubectl shows as <none>) where nothing is there or it is of another type."""
    try:
        value = first(obj, column["jsonPath"])
    except ValueError:
        return None
    if value is None:
        return None
    if column["type"] == "string":
        return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    if column["type"] == "date":
        return _age(value, now)
    convert = _CONVERT[column["type"]]
    return convert(value) if isinstance(value, int | float) and isinstance(value, bool) is (convert is bool) else None


def _age(value: Any, now: float) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        return since(value, now)
    except ValueError:
        return "<invalid>"


_CONVERT: Mapping[str, Callable[[Any], Any]] = {"integer": int, "number": float, "boolean": bool}
