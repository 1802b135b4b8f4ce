"""The event recorder: events about objects, equal ones counted in one, old ones forgotten after an hour."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from autoscale.base.times import format_time, parse_time
from autoscale.kube.kinds import Key, Object
from autoscale.kube.references import reference

TTL_S = 3600.0
"""How long the API server keeps events (its flag ``--event-ttl``)."""


@dataclass(frozen=True)
class Emit:
    """An event about ``obj``. ``type`` is Normal or Warning; ``component`` who says it.

    ``field_path`` names a container as kubelets do (``spec.containers{app}``); ``host`` is a kubelet's node.
    """

    obj: Object
    type: str
    reason: str
    message: str
    component: str
    field_path: str = ""
    host: str = ""


class Reader(Protocol):
    """As much of the store's read side as the recorder needs."""

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """One object, or None."""


@dataclass
class EventRecorder:
    """Remembers under which name an equal event was written. ``names`` is in the order of first sight."""

    names: dict[tuple[str, ...], Key] = field(default_factory=dict)

    def record(self, write: Emit, objects: Reader, now: float) -> tuple[Key, Object]:
        """The key and the whole Event object to write: a new one, or the equal one with its count raised."""
        metadata = write.obj["metadata"]
        about = (metadata.get("uid", ""), write.obj["kind"], metadata.get("namespace", ""), metadata["name"])
        same = (*about, write.type, write.reason, write.message, write.component, write.field_path)
        known = self.names.get(same)
        if known and (old := objects.get(*known)):
            return known, _again(old, write, now)
        key = ("Event", metadata.get("namespace") or "default", _name(metadata["name"], now, objects, metadata))
        self.names[same] = key
        return key, _first(write, key, now)

    def expire(self, objects: Reader, now: float) -> Iterator[Key]:
        """The keys of events not seen again for an hour; they are forgotten here too."""
        for same, key in list(self.names.items()):
            event = objects.get(*key)
            if event is None:
                del self.names[same]
            elif now - parse_time(event["lastTimestamp"]) > TTL_S:
                del self.names[same]
                yield key
            elif now - parse_time(event["firstTimestamp"]) <= TTL_S:
                return


def _name(about: str, now: float, objects: Reader, metadata: Object) -> str:
    """``object.hex`` with the time in nanoseconds, as client-go names events; the next free one."""
    stamp = int(now * 1e9)
    while objects.get("Event", metadata.get("namespace") or "default", f"{about}.{stamp:x}"):
        stamp += 1
    return f"{about}.{stamp:x}"


def _first(write: Emit, key: Key, now: float) -> Object:
    involved = reference(write.obj) | ({"fieldPath": write.field_path} if write.field_path else {})
    return {
        "kind": "Event",
        "apiVersion": "v1",
        "metadata": {"name": key[2], "namespace": key[1]},
        "involvedObject": {name: value for name, value in involved.items() if value is not None},
        "reason": write.reason,
        "message": write.message,
        "source": {"component": write.component} | ({"host": write.host} if write.host else {}),
        "firstTimestamp": format_time(now),
        "lastTimestamp": format_time(now),
        "count": 1,
        "type": write.type,
        "eventTime": None,
        "reportingComponent": write.component,
        "reportingInstance": write.host,
    }


def _again(old: Object, write: Emit, now: float) -> Object:
    version = write.obj["metadata"].get("resourceVersion")
    involved = old["involvedObject"] | ({"resourceVersion": version} if version else {})
    raised = {"count": old["count"] + 1, "lastTimestamp": format_time(now), "involvedObject": involved}
    return {**old, "metadata": dict(old["metadata"]), **raised}
