"""The rooms of docs/architecture.md: who may import whom, and one door per library."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# room -> rooms it may import; the longest matching room of a module counts.
ROOMS: dict[str, set[str]] = {
    "app": set(),
    "loadtest": set(),
    "loadtest.driver": {"loadtest"},
    "autoscale.base": set(),
    "autoscale.kube": {"autoscale.base"},
    "autoscale.hpa": {"autoscale.base", "autoscale.kube"},
    "autoscale.plane": {"autoscale.base", "autoscale.kube", "autoscale.hpa"},
    "autoscale.embedded": {"autoscale.base", "autoscale.kube", "autoscale.hpa", "autoscale.plane"},
    "autoscale.cluster": {"autoscale.base", "autoscale.kube"},
    "autoscale.record": {"autoscale.base"},
    "autoscale.observe": {"autoscale.base", "autoscale.kube", "autoscale.record", "autoscale.cluster", "loadtest"},
    "autoscale.objectives": {"autoscale.base"},
    "autoscale.imports": {"autoscale.base", "autoscale.record", "loadtest"},
}
# After the record: each room stands on those before it.
_AFTER = {"autoscale.base", "autoscale.kube", "autoscale.hpa", "autoscale.record", "autoscale.objectives", "loadtest"}
for _room in ("analysis", "verdict", "findings", "compare", "report"):
    ROOMS[f"autoscale.{_room}"] = set(_AFTER)
    _AFTER.add(f"autoscale.{_room}")
ROOMS["autoscale.web"] = {
    "autoscale.base", "autoscale.record", "autoscale.analysis", "autoscale.cluster", "autoscale.report", "loadtest",
}  # fmt: skip
ROOMS["autoscale.run"] = {
    *_AFTER, "autoscale.embedded", "autoscale.cluster", "autoscale.observe", "autoscale.web",
}  # fmt: skip
ROOMS["autoscale.cli"] = {*ROOMS["autoscale.run"], "autoscale.run", "autoscale.imports", "autoscale"}
ROOMS["autoscale"] = set()

DOORS: dict[str, set[str]] = {
    "kubernetes": {"autoscale.cluster"},
    "locust": {"loadtest.driver"},
    "gevent": {"loadtest.driver"},
    "httptools": {"loadtest.driver"},
    "flask": {"app", "loadtest.driver"},  # Locust's web UI is a Flask application
    "prometheus_client": {"app"},
    "aiohttp": {"autoscale.embedded", "autoscale.web"},
    "cryptography": {"autoscale.embedded"},
    "uvloop": {"autoscale.embedded"},
    "jinja2": {"autoscale.report", "autoscale.web"},
}


def room_of(module: str) -> str | None:
    """The room a module lies in: the longest one whose name it begins with."""
    fitting = [room for room in ROOMS if module == room or module.startswith(room + ".")]
    return max(fitting, key=len, default=None)


def imports(path: Path) -> Iterator[str]:
    """The absolute names of everything a file imports, also inside functions."""
    package = path.relative_to(ROOT).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            name = ".".join(part for part in (base, node.module) if part)
            yield from (f"{name}.{alias.name}" for alias in node.names)


def sources() -> list[Path]:
    return [path for top in ("app", "loadtest", "autoscale") for path in sorted((ROOT / top).rglob("*.py"))]


def breaches(module: str, imported: str) -> Iterator[str]:
    """What is wrong with one import, if anything."""
    home, there = room_of(module), room_of(imported)
    assert home is not None
    if there is not None and there != home and there not in ROOMS[home] and imported != "autoscale.__version__":
        yield f"{module} ({home}) imports {imported} ({there})"
    door = imported.partition(".")[0]
    if door in DOORS and home not in DOORS[door]:
        yield f"{module} imports {door}, which only {sorted(DOORS[door])} may"


def test_imports_go_one_way() -> None:
    """No room imports a room that the map does not allow it, and each library has its one door."""
    found = [
        breach
        for path in sources()
        for imported in imports(path)
        for breach in breaches(".".join(path.relative_to(ROOT).with_suffix("").parts), imported)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("autoscale.hpa.rule", "autoscale.plane.store"),
        ("loadtest.plan", "autoscale.base.errors"),
        ("autoscale.run.loop", "kubernetes.client"),
        ("autoscale.cluster.watch", "locust"),
    ],
)
def test_a_breach_would_be_seen(module: str, imported: str) -> None:
    """The check can fail: each of these imports is reported."""
    assert list(breaches(module, imported))


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_source_file_says_what_it_is_for(path: Path) -> None:
    """Every module opens with a docstring."""
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_every_test_says_what_is_true() -> None:
    """Every test function has a sentence."""
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert silent == []
