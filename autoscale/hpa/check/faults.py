"""What a check of manifests finds, and what the rules look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from autoscale.hpa.spec import Spec
from autoscale.kube.quantities import milli

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Manifest:
    """One Kubernetes object of a file."""

    file: str
    object: Mapping[str, Any]

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
    """A container whose requests count, by resource in thousandths; an unset request is the limit, as in the API."""

    name: str
    requests: Mapping[str, int]
    limits: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Subject:
    """An HPA with its spec, and its target where the files hold it."""

    hpa: Manifest
    spec: Spec
    workload: Manifest | None
    others: tuple[Manifest, ...]

    @property
    def where(self) -> str:
        """File and name of the HPA."""
        return f"{self.hpa.file}: HorizontalPodAutoscaler/{self.hpa.name}"

    def containers(self) -> tuple[PodContainer, ...]:
        """The target's containers and sidecars, none where the target is not in the files.

        AttributeError, TypeError or ValueError where they are not written as Kubernetes wants them.
        """
        spec = {} if self.workload is None else self.workload.at("spec", "template", "spec")
        sidecars = [each for each in spec.get("initContainers") or () if each.get("restartPolicy") == "Always"]
        return tuple(_container(each) for each in (*(spec.get("containers") or ()), *sidecars))


def _container(entry: Mapping[str, Any]) -> PodContainer:
    resources = entry.get("resources") or {}
    limits = {name: milli(value) for name, value in (resources.get("limits") or {}).items()}
    requests = {name: milli(value) for name, value in (resources.get("requests") or {}).items()}
    return PodContainer(str(entry.get("name") or ""), {**limits, **requests}, limits)
