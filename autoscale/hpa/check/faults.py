"""What a check of manifests finds, and what the rules look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from autoscale.hpa.check.template import pod_of, template_of
from autoscale.hpa.config import Config
from autoscale.hpa.reading.observe import read_pod
from autoscale.hpa.rule.pods import pod_request
from autoscale.hpa.spec import MetricSpec, Spec
from autoscale.kube.kinds import Object
from autoscale.kube.quantities import milli

Level = Literal["error", "warning"]
USUAL = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController")


@dataclass(frozen=True, slots=True)
class Manifest:
    """One Kubernetes object of a file; ``made_of``: the object from which a controller will make it."""

    file: str
    object: Mapping[str, Any]
    made_of: str = ""

    @property
    def kind(self) -> str:
        """The object's kind, empty where it has none."""
        return str(self.object.get("kind") or "")

    @property
    def name(self) -> str:
        """The object's name, empty where it has none."""
        return str(self.at("metadata").get("name") or "")

    @property
    def namespace(self) -> str:
        """The object's namespace."""
        return str(self.at("metadata").get("namespace") or "default")

    @property
    def title(self) -> str:
        """Kind and name, and what it will be made of."""
        return f"{self.kind}/{self.name}{f' (made of {self.made_of})' if self.made_of else ''}"

    def is_same(self, other: "Manifest") -> bool:
        """Whether both are written of one object, as variants in a folder are."""
        return (self.kind, self.namespace, self.name) == (other.kind, other.namespace, other.name)

    def at(self, *path: str) -> Mapping[str, Any]:
        """The mapping at a path, an empty one where there is none."""
        found: Any = self.object
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found if isinstance(found, Mapping) else {}


@dataclass(frozen=True, slots=True)
class Fault:
    """A setting that cannot work (``error``) or will disappoint (``warning``), with its cure.

    ``rule`` is a stable name, ``where`` reads ``file: Kind/name``, ``patch`` is a merge patch as YAML would hold it.
    """

    rule: str
    level: Level
    where: str
    what: str
    fix: str = ""
    patch: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class PodContainer:
    """A container whose requests count, with the API server's and the LimitRanges' defaults; resources in thousandths.

    ``part`` is where it stands in the template: ``containers`` or ``initContainers``.
    """

    name: str
    part: str
    requests: Mapping[str, int]
    limits: Mapping[str, int]


@dataclass(frozen=True)
class Subject:
    """An HPA with its spec, its target where the files hold it, and the controller's settings."""

    hpa: Manifest
    spec: Spec
    workload: Manifest | None
    others: tuple[Manifest, ...]
    config: Config

    @property
    def where(self) -> str:
        """File and name of the HPA."""
        return f"{self.hpa.file}: {self.hpa.title}"

    def fault(
        self, *, rule: str, level: Level, what: str, fix: str = "", patch: Mapping[str, Any] | None = None
    ) -> Fault:
        """A fault of this HPA."""
        return Fault(rule=rule, level=level, where=self.where, what=what, fix=fix, patch=patch)

    @property
    def neighbours(self) -> list[Manifest]:
        """Everything in the HPA's namespace but itself."""
        return [each for each in self.others if each.namespace == self.hpa.namespace and each is not self.hpa]

    @property
    def namespace(self) -> Mapping[str, Any]:
        """The metadata of the HPA's namespace; empty where that is not in the files."""
        found = (each for each in self.others if each.kind == "Namespace" and each.name == self.hpa.namespace)
        return next((each.at("metadata") for each in found), {})

    @property
    def template(self) -> Mapping[str, Any]:
        """What the target makes pods of; empty where that is not in the files."""
        if self.workload is None:
            return {}
        return template_of(self.workload.object) or (self.referred and template_of(self.referred.object)) or {}

    @property
    def referred(self) -> Manifest | None:
        """The workload whose template an Argo Rollout takes (``spec.workloadRef``), and whose pods it replaces."""
        reference = {} if self.workload is None else self.workload.at("spec", "workloadRef")
        named = (reference.get("kind"), reference.get("name"))
        return next((each for each in self.neighbours if named == (each.kind, each.name)), None)

    @cached_property
    def pod(self) -> Object | None:
        """A running pod of the target, as the API server would hold it; None where the target is not in the files.

        AttributeError, KeyError, TypeError or ValueError where it is not written as Kubernetes wants it.
        """
        if self.workload is None or (not self.template and self.workload.kind not in USUAL):
            return None  # or a custom kind, which makes its pods of something else than spec.template
        return pod_of(self.template, [each.object for each in self.neighbours if each.kind == "LimitRange"])

    def containers(self) -> tuple[PodContainer, ...]:
        """The target's containers and sidecars, none where the target is not in the files. Raises as ``pod``."""
        spec = self.pod["spec"] if self.pod else {}
        sidecars = [each for each in spec.get("initContainers") or () if each.get("restartPolicy") == "Always"]
        found = [("containers", each) for each in spec.get("containers") or ()]
        return tuple(_container(part, each) for part, each in (*found, *(("initContainers", one) for one in sidecars)))

    def request(self, metric: MetricSpec) -> int:
        """What a pod requests of a metric's resource, in thousandths, as the rule reads it. MetricError without one."""
        assert self.pod is not None
        pod_level = self.config.gate("PodLevelResources") and not metric.container
        return pod_request(read_pod(self.pod), metric.name, metric.container, config=self.config, pod_level=pod_level)

    def limit(self, metric: MetricSpec, containers: Sequence[PodContainer]) -> int | None:
        """What a pod can use of a metric's resource at most, in thousandths; None where nothing limits it."""
        own = ((self.pod or {}).get("spec", {}).get("resources") or {}).get("limits") or {}
        if metric.name in own and not metric.container:
            return milli(own[metric.name])
        values = [each.limits.get(metric.name) for each in containers]
        return None if None in values or not values else sum(value for value in values if value is not None)


def _container(part: str, entry: Mapping[str, Any]) -> PodContainer:
    resources = entry.get("resources") or {}
    requests, limits = (
        {name: _asked(value) for name, value in (resources.get(of) or {}).items()} for of in ("requests", "limits")
    )
    return PodContainer(str(entry.get("name") or ""), part, requests, limits)


def _asked(value: Any) -> int:
    """A request or limit in thousandths. ValueError for what the API server refuses."""
    found = milli(value)
    if found < 0:
        raise ValueError(f"{value!r} (must be greater than or equal to 0)")
    return found
