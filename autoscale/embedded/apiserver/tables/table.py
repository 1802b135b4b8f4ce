"""Tables: what ``kubectl get`` prints, made by the server as Kubernetes' own server does (meta.k8s.io/v1 Table)."""

from collections.abc import Iterable
from typing import Any

from autoscale.embedded.apiserver.tables.columns import PRINTERS, Column, Printer, age_columns
from autoscale.embedded.apiserver.tables.custom import custom_columns
from autoscale.kube.kinds import Object
from autoscale.kube.resource import Resource

API_VERSION = "meta.k8s.io/v1"


def table(resource: Resource, objs: Iterable[Object], version: int, now: float, *, include: str = "Metadata") -> Object:
    """A Table of objects of one kind at ``now``; ``include`` is what each row carries: Metadata, Object or None."""
    printer = _printer(resource)
    return {
        "kind": "Table",
        "apiVersion": API_VERSION,
        "metadata": {"resourceVersion": str(version)},
        "columnDefinitions": [_definition(column) for column in printer.columns],
        "rows": [_row(printer, obj, now, include) for obj in objs],
    }


def _printer(resource: Resource) -> Printer:
    if resource.defined is not None:
        return custom_columns(resource.defined)
    return PRINTERS.get(resource.kind) or age_columns()


def _definition(column: Column) -> Object:
    return {
        "name": column.name,
        "type": column.type,
        "format": "name" if column.name == "Name" else "",
        "description": "",
        "priority": 1 if column.wide else 0,
    }


def _row(printer: Printer, obj: Object, now: float, include: str) -> Object:
    row: dict[str, Any] = {"cells": printer.cells(obj, now)}
    if include == "Object":
        row["object"] = obj
    elif include == "Metadata":
        row["object"] = partial(obj)
    return row


def partial(obj: Object) -> Object:
    """The object's metadata alone, as PartialObjectMetadata."""
    return {"kind": "PartialObjectMetadata", "apiVersion": API_VERSION, "metadata": obj["metadata"]}
