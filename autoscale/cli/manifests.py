"""Manifests from files, folders and standard input, as ``kubectl apply -f`` takes them."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from autoscale.base.errors import InputError, Problem
from autoscale.hpa.check.faults import Manifest
from loadtest.strays import of_file
from loadtest.yamltext import KubernetesLoader, bounded, fault, text_of

STANDARD_INPUT = Path("-")
_MOST_FILES = 10_000
_NARROWER = "Name the folder, or the files, in which the manifests are."
_NAMES = ("name", "namespace")
_MARKS = ("{{", "{%", "${")
_SUFFIXES = (".yaml", ".yml", ".json")


def documents(file: Path) -> list[Any]:
    """The documents of a YAML or JSON file (JSON is YAML), ``-`` is standard input; a key given twice is a mistake."""
    name = "standard input" if file == STANDARD_INPUT else str(file)
    text = ""
    try:
        text = bounded(sys.stdin, name) if file == STANDARD_INPUT else text_of(file)
        read = [document for document in yaml.load_all(text, KubernetesLoader) if document is not None]
    except yaml.YAMLError as error:
        line, found = fault(error)
        problem = Problem(f"{name}: {line}" if line else name, found)
        raise InputError(f"{name} is neither YAML nor JSON.", problems=[problem], fix=_instead(file, text)) from None
    except (OSError, ValueError) as error:
        problem = Problem(name, _reason(error))
        raise InputError(f"{name} cannot be read.", problems=[problem], fix=_instead(file, text)) from None
    problems = [Problem(f"{name}: {where}", repr(value)) for document in read for where, value in _blanks(document)]
    if problems:
        raise InputError(f"{name} is a template.", problems=problems, fix=_cure(text))
    return read


def _reason(error: OSError | ValueError) -> str:
    """Why a file cannot be read, its name left out: that is said beside it."""
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(said.split())


def _instead(file: Path, text: str) -> str:
    """What to do with what is no manifest: it is something else, or a template of one."""
    stray = of_file(file) if file != STANDARD_INPUT else None
    if stray is not None and stray.what != "a Kubernetes manifest":
        return f"This seems to be {stray.what}. {stray.fix}"
    return _cure(text)


def _cure(text: str) -> str:
    """What makes a manifest of a text with ``{{ }}``, ``{% %}`` or ``${ }`` in it; empty for one without."""
    if "{{" in text:
        return "This is a template: render it first, `helm template CHART | autoscale hpa check -`."
    if "{%" in text:
        return "This is a template: render it first, and check what it makes: `... | autoscale hpa check -`."
    if "${" in text:
        return "This has blanks: fill them in first, `envsubst < FILE | autoscale hpa check -`."
    return ""


def _blanks(document: Any) -> Iterator[tuple[str, str]]:
    """Where an object has a template's blank in the place of a value: in its names, where none could be, and in an HPA
    (elsewhere, as in an alert's annotations, it may be meant)."""
    if not isinstance(document, dict) or "kind" not in document:
        return
    for item in document.get("items") or ():
        yield from _blanks(item)
    metadata = document.get("metadata")
    named = {key: value for key, value in metadata.items() if key in _NAMES} if isinstance(metadata, dict) else {}
    spec = document.get("spec") if document["kind"] == "HorizontalPodAutoscaler" else None
    yield from _texts({"metadata": named, "spec": spec}, "")


def _texts(value: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and any(mark in value for mark in _MARKS):
        yield where, value
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in below:
        yield from _texts(each, f"{where}.{key}".lstrip("."))


def manifests(path: Path) -> Iterator[Manifest]:
    """Every object of a file, of a folder's files (also below it) or of what a kustomization in it makes."""
    if path == STANDARD_INPUT or os.path.isfile(path):
        yield from _of_file(path, strict=True)
        return
    # Here, as only a kustomization needs the renderer.
    from autoscale.cluster.kustomize.read import FILE_NAMES
    from autoscale.cluster.kustomize.render import render

    if any(os.path.isfile(path / name) for name in FILE_NAMES):
        yield from (Manifest(str(path), obj) for obj in render(path))
        return
    if os.path.isfile(path / "Chart.yaml"):
        raise InputError(
            f"{path} is a Helm chart.", fix=f"Render it first: helm template {path} | autoscale hpa check -"
        )
    for file in sorted(each for each in _files(path) if each.suffix in _SUFFIXES and each.is_file()):
        yield from _of_file(file, strict=False)


def _files(folder: Path) -> list[Path]:
    """The files of a folder and below it, but for hidden folders (.git, .venv); InputError where there are too many,
    or where a folder may not be read (it may hold some)."""
    found: list[Path] = []
    unread: list[OSError] = []
    seen = 0
    for place, folders, names in os.walk(folder, onerror=unread.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(place, name) for name in names]
        seen += len(folders) + len(names)
        if seen > _MOST_FILES:
            problem = Problem(str(folder), f"more than {_MOST_FILES:,} files", "a folder of manifests")
            raise InputError(f"{folder} is too large to be looked through.", problems=[problem], fix=_NARROWER)
    problems = [
        Problem(str(one.filename), one.strerror or "") for one in unread if not isinstance(one, FileNotFoundError)
    ]
    if problems:
        raise InputError(f"{folder} cannot be read to its end.", problems=problems[:5], fix=_NARROWER)
    return found


def _of_file(file: Path, *, strict: bool) -> Iterator[Manifest]:
    """``strict``: what is no object is a mistake; in a folder other files may lie beside the manifests."""
    for document in documents(file):
        listed = isinstance(document, dict) and str(document.get("kind", "")).endswith("List") and "items" in document
        for entry in (document.get("items") or ()) if listed else (document,):
            if isinstance(entry, dict):
                yield Manifest("standard input" if file == STANDARD_INPUT else str(file), entry)
            elif strict:
                raise InputError(
                    f"{file} is not a manifest.", problems=[Problem(str(file), repr(entry)[:60], "a mapping")]
                )
