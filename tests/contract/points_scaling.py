"""The contract of the HorizontalPodAutoscaler: its conditions, events and words."""

import re

from tests.contract.looks import hashless, source, with_reason
from tests.contract.world import Object, World, plain


def no_metrics(world: World) -> list[str]:
    """What an HPA says whose pods have no metrics, because none of them has started."""
    name = "unknown-image"

    def told() -> list[Object] | None:
        events = [e for e in world.events("HorizontalPodAutoscaler", name) if e["reason"].startswith("Failed")]
        return events if len({event["reason"] for event in events}) == 2 else None

    events = world.until(told, "the HPA unknown-image complains")
    lines = {f"{event['type']} {event['reason']}: {plain(event['message'])}" for event in events}
    return [*sorted(lines), _condition(world.condition(name, "ScalingActive"))]


def no_request(world: World) -> list[str]:
    """An HPA on utilisation whose pods request no CPU."""

    def told() -> Object | None:
        condition = world.condition("no-request", "ScalingActive")
        return condition if condition and "missing request" in condition["message"] else None

    return [plain(_condition(world.until(told, "the HPA no-request misses a request")))]


def two_autoscalers(world: World) -> list[str]:
    """Two HPAs on one Deployment: neither scales."""

    def ambiguous() -> Object | None:
        condition = world.condition("idle-again", "ScalingActive")
        return condition if condition and condition["reason"] == "AmbiguousSelector" else None

    condition = world.until(ambiguous, "the HPA idle-again is ambiguous")
    return [f"ScalingActive {condition['status']} {condition['reason']}"]


def idle_autoscaler(world: World) -> list[str]:
    """The conditions of an HPA whose pods do nothing: it would shrink, and waits."""

    def held() -> Object | None:
        condition = world.condition("idle", "AbleToScale")
        return condition if condition and condition["reason"] == "ScaleDownStabilized" else None

    able = world.until(held, "the HPA idle would shrink")
    return [_condition(able), _condition(world.condition("idle", "ScalingActive"))]


def scale_up(world: World) -> list[str]:
    """A busy pod is scaled to the maximum: events of the HPA and the Deployment, conditions of the HPA."""

    def grown() -> bool:
        return int(world.get("Deployment", "burn")["spec"]["replicas"]) == 3

    world.until(grown, "burn is scaled to 3")
    world.until(lambda: with_reason(world, "HorizontalPodAutoscaler", "burn", "SuccessfulRescale"), "the HPA's event")
    limited = world.until(lambda: _limited(world), "the HPA burn is limited")
    (rescale, *_) = with_reason(world, "HorizontalPodAutoscaler", "burn", "SuccessfulRescale")
    world.until(
        lambda: len(with_reason(world, "Deployment", "burn", "ScalingReplicaSet")) >= 2, "the Deployment's event"
    )
    scaled = with_reason(world, "Deployment", "burn", "ScalingReplicaSet")[1]
    return [
        f"{rescale['type']} {rescale['reason']} from {source(rescale)}: {_sizeless(rescale['message'])}",
        f"{scaled['type']} {scaled['reason']}: {_sizeless(hashless(scaled['message']))}",
        limited,
    ]


def blind(world: World) -> list[str]:
    """Overloaded pods with probes on the busy port turn unready, and the HPA has nothing to go by."""

    def lost() -> Object | None:
        condition = world.condition("blind", "ScalingActive")
        # Before the first samples it says that there are none: here they are there, and of no use.
        told = condition is not None and "pods might be unready" in condition["message"]
        return condition if told and _unready(world, "blind") else None

    condition = world.until(lost, "the HPA blind has lost its metrics")
    unhealthy = world.until(lambda: with_reason(world, "Pod", "blind-", "Unhealthy"), "probes fail")
    return [
        _condition(condition),
        f"{unhealthy[0]['type']} Unhealthy from {source(unhealthy[0])}: {unhealthy[0]['message'].split(':')[0]}",
        f"replicas stay {world.get('Deployment', 'blind')['spec']['replicas']}",
    ]


def _sizeless(text: str) -> str:
    """A text without the size that was chosen: it depends on how much of the first busy seconds a sample holds."""
    return re.sub(r"(New size: |from 1 to )\d+", r"\1<n>", text)


def _condition(condition: Object | None) -> str:
    if condition is None:
        return "no condition"
    return f"{condition['type']} {condition['status']} {condition['reason']}: {plain(condition['message'])}"


def _limited(world: World) -> str | None:
    condition = world.condition("burn", "ScalingLimited")
    return _condition(condition) if condition and condition["reason"] == "TooManyReplicas" else None


def _unready(world: World, app: str) -> bool:
    conditions = [c for pod in world.pods(app) for c in pod["status"].get("conditions") or [] if c["type"] == "Ready"]
    return bool(conditions) and all(condition["status"] == "False" for condition in conditions)
