"""Making pods: as many as the namespace takes, and the events that tell of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from autoscale.base.times import parse_time
from autoscale.kube.kinds import Object
from autoscale.kube.statuses import StatusError
from autoscale.plane.admission.admit import admitted
from autoscale.plane.store import Create, Emit, Objects, Write

QUIET_S = 15.0
"""How often a controller tells at the most that it cannot make a pod."""


@dataclass
class Maker:
    """Makes the pods of one step of a controller. ``made``: those so far, for whichever owner; they use up quotas too
    though they are not stored yet."""

    component: str
    objects: Objects
    now: float
    made: list[Object] = field(default_factory=list)

    def make(self, owner: Object, pods: Sequence[Object]) -> tuple[list[Write], StatusError | None]:
        """The writes that make an owner's pods, and why one could not be made, after which no other is tried."""
        taken, refused = self.admit(pods)
        writes: list[Write] = []
        for pod in taken:
            writes += [Create(pod), self._told(owner, "Normal", "SuccessfulCreate", f"Created pod: {_name(pod)}")]
        if refused and (taken or not told_lately(owner, self.objects, self.now)):
            writes.append(self._told(owner, "Warning", "FailedCreate", f"Error creating: {refused.message}"))
        return writes, refused

    def admit(self, objs: Sequence[Object]) -> tuple[list[Object], StatusError | None]:
        """As many of the objects, with the namespace's defaults, as the namespace takes, and why not the next."""
        taken, refused = admitted(objs, self.objects, self.made)
        self.made += taken
        return taken, refused

    def _told(self, owner: Object, kind: str, reason: str, message: str) -> Emit:
        return Emit(obj=owner, type=kind, reason=reason, message=message, component=self.component)


def told_lately(owner: Object, objects: Objects, now: float, reason: str = "FailedCreate") -> bool:
    """There is an event of late with that reason about this owner."""
    uid = owner["metadata"]["uid"]
    return any(
        event["reason"] == reason
        and event["involvedObject"].get("uid") == uid
        and parse_time(event["lastTimestamp"]) + QUIET_S > now
        for event in objects.list("Event", owner["metadata"]["namespace"])
        if event.get("lastTimestamp")
    )


def _name(pod: Object) -> str:
    name: str = pod["metadata"]["name"]
    return name
