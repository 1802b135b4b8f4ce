"""What is imported is declared: nothing rests on what another package happens to bring."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
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


def undeclared(text: str, known: Mapping[str, Sequence[str]], stated: set[str]) -> list[str]:
    """Imports of a module that no declared distribution brings."""
    return sorted(name for name in imported(text) if not stated & {normal(dist) for dist in known.get(name, (name,))})


def test_every_import_is_a_declared_dependency() -> None:
    """Of the three packages that are shipped, every module."""
    known, stated = packages_distributions(), declared()
    files = [path for top in OURS for path in sorted((ROOT / top).rglob("*.py"))]
    missing = {str(path.relative_to(ROOT)): undeclared(path.read_text(), known, stated) for path in files}
    assert {path: names for path, names in missing.items() if names} == {}


def test_an_import_that_another_package_brings_is_found() -> None:
    """Even inside a function; the standard library, our own and a declared one under another name are fine."""
    known = {"yaml": ["PyYAML"], "idna": ["idna"], "flask": ["Flask"]}
    text = "import os, yaml\nfrom app import service\nfrom flask import json\ndef f():\n    import idna.core\n"
    assert undeclared(text, known, {"pyyaml", "flask"}) == ["idna"]
