"""Writes as values: what controllers return and the store applies."""

from dataclasses import dataclass

from autoscale.kube.kinds import Object
from autoscale.plane.events import Emit


@dataclass(frozen=True)
class Create:
    """A new object; name from ``metadata.generateName`` where it has none. Status is set as the API server does."""

    obj: Object


@dataclass(frozen=True)
class Update:
    """Metadata, spec and data of an object that exists; its status stays.

    Refused with 409 Conflict where ``metadata.resourceVersion`` is given and is not the current one. Nothing
    happens where nothing differs. With ``deletionTimestamp`` set and the last finalizer gone, the object goes too.
    ``manager`` becomes the owner of what changes, where ownership is kept (objects that came through the API, which
    itself gives "" because it has done that already).
    """

    obj: Object
    manager: str = "kube-controller-manager"


@dataclass(frozen=True)
class UpdateStatus:
    """The status of an object that exists; nothing else is taken, but managedFields where it is ``owned``. Not
    optimistic, but the uid, if given, must match."""

    obj: Object
    owned: bool = False


@dataclass(frozen=True)
class Delete:
    """Ask for the end of an object.

    A running pod gets ``deletionTimestamp`` (now + grace) and ``deletionGracePeriodSeconds``; the kubelet then ends
    it and writes ``Remove``. Pods that no node has, finished pods and grace 0 go at once. A Namespace and an object
    with finalizers get the timestamp and wait. Everything else goes at once; dependants are the garbage
    collector's. ``grace_s`` None is the pod's own period. Where ``uid`` is given it must match.
    """

    kind: str
    namespace: str
    name: str
    grace_s: int | None = None
    uid: str | None = None


@dataclass(frozen=True)
class Remove:
    """The object is really gone (what the kubelet says of a pod at the end). Nothing happens if it already is."""

    kind: str
    namespace: str
    name: str
    uid: str | None = None


Write = Create | Update | UpdateStatus | Delete | Remove | Emit
