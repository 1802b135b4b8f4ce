"""What all controllers need: owners, names and pods to be made, one object's trouble kept from the others."""

import contextlib
import logging
import random
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from autoscale.base.times import parse_time
from autoscale.kube.conditions import condition, controller_of, is_ready
from autoscale.kube.kinds import RESOURCES, Object
from autoscale.plane.store import NAME_ALPHABET, Objects

Owned = dict[str, list[Object]]
"""Objects by the uid of the controller that owns them."""


class _Once(logging.Filter):
    """Lets each text through once: the turns come again and again."""

    def __init__(self) -> None:
        super().__init__()
        self._told: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this text is new."""
        text = record.getMessage()
        new = text not in self._told
        self._told.add(text)
        return new


_LOG = logging.getLogger(__name__)
_LOG.addFilter(_Once())


@contextlib.contextmanager
def guarded(obj: Object) -> Iterator[None]:
    """What cannot be done for one object is logged (once), and does not stop the others: each has its own turn in
    upstream's queues."""
    try:
        yield
    except Exception as error:
        metadata = obj.get("metadata") or {}
        _LOG.exception("%s %s/%s: %r", obj.get("kind"), metadata.get("namespace"), metadata.get("name"), error)


def by_owner(objects: Objects, kind: str) -> Owned:
    """All objects of a kind that have a controller, by its uid."""
    found: Owned = defaultdict(list)
    for obj in objects.list(kind):
        owner = controller_of(obj)
        if owner:
            found[owner["uid"]].append(obj)
    return found


def controlled(owner: Object, kind: str, objects: Objects) -> list[Object]:
    """The objects of a kind in its namespace that the owner controls."""
    uid = owner["metadata"]["uid"]
    return [
        obj
        for obj in objects.list(kind, owner["metadata"]["namespace"])
        if (controller := controller_of(obj)) and controller["uid"] == uid
    ]


def next_available(kind: str, objects: Objects, now: float) -> float | None:
    """When the next ready pod of a workload of that kind will have been so for its ``minReadySeconds``."""
    patient = [one for one in objects.list(kind) if one["spec"].get("minReadySeconds")]
    pods = by_owner(objects, "Pod") if patient else {}
    moments = (
        parse_time((condition(pod, "Ready") or {})["lastTransitionTime"]) + one["spec"]["minReadySeconds"]
        for one in patient
        for pod in pods.get(one["metadata"]["uid"], [])
        if is_ready(pod)
    )
    return min((at for at in moments if at > now), default=None)


def owner_reference(obj: Object) -> Object:
    """The reference that makes ``obj`` the managing controller of another object."""
    return {
        "apiVersion": RESOURCES[obj["kind"]].api_version,
        "kind": obj["kind"],
        "name": obj["metadata"]["name"],
        "uid": obj["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


BURST = 500
"""How many pods one step of a controller makes or deletes at most (upstream's ``BurstReplicas``; the Job controller has
the same)."""


def fresh_names(owner: Object, kind: str, count: int, objects: Objects, prefix: str = "") -> list[str]:
    """``count`` names ``owner-xxxxx`` that no object of the kind has. They follow from the owner and the version of
    the objects, so a step stays a function of its arguments."""
    source = random.Random(f"{owner['metadata']['uid']}/{prefix}/{objects.version}")
    stem = (prefix or f"{owner['metadata']['name']}-")[:58]
    names: list[str] = []
    while len(names) < count:
        name = stem + "".join(source.choices(NAME_ALPHABET, k=5))
        if name not in names and objects.get(kind, owner["metadata"]["namespace"], name) is None:
            names.append(name)
    return names


def new_pod(owner: Object, name: str, template: Object) -> Object:
    """A pod of that name from an owner's template."""
    metadata = template.get("metadata") or {}
    kept = {part: metadata[part] for part in ("labels", "annotations") if metadata.get(part)}
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {
            "name": name,
            "generateName": name[:-5],
            "namespace": owner["metadata"]["namespace"],
            **kept,
            "ownerReferences": [owner_reference(owner)],
        },
        "spec": template["spec"],
    }


def encode(number: int) -> str:
    """A number in the alphabet of generated names: each decimal digit becomes a letter (``SafeEncodeString``)."""
    return "".join(NAME_ALPHABET[ord(digit) % len(NAME_ALPHABET)] for digit in str(number))


def fnv32a(data: bytes) -> int:
    """The 32-bit FNV-1a hash."""
    value = 0x811C9DC5
    for byte in data:
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def changed_status(obj: Object, status: dict[str, Any]) -> bool:
    """The status differs from the object's in any field."""
    return bool(obj.get("status") != status)
