"""What is imported is declared: nothing rests on what another package happens to bring."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import packages_distributions
from pathlib import Path

import locks
import pytest

from loadtest import scenario

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = ROOT / "loadtest" / "scenarios"
OURS = {"app", "autoscale", "loadtest"}


def declared() -> set[str]:
    """The distributions of ``dependencies``, as the index writes their names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project.get("optional-dependencies", {}).values()
    texts = [*project["dependencies"], *(text for extra in extras for text in extra)]
    return {normal(re.split(r"[\[<>=!~; ]", text)[0]) for text in texts}


def normal(name: str) -> str:
    """A distribution's name in its one form (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def imported(text: str) -> Iterator[str]:
    """The top-level names that a module imports from elsewhere, also inside functions."""
    for node in ast.walk(ast.parse(text)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module]
        yield from {name.partition(".")[0] for name in names} - OURS - set(sys.stdlib_module_names) - {"__future__"}


def ours(text: str) -> set[Path]:
    """The files of our own modules that a module's text imports."""
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    files = (ROOT / f"{name.replace('.', '/')}.py" for name in names if name.partition(".")[0] in OURS)
    return {path for path in files if path.exists()}


def reached(files: set[Path]) -> set[Path]:
    """These files and every module of ours that they import, however far."""
    more = set().union(*(ours(path.read_text()) for path in files)) - files
    return reached(files | more) if more else files


def undeclared(text: str, known: Mapping[str, Sequence[str]], stated: set[str]) -> list[str]:
    """Imports of a module that no declared distribution brings."""
    return sorted(name for name in imported(text) if not stated & {normal(dist) for dist in known.get(name, (name,))})


def test_every_import_is_a_declared_dependency() -> None:
    """Of the three packages that are shipped, every module."""
    known, stated = packages_distributions(), declared()
    files = [path for top in OURS for path in sorted((ROOT / top).rglob("*.py")) if SCENARIOS not in path.parents]
    missing = {str(path.relative_to(ROOT)): undeclared(path.read_text(), known, stated) for path in files}
    assert {path: names for path, names in missing.items() if names} == {}


@pytest.mark.parametrize("name", ["shop", "grpc"])
def test_a_scenario_names_what_its_locustfile_imports(name: str) -> None:
    """In ``load.requirements``, beside what the load generator has anyway."""
    load = scenario.load(name).file.load
    stated = {normal(one.name) for one in locks.declared("driver")} | {normal(one) for one in load.requirements}
    assert load.locustfile is not None
    text = (SCENARIOS / load.locustfile).read_text()
    assert undeclared(text, packages_distributions(), stated) == []
    assert (undeclared(text, packages_distributions(), {"locust"}) == []) == (load.requirements == [])


@pytest.mark.parametrize(("group", "top"), [("app", "app"), ("driver", "loadtest/driver")])
def test_an_image_has_what_its_program_imports(group: str, top: str) -> None:
    """Its group of pyproject.toml names the packages of the program and of every module of ours that it reaches."""
    known, stated = packages_distributions(), {normal(one.name) for one in locks.declared(group)}
    modules = reached(set((ROOT / top).glob("*.py")))
    missing = {str(path.relative_to(ROOT)): undeclared(path.read_text(), known, stated) for path in modules}
    assert {path: names for path, names in missing.items() if names} == {}


def test_what_a_program_reaches_is_followed() -> None:
    """The driver reads the rows of its neighbours, and does not read scenarios."""
    found = {str(path.relative_to(ROOT)) for path in reached(set((ROOT / "loadtest/driver").glob("*.py")))}
    assert "loadtest/rows.py" in found
    assert "loadtest/scenario.py" not in found


def test_an_import_that_another_package_brings_is_found() -> None:
    """Even inside a function; the standard library, our own and a declared one under another name are fine."""
    known = {"yaml": ["PyYAML"], "idna": ["idna"], "flask": ["Flask"]}
    text = "import os, yaml\nfrom app import service\nfrom flask import json\ndef f():\n    import idna.core\n"
    assert undeclared(text, known, {"pyyaml", "flask"}) == ["idna"]
