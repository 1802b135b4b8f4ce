"""Strategic merge of a patch into an object, as kustomize does it for Kubernetes' own kinds."""

import copy
from collections.abc import Mapping
from typing import Any

Object = dict[str, Any]

# (field that holds the list's owner, list field) -> what tells one element from another. Every other list is
# replaced whole. From the patchMergeKey tags of Kubernetes' API types.
_MERGE_KEYS: dict[tuple[str, str], tuple[str, ...]] = {
    ("spec", "containers"): ("name",),
    ("spec", "initContainers"): ("name",),
    ("spec", "volumes"): ("name",),
    ("spec", "imagePullSecrets"): ("name",),
    ("spec", "hostAliases"): ("ip",),
    ("spec", "topologySpreadConstraints"): ("topologyKey", "whenUnsatisfiable"),
    ("spec", "ports"): ("port", "protocol"),
    ("containers", "env"): ("name",),
    ("containers", "ports"): ("containerPort", "protocol"),
    ("containers", "volumeMounts"): ("mountPath",),
    ("initContainers", "env"): ("name",),
    ("initContainers", "volumeMounts"): ("mountPath",),
}


class MergeError(ValueError):
    """The patch asks for something we do not do; ``path`` says where in the patch."""

    def __init__(self, path: str, found: str, wanted: str) -> None:
        super().__init__(found)
        self.path, self.found, self.wanted = path, found, wanted


def merge(original: Object, patch: Mapping[str, Any]) -> Object:
    """``original`` with ``patch`` merged in: maps merge, None deletes, known lists merge by key, others are replaced.

    New list elements come first, as kustomize puts them. Neither argument is changed. Raises MergeError.
    """
    by_key = _is_builtin(str(original.get("apiVersion", "")))
    return _merge_maps(original, patch, "", "", by_key)


def _is_builtin(api_version: str) -> bool:
    """Only Kubernetes' own kinds have merge keys: of any other kind the lists are replaced."""
    group = api_version.rpartition("/")[0]
    return "." not in group or group.endswith(".k8s.io")


def _merge_maps(original: Mapping[str, Any], patch: Mapping[str, Any], path: str, owner: str, by_key: bool) -> Object:
    merged = copy.deepcopy(dict(original))
    for name, value in patch.items():
        place = f"{path}.{name}" if path else str(name)
        if str(name).startswith("$"):
            raise MergeError(place, "a patch directive", "the fields themselves; null deletes one")
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, Mapping):
            before = merged.get(name)
            merged[name] = _merge_maps(before if isinstance(before, dict) else {}, value, place, str(name), by_key)
        elif isinstance(value, list):
            keys = _MERGE_KEYS.get((owner, str(name))) if by_key else None
            merged[name] = _merge_lists(merged.get(name) or [], value, place, str(name), keys)
        else:
            merged[name] = value
    return merged


def _merge_lists(
    original: list[Any], patch: list[Any], path: str, name: str, keys: tuple[str, ...] | None
) -> list[Any]:
    if keys is None:
        return [_without_none(item) for item in patch]
    before = {_identity(item, keys, path): item for item in original}
    after = {_identity(item, keys, path): item for item in patch}
    _refuse_half_named({*before, *after}, keys, path)
    changed = [_merge_maps(before.get(key, {}), item, path, name, True) for key, item in after.items()]
    return changed + [copy.deepcopy(item) for key, item in before.items() if key not in after]


def _identity(item: Any, keys: tuple[str, ...], path: str) -> tuple[Any, ...]:
    if not isinstance(item, Mapping) or keys[0] not in item:
        raise MergeError(path, "an element without it", f"{keys[0]} in every element")
    return tuple(item.get(key) for key in keys)


def _refuse_half_named(identities: set[tuple[Any, ...]], keys: tuple[str, ...], path: str) -> None:
    """With two keys (port and protocol), elements that leave one out are matched oddly by kustomize."""
    firsts = [identity[0] for identity in identities]
    doubled = {first for first in firsts if firsts.count(first) > 1}
    if any(identity[0] in doubled and None in identity for identity in identities):
        raise MergeError(path, f"{keys[0]} with and without {keys[-1]}", f"{keys[-1]} stated in both or in neither")


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_none(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_none(item) for item in value]
    return value
