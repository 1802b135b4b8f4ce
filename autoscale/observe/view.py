"""What is known of the cluster at this moment: the newest objects, for deciding when to go on. No I/O."""

from dataclasses import dataclass, field

from autoscale.cluster.watch import Change
from autoscale.kube.conditions import holds, is_finished
from autoscale.kube.kinds import Object
from autoscale.observe.convert import event_time, seconds
from autoscale.observe.keda import floor, paused
from autoscale.observe.scope import Scope

_RECENT_EVENTS = 200


@dataclass
class View:
    """The target's workload, pods, HPA and recent events; the load generator's pods and Jobs; by name."""

    scope: Scope
    workload: Object | None = None
    hpa: Object | None = None
    scaled: Object | None = None
    pods: dict[str, Object] = field(default_factory=dict)
    load_pods: dict[str, Object] = field(default_factory=dict)
    jobs: dict[str, Object] = field(default_factory=dict)
    events: list[Object] = field(default_factory=list)

    def see(self, change: Change, *, load: bool = False) -> None:
        """Take in one change."""
        gone = change.type in ("DELETED", "GONE")
        name = change.object["metadata"]["name"]
        match change.kind:
            case "Pod" if load or self.scope.takes(change.object["metadata"].get("labels")):
                _put(self.load_pods if load else self.pods, name, change.object, gone=gone)
            case "Job":
                _put(self.jobs, name, change.object, gone=gone)
            case "Event" if not gone and (seconds(event_time(change.object)) or self.scope.since) >= self.scope.since:
                self.events = [*self.events[-_RECENT_EVENTS:], change.object]
            case "HorizontalPodAutoscaler" if name == self.scope.hpa:
                self.hpa = None if gone else change.object
            case "ScaledObject" if name == self.scope.scaled:
                self.scaled = None if gone else change.object
            case self.scope.kind if name == self.scope.workload:
                self.workload = None if gone else change.object

    def about(self, *names: str) -> list[Object]:
        """Recent events about objects of these names, or of names made from them (``web-5d4c``)."""
        starts = tuple(f"{name}-" for name in names)
        return [
            event
            for event in self.events
            if (about := (event.get("involvedObject") or {}).get("name") or "") in names or about.startswith(starts)
        ]

    @property
    def replicas(self) -> int | None:
        """Pods that the workload has now, as its status says; None before it was seen."""
        return None if self.workload is None else int((self.workload.get("status") or {}).get("replicas") or 0)

    @property
    def min_replicas(self) -> int:
        """The HPA's minimum (1 where it sets none); the pods that KEDA leaves while nothing is to be done."""
        if self.scaled is not None:
            return floor(self.scaled)
        return int(((self.hpa or {}).get("spec") or {}).get("minReplicas") or 1)

    def hpa_sees(self) -> bool:
        """Whether the HPA has a value of a metric, or has none to look at as its target is at 0.

        With several metrics of which some fail it still scales up: that can be run. While KEDA is paused there is no
        HPA, and nothing to wait for.
        """
        if self.paused:
            return True
        shown = ((self.hpa or {}).get("status") or {}).get("currentMetrics") or []
        return holds(self.hpa or {}, "ScalingActive") or self.at_zero() or any(item.get("type") for item in shown)

    @property
    def paused(self) -> bool:
        """Whether KEDA was told to leave the target alone."""
        return paused(self.scaled) == "whole"

    def at_zero(self) -> bool:
        """Whether the target stands at 0 pods, where an HPA does nothing (``ScalingDisabled``)."""
        return self._wanted() == self.replicas == 0

    def _wanted(self) -> int | None:
        return ((self.workload or {}).get("spec") or {}).get("replicas")

    def held_by_metric(self) -> bool:
        """Whether the target is ready at a size above the minimum that the HPA's own metric asks for at this moment.

        With KEDA a trigger is active then: without, the last pods only wait for the cooldown.
        """
        if self.scaled is not None and not holds(self.scaled, "Active"):
            return False
        status = (self.hpa or {}).get("status") or {}
        able = [item.get("reason") for item in status.get("conditions") or [] if item["type"] == "AbleToScale"]
        size = self._wanted()
        settled = size == self.replicas == self.ready == status.get("desiredReplicas")
        return bool(size) and settled and able == ["ReadyForNewScale"] and holds(self.hpa or {}, "ScalingActive")

    @property
    def ready(self) -> int:
        """Ready pods of the workload, as its status says."""
        return int(((self.workload or {}).get("status") or {}).get("readyReplicas") or 0)

    def can_start(self) -> bool:
        """Whether a load may begin: at 0, held above the minimum by its metric, or at the minimum, all of it ready."""
        least = self.at_minimum() and self.ready >= self.min_replicas
        if self.paused:
            return self._wanted() == self.replicas == self.ready
        return self.at_zero() or self.held_by_metric() or least

    def at_minimum(self) -> bool:
        """Whether the workload wants and has the minimum, and no pod of it is ending any more; while KEDA is paused
        any size is the least that it will have.

        A pod that has ended may be kept for a while (evicted, its node shut down): it is none of them.
        """
        wanted = self._wanted()
        pods = [pod for pod in self.pods.values() if not is_finished(pod)]
        least = wanted if self.paused else self.min_replicas
        return wanted == self.replicas == least and len(pods) == least

    def left_alone(self) -> bool:
        """Whether nothing is there any more that would change the size: the HPA (and KEDA) or the workload is gone."""
        return self.workload is None or (self.hpa is None and self.scaled is None)

    def job_ended(self, name: str) -> str | None:
        """``Complete`` or ``Failed: message`` of a Job; None while it runs or is not there."""
        for condition in ((self.jobs.get(name) or {}).get("status") or {}).get("conditions") or []:
            if condition["status"] == "True" and condition["type"] in ("Complete", "Failed"):
                message = condition.get("message") or condition.get("reason") or ""
                return "Complete" if condition["type"] == "Complete" else f"Failed: {message}"
        return None


def _put(place: dict[str, Object], name: str, obj: Object, *, gone: bool) -> None:
    """Keep or drop one object."""
    if gone:
        place.pop(name, None)
    else:
        place[name] = obj
