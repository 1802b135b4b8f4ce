"""A patch of a kustomization, merged into its object as kustomize does it."""

from collections.abc import Iterator, Mapping
from typing import Any

from autoscale.kube.kinds import Object
from autoscale.kube.patches.strategic import Lists, PatchError, strategic_merge
from autoscale.kube.schema import Type, type_of

_KUSTOMIZE = Lists(all_keys=True, patched_first=True)


def merge(original: Object, patch: Mapping[str, Any]) -> Object:
    """``original`` with ``patch`` merged in; neither is changed. Of a kind that is not Kubernetes' own the lists are
    replaced. Raises PatchError, also for directives (``$patch``), which only patches of the API may hold here."""
    for path, name in _directives(patch, ""):
        raise PatchError(path, f"the patch directive {name}: write the fields themselves; null deletes one")
    return dict(strategic_merge(original, dict(patch), _type_of(original), _KUSTOMIZE))


def _type_of(obj: Object) -> Type | None:
    group = str(obj.get("apiVersion", "")).rpartition("/")[0]
    builtin = "." not in group or group.endswith(".k8s.io")
    return type_of(str(obj.get("kind"))) if builtin else None


def _directives(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            place = f"{path}.{name}" if path else str(name)
            if str(name).startswith("$"):
                yield place, str(name)
            yield from _directives(inner, place)
    elif isinstance(value, list):
        for item in value:
            yield from _directives(item, path)
