"""The part of kustomize that we use: what ``kubectl apply -k FOLDER`` takes is what ``autoscale run`` applies."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autoscale.base.errors import InputError, Problem
from autoscale.cluster.kustomize.merge import merge
from autoscale.cluster.kustomize.read import Layer, Patch, read_layer, read_yaml
from autoscale.cluster.kustomize.transform import (
    LabelSet,
    in_order,
    parse_image,
    set_images,
    set_labels,
    set_namespace,
)
from autoscale.kube.kinds import Object
from autoscale.kube.patches.strategic import PatchError


def render(
    folder: Path,
    *,
    labels: Mapping[str, str] | None = None,
    namespace: str | None = None,
    images: Mapping[str, str] | None = None,
    patches: Sequence[Mapping[str, Any]] = (),
) -> list[Object]:
    """The objects of the kustomization in ``folder``, in the order in which kustomize writes them.

    ``labels`` go on every object and on every pod template, never into a selector. ``namespace`` replaces that of
    every namespaced object. ``images`` maps an image's name to what takes its place (``{"autoscale-app":
    "registry.example/app:1.2"}``). ``patches`` are ``{"kind", "name", "patch"}``, each a strategic merge patch
    (lists of containers, env, ports, volumes merge by their key, None deletes) that must meet an object.

    Raises InputError with every mistake at once; what we do not know of kustomize is refused by name.
    """
    problems: list[Problem] = []
    objects = _objects(Path(folder), (), problems)
    layer = Layer(
        where="options",
        labels=(LabelSet(labels or {}, templates=True),),
        namespace=namespace,
        images=tuple(parse_image(name, reference) for name, reference in (images or {}).items()),
        patches=tuple(_patch(index, patch) for index, patch in enumerate(patches)),
    )
    if objects or not problems:
        objects = _apply(layer, objects, problems)
    if problems:
        raise InputError(f"The manifests in {folder} cannot be used.", problems=problems)
    return in_order(objects)


def _patch(index: int, patch: Mapping[str, Any]) -> Patch:
    return Patch(f"patches[{index}]", str(patch["kind"]), str(patch["name"]), patch["patch"])


def _objects(folder: Path, above: tuple[Path, ...], problems: list[Problem]) -> list[Object]:
    """The objects of one folder, its bases first; ``above`` are the folders that led here."""
    here = folder.resolve()
    if here in above:
        problems.append(Problem(str(folder), "a folder that includes itself", "no circle of resources"))
        return []
    layer = read_layer(folder, problems)
    if layer is None:
        return []
    found: list[Object] = []
    for path in layer.resources:
        found += _objects(path, (*above, here), problems) if os.path.isdir(path) else _read_objects(path, problems)
    return _apply(layer, found, problems)


def _read_objects(path: Path, problems: list[Problem]) -> list[Object]:
    found = []
    for index, document in enumerate(read_yaml(path, problems)):
        reason = _why_no_object(document)
        if reason:
            problems.append(
                Problem(f"{path}: document {index + 1}", reason, "an object with apiVersion, kind and name")
            )
        else:
            found.append(document)
    return found


def _why_no_object(document: Any) -> str | None:
    if not isinstance(document, dict):
        return type(document).__name__
    for name in ("apiVersion", "kind"):
        if not isinstance(document.get(name), str):
            return f"no {name}"
    if document["kind"].endswith("List"):
        return f"a {document['kind']}"
    metadata = document.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        return "no metadata.name"
    return None


def _apply(layer: Layer, objects: list[Object], problems: list[Problem]) -> list[Object]:
    """One kustomization's work, in kustomize's order: patches, namespace, labels, images."""
    for patch in layer.patches:
        objects = _apply_patch(patch, objects, problems)
    for item in objects:
        if layer.namespace:
            if item["kind"] in {"RoleBinding", "ClusterRoleBinding"}:
                where = f"{layer.where}: namespace"
                problems.append(Problem(where, f"a {item['kind']}", "none: its subjects' namespace is not changed"))
            set_namespace(item, layer.namespace)
        for labels in layer.labels:
            try:
                set_labels(item, labels)
            except ValueError as error:
                where = f"{layer.where}: {item['kind']} {item['metadata']['name']}"
                problems.append(Problem(where, str(error), "a mapping"))
        set_images(item, layer.images)
    _refuse_doubles(layer, objects, problems)
    return objects


def _apply_patch(patch: Patch, objects: list[Object], problems: list[Problem]) -> list[Object]:
    def meets(item: Object) -> bool:
        return bool(item["kind"] == patch.kind and item["metadata"]["name"] == patch.name)

    if not any(map(meets, objects)):
        there = ", ".join(f"{item['kind']} {item['metadata']['name']}" for item in objects) or "nothing"
        problems.append(Problem(patch.where, f"{patch.kind} {patch.name}", f"an object that is there: {there}"))
    try:
        return [_merged(item, patch) if meets(item) else item for item in objects]
    except PatchError as error:
        problems.append(Problem(f"{patch.where}: {error.path}", str(error)))
        return objects


def _merged(item: Object, patch: Patch) -> Object:
    """The patched object under the kind and name that it had: a patch never renames."""
    merged = merge(item, patch.body)
    merged.update(apiVersion=item["apiVersion"], kind=item["kind"])
    metadata = merged.setdefault("metadata", {})
    if not isinstance(metadata, dict):
        raise PatchError("metadata", f"{metadata!r:.40}, wanted a mapping")
    metadata["name"] = item["metadata"]["name"]
    return merged


def _refuse_doubles(layer: Layer, objects: list[Object], problems: list[Problem]) -> None:
    places = Counter((item["kind"], item["metadata"]["name"], item["metadata"].get("namespace")) for item in objects)
    for (kind, name, _), count in places.items():
        if count > 1:
            problems.append(Problem(f"{layer.where}: resources", f"{kind} {name} {count} times", "every object once"))
