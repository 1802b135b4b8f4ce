"""Reading a kustomization: its file to a Layer, every mistake noted, what we do not know refused by name."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from autoscale.base.errors import Problem
from autoscale.cluster.kustomize.transform import Image, LabelSet
from autoscale.kube.kinds import Object
from loadtest.yamltext import KubernetesLoader, fault, text_of

FILE_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_FIELDS = "resources, labels, namespace, images or patches"
_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?")


@dataclass(frozen=True)
class Patch:
    """A strategic merge patch for the object of this kind and name; ``where`` is its place, for messages."""

    where: str
    kind: str
    name: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Layer:
    """One kustomization: where it stands and what it does to its resources."""

    where: str
    resources: tuple[Path, ...] = ()
    labels: tuple[LabelSet, ...] = ()
    namespace: str | None = None
    images: tuple[Image, ...] = ()
    patches: tuple[Patch, ...] = ()


def read_yaml(path: Path, problems: list[Problem]) -> list[Any]:
    """Every document of a YAML file that is not empty; what cannot be read becomes a problem."""
    try:
        text = text_of(path)
    except (OSError, ValueError) as error:  # a ValueError alone: a name with a NUL
        reason = "bytes that are not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        reason = str(error.strerror) if isinstance(error, OSError) else reason
        problems.append(Problem(str(path), reason, "a readable YAML file"))
        return []
    return parse_yaml(text, str(path), problems)


def parse_yaml(text: str, where: str, problems: list[Problem]) -> list[Any]:
    """Every document of ``text`` that is not empty; a mistake becomes a problem with its line."""
    try:
        return [document for document in yaml.load_all(text, KubernetesLoader) if document is not None]
    except yaml.YAMLError as error:
        line, found = fault(error)
        problems.append(Problem(f"{where}, {line}" if line else where, found, "YAML"))
        return []


def read_layer(folder: Path, problems: list[Problem]) -> Layer | None:
    """The kustomization in ``folder``, or None (with a problem) where there is none to read."""
    path = next((folder / name for name in FILE_NAMES if os.path.isfile(folder / name)), None)
    if path is None:
        problems.append(Problem(str(folder), "no kustomization.yaml", "a folder for `kubectl apply -k`"))
        return None
    documents = read_yaml(path, problems)
    if len(documents) != 1 or not isinstance(documents[0], dict):
        if not problems:
            problems.append(Problem(str(path), f"{len(documents)} documents", "one map"))
        return None
    return _layer(documents[0], path, problems)


def _layer(document: Object, path: Path, problems: list[Problem]) -> Layer:
    known = {"apiVersion", "kind", "metadata", "resources", "labels", "namespace", "images", "patches"}
    unknown = [name for name in document if name not in known]
    problems += [Problem(f"{path}: {name}", "a part of kustomize that we do not do", _FIELDS) for name in unknown]
    if document.get("kind", "Kustomization") != "Kustomization":
        problems.append(Problem(f"{path}: kind", repr(document["kind"]), "Kustomization"))
    namespace = document.get("namespace")
    if namespace is not None and not isinstance(namespace, str):
        problems.append(Problem(f"{path}: namespace", repr(namespace), "a name"))
        namespace = None
    return Layer(
        where=str(path),
        resources=_resources(document, path, problems),
        labels=tuple(_labels(item, where, problems) for where, item in _maps(document, "labels", path, problems)),
        namespace=namespace,
        images=tuple(_image(item, where, problems) for where, item in _maps(document, "images", path, problems)),
        patches=tuple(
            patch
            for where, item in _maps(document, "patches", path, problems)
            if (patch := _patch(item, where, path.parent, problems))
        ),
    )


def _items(document: Object, name: str, path: Path, problems: list[Problem]) -> list[Any]:
    items = document.get(name) or []
    if isinstance(items, list):
        return items
    problems.append(Problem(f"{path}: {name}", type(items).__name__, "a list"))
    return []


def _maps(document: Object, name: str, path: Path, problems: list[Problem]) -> list[tuple[str, Object]]:
    """(place, map) of each element of a list of maps."""
    found = []
    for index, item in enumerate(_items(document, name, path, problems)):
        where = f"{path}: {name}[{index}]"
        if isinstance(item, dict):
            found.append((where, item))
        else:
            problems.append(Problem(where, repr(item), "a map"))
    return found


def _refuse_others(item: Object, known: set[str], where: str, problems: list[Problem]) -> None:
    for name in item:
        if name not in known:
            found = "a part of kustomize that we do not do"
            problems.append(Problem(f"{where}.{name}", found, ", ".join(sorted(known))))


def _resources(document: Object, path: Path, problems: list[Problem]) -> tuple[Path, ...]:
    found = []
    for index, item in enumerate(_items(document, "resources", path, problems)):
        where = f"{path}: resources[{index}]"
        if not isinstance(item, str):
            problems.append(Problem(where, repr(item), "a path"))
        elif not os.path.exists(path.parent / item):
            fix = "Only files and folders of this machine are read, never an address." if ":" in item else ""
            problems.append(Problem(where, repr(item), "a file or folder that exists", fix))
        else:
            found.append(path.parent / item)
    return tuple(found)


def _labels(item: Object, where: str, problems: list[Problem]) -> LabelSet:
    _refuse_others(item, {"pairs", "includeTemplates", "includeSelectors"}, where, problems)
    if item.get("includeSelectors"):
        problems.append(Problem(f"{where}.includeSelectors", "true", "false: selectors stay as the manifests say"))
    pairs = item.get("pairs") or {}
    if not isinstance(pairs, dict) or not all(isinstance(text, str) for pair in pairs.items() for text in pair):
        problems.append(Problem(f"{where}.pairs", repr(pairs), "a map of texts"))
        pairs = {}
    return LabelSet(pairs, bool(item.get("includeTemplates")))


def _image(item: Object, where: str, problems: list[Problem]) -> Image:
    _refuse_others(item, {"name", "newName", "newTag", "digest"}, where, problems)
    for name, value in item.items():
        if not isinstance(value, str):
            problems.append(Problem(f"{where}.{name}", repr(value), "a text (quote a tag that looks like a number)"))
    if "name" not in item:
        problems.append(Problem(where, "no name", "the image's name"))
    texts = {name: value for name, value in item.items() if isinstance(value, str)}
    return Image(texts.get("name", ""), texts.get("newName"), texts.get("newTag"), texts.get("digest"))


def _patch(item: Object, where: str, folder: Path, problems: list[Problem]) -> Patch | None:
    _refuse_others(item, {"patch", "path", "target"}, where, problems)
    if ("patch" in item) == ("path" in item):
        problems.append(Problem(where, "both or neither of patch and path", "one of them"))
        return None
    if "path" in item:
        bodies = read_yaml(folder / str(item["path"]), problems)
    else:
        bodies = parse_yaml(str(item["patch"]), f"{where}.patch", problems)
    if len(bodies) != 1 or not isinstance(bodies[0], dict):
        if bodies:
            problems.append(Problem(where, "something else", "one strategic merge patch: a map, not a list of steps"))
        return None
    return _targeted(bodies[0], item.get("target"), where, problems)


def _targeted(body: Object, target: Any, where: str, problems: list[Problem]) -> Patch | None:
    metadata = body.get("metadata")
    own = {"kind": body.get("kind"), "name": metadata.get("name") if isinstance(metadata, dict) else None}
    if "apiVersion" not in body or None in own.values():
        wanted = "apiVersion, kind and metadata.name: kustomize takes no patch without them"
        problems.append(Problem(where, "a patch that does not say what it is", wanted))
        return None
    meant = target if isinstance(target, dict) else own
    _refuse_others(meant, {"kind", "name", "group", "version"}, f"{where}.target", problems)
    kind, name = meant.get("kind"), meant.get("name")
    if not isinstance(kind, str) or not isinstance(name, str) or not _NAME.fullmatch(name):
        problems.append(Problem(f"{where}.target", f"kind {kind!r}, name {name!r}", "one kind and one exact name"))
        return None
    return Patch(where, kind, name, body)
