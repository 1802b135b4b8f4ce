"""Who wrote an object's fields last, by its field managers (``metadata.managedFields``). Pure.

Writers name themselves, or are named after their program: ``kubectl-edit``, ``kubectl-rollout``, ``helm``,
``kube-controller-manager`` (the HPA). Each field that is written belongs to who wrote it; of several owners of what
lies under a path the one that wrote last is told.
"""

from collections.abc import Mapping
from typing import Any

from autoscale.kube.kinds import Object


def writer(obj: Object, *path: str) -> str | None:
    """The manager that last wrote something under ``spec`` and these fields; None where none says so."""
    entries = [
        entry
        for entry in obj["metadata"].get("managedFields") or ()
        if entry and entry.get("subresource") != "status" and _holds(entry.get("fieldsV1"), ("spec", *path))
    ]
    newest = max(entries, key=lambda entry: str(entry.get("time") or ""), default=None)
    return str(newest["manager"]) if newest and newest.get("manager") else None


def _holds(fields: Any, path: tuple[str, ...]) -> bool:
    for name in path:
        if not isinstance(fields, Mapping):
            return False
        fields = fields.get(f"f:{name}")
    return fields is not None
