"""The HorizontalPodAutoscaler controller: when a pass runs, what it sees, what it writes. The rule itself is
``autoscale.hpa``.

Each HPA is synced one period after its last pass, as upstream's queue has it (pkg/controller/podautoscaler).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from autoscale.base.errors import InputError
from autoscale.hpa.config import Config, Release
from autoscale.hpa.decide import decide
from autoscale.hpa.decision import Decision
from autoscale.hpa.observation import Observation
from autoscale.hpa.reading.observe import observe
from autoscale.hpa.reading.parse import parse_spec
from autoscale.hpa.state import State
from autoscale.kube.catalogue import group_of
from autoscale.kube.conditions import is_terminating
from autoscale.kube.kinds import Object
from autoscale.kube.label_query import parse_label_query
from autoscale.kube.release import MINOR
from autoscale.kube.requirements import all_match
from autoscale.kube.scale import scale_of, with_replicas
from autoscale.plane.adapter.answers import NOTHING, Answers, NoMetric
from autoscale.plane.controllers.common import changed_status, guarded
from autoscale.plane.store import Emit, Objects, Update, UpdateStatus, Write

COMPONENT = "horizontal-pod-autoscaler"
RELEASE: Release = MINOR


@dataclass(frozen=True)
class Memory:
    """What the controller remembers of one HPA: its logs, and when its next pass is due."""

    due: float
    state: State = field(default_factory=State)


Memories = Mapping[tuple[str, str], Memory]
"""By namespace and name, as upstream's: one that is deleted and made again before its next pass finds what its namesake
remembered."""


def step(
    objects: Objects,
    pod_metrics: list[Object],
    memories: Memories,
    config: Config,
    now: float,
    answers: Answers = NOTHING,
) -> tuple[list[Write], Memories]:
    """Sync every HPA whose pass is due; the memory of one that is gone is dropped when its pass would be.

    ``pod_metrics`` are those of metrics.k8s.io, ``answers`` what the APIs of other metrics say now.
    """
    writes: list[Write] = []
    kept = {key: memory for key, memory in memories.items() if memory.due > now}
    for hpa in objects.list("HorizontalPodAutoscaler"):
        key = _key(hpa)
        # A new one waits a period too, before 1.37.
        first = now if config.since("1.37") else now + config.sync_period_s
        memory = memories.get(key, Memory(first))
        if memory.due <= now:
            state = memory.state
            with guarded(hpa):
                made, state = _sync(hpa, objects, (pod_metrics, answers), state, config, now)
                writes += made
            memory = Memory(now + config.sync_period_s, state)
        kept[key] = memory
    return writes, kept


def is_due(objects: Objects, memories: Memories, now: float) -> bool:
    """Whether a step would do anything: an HPA is new, or a pass is due."""
    due = next_due(memories)
    if due is not None and due <= now:
        return True
    return any(_key(hpa) not in memories for hpa in objects.list("HorizontalPodAutoscaler"))


def _key(hpa: Object) -> tuple[str, str]:
    return hpa["metadata"]["namespace"], hpa["metadata"]["name"]


def put_off(memories: Memories, until: float) -> Memories:
    """No pass before ``until``."""
    return {key: replace(memory, due=max(memory.due, until)) for key, memory in memories.items()}


def next_due(memories: Memories) -> float | None:
    """When the next pass is due, None where there is no HPA."""
    return min((memory.due for memory in memories.values()), default=None)


Measured = tuple[list[Object], Answers]


def _sync(
    hpa: Object, objects: Objects, measured: Measured, state: State, config: Config, now: float
) -> tuple[list[Write], State]:
    if is_terminating(hpa):
        return [], state
    try:
        spec = parse_spec(hpa, config)
    except InputError as error:
        return [Emit(obj=hpa, type="Warning", reason="InvalidSpec", message=str(error), component=COMPONENT)], state
    target = _target(hpa, objects)
    decision = decide(spec, config, state, _seen(hpa, target, objects, measured, now))
    return _writes(hpa, target, decision, objects), decision.state


def _seen(hpa: Object, target: Object | None, objects: Objects, measured: Measured, now: float) -> Observation:
    if target is None:
        return observe(now=now, hpa=hpa, scale=None, pods=(), scale_error=_no_target(hpa, objects))
    namespace = hpa["metadata"]["namespace"]
    pod_metrics, answers = measured
    scale = scale_of(target, objects.catalogue.of(target))
    selected = _selected(scale, objects)
    names = {pod["metadata"]["name"] for pod in selected}
    usage = [m for m in pod_metrics if m["metadata"]["namespace"] == namespace and m["metadata"]["name"] in names]
    other = _others(hpa, names, answers)
    return observe(
        now=now,
        hpa=hpa,
        scale=scale,
        pods=selected,
        pod_metrics=usage,
        pods_metrics=other.pods,
        object_metrics=other.objects,
        external_metrics=other.external,
        metric_errors=other.errors,
        rivals=_rivals(hpa, selected, objects),
    )


@dataclass
class _Others:
    """What the APIs of other metrics answered, by the metric's position in the spec."""

    pods: dict[int, list[Object]] = field(default_factory=dict)
    objects: dict[int, Object] = field(default_factory=dict)
    external: dict[int, list[Object]] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)


def _others(hpa: Object, pods: Collection[str], answers: Answers) -> _Others:
    """The answers to each of the HPA's metrics that is not a resource."""
    found = _Others()
    for at, metric in enumerate(hpa["spec"].get("metrics") or []):
        try:
            _ask(found, at, metric, hpa["metadata"]["namespace"], pods, answers)
        except NoMetric as error:
            found.errors[at] = str(error)
    return found


def _ask(found: _Others, at: int, metric: Object, namespace: str, pods: Collection[str], answers: Answers) -> None:
    source = metric.get(metric["type"].lower()) or {}
    name, selector = (source.get("metric") or {}).get("name", ""), (source.get("metric") or {}).get("selector")
    match metric["type"]:
        case "Pods":
            found.pods[at] = answers.custom("Pod", namespace, pods, name, selector)
        case "Object":
            about = source["describedObject"]
            values = answers.custom(about["kind"], namespace, (about["name"],), name, selector)
            if values:  # where there is none, the rule says so in the API's words
                found.objects[at] = values[0]
        case "External":
            found.external[at] = answers.external(namespace, name, selector)


def _target(hpa: Object, objects: Objects) -> Object | None:
    reference = hpa["spec"]["scaleTargetRef"]
    resource = objects.catalogue.by_kind(group_of(reference), reference["kind"])
    if resource is None or "scale" not in resource.subresources:
        return None
    return objects.get(resource.shelf, hpa["metadata"]["namespace"], reference["name"])


def _no_target(hpa: Object, objects: Objects) -> str:
    reference = hpa["spec"]["scaleTargetRef"]
    resource = objects.catalogue.by_kind(group_of(reference), reference["kind"])
    if resource is None:
        return f'no matches for kind "{reference["kind"]}" in group "{group_of(reference)}"'
    if "scale" not in resource.subresources:
        return "the server could not find the requested resource"
    return f'{resource.qualified} "{reference["name"]}" not found'


def _selected(scale: Object, objects: Objects) -> list[Object]:
    """The pods that a Scale's selector selects; without one there are none."""
    text = scale["status"]["selector"]
    query, pods = parse_label_query(text), objects.list("Pod", scale["metadata"].get("namespace"))
    return [one for one in pods if text and all_match(query, one["metadata"].get("labels") or {})]


def _rivals(hpa: Object, selected: list[Object], objects: Objects) -> list[str]:
    """Other HPAs in the namespace whose target selects one of these pods."""
    namespace, found = hpa["metadata"]["namespace"], []
    own = {pod["metadata"]["uid"] for pod in selected}
    for other in objects.list("HorizontalPodAutoscaler", namespace):
        if other["metadata"]["uid"] == hpa["metadata"]["uid"]:
            continue
        with guarded(other):
            target = _target(other, objects)
            mine = _selected(scale_of(target, objects.catalogue.of(target)), objects) if target else []
            if {pod["metadata"]["uid"] for pod in mine} & own:
                found.append(other["metadata"]["name"])
    return found


def _writes(hpa: Object, target: Object | None, decision: Decision, objects: Objects) -> list[Write]:
    writes: list[Write] = []
    if decision.rescale and target is not None and decision.desired is not None:
        writes.append(Update(with_replicas(target, decision.desired, objects.catalogue.of(target))))
    writes += [
        Emit(obj=hpa, type=event.type, reason=event.reason, message=event.message, component=COMPONENT)
        for event in decision.events
    ]
    status = decision.status.to_dict()
    if changed_status(hpa, status):
        writes.append(UpdateStatus({**hpa, "status": status}))
    return writes
