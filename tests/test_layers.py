"""The rooms of docs/architecture.md: who may import whom, and one door per library."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# room -> rooms it may import; the longest matching room of a module counts.
ROOMS: dict[str, set[str]] = {
    "app": set(),
    "loadtest": {"loadtest.errors", "loadtest.yamltext"},
    "loadtest.errors": set(),
    "loadtest.yamltext": set(),
    "loadtest.driver": {"loadtest", "loadtest.errors"},
    "loadtest.scenarios": set(),  # locustfiles: what a user would write
    "autoscale.base": {"loadtest.errors"},
    "autoscale.kube": {"autoscale.base"},
    "autoscale.hpa": {"autoscale.base", "autoscale.kube"},
    "autoscale.plane": {"autoscale.base", "autoscale.kube", "autoscale.hpa", "loadtest.yamltext"},
    "autoscale.embedded": {"autoscale.base", "autoscale.kube", "autoscale.hpa", "autoscale.plane", "loadtest.yamltext"},
    "autoscale.cluster": {"autoscale.base", "autoscale.kube", "loadtest.yamltext"},
    "autoscale.record": {"autoscale.base", "loadtest"},
    "autoscale.observe": {"autoscale.base", "autoscale.kube", "autoscale.record", "autoscale.cluster", "loadtest"},
    "autoscale.objectives": {"autoscale.base"},
    "autoscale.imports": {"autoscale.base", "autoscale.record", "loadtest"},
}
# After the record: each room stands on those before it.
_AFTER = {"autoscale.base", "autoscale.kube", "autoscale.hpa", "autoscale.record", "autoscale.objectives", "loadtest"}
for _room in ("analysis", "verdict", "findings", "compare", "report"):
    ROOMS[f"autoscale.{_room}"] = set(_AFTER)
    _AFTER.add(f"autoscale.{_room}")
ROOMS["autoscale.whatif"] = {*_AFTER, "autoscale.plane", "loadtest.yamltext"}
ROOMS["autoscale.web"] = {
    f"autoscale.{_room}" for _room in ("base", "kube", "record", "analysis", "cluster", "report")
} | {"loadtest"}
ROOMS["autoscale.run"] = (
    _AFTER
    | {f"autoscale.{_room}" for _room in ("embedded", "cluster", "observe", "web", "whatif")}
    | {"loadtest.errors"}
)
ROOMS["autoscale.cli"] = ROOMS["autoscale.run"] | {
    "autoscale.run",
    "autoscale.plane",
    "autoscale.imports",
    "loadtest.yamltext",
}
ROOMS["autoscale"] = {"autoscale.base"}
ROOMS["autoscale.__main__"] = {"autoscale.cli"}

DOORS: dict[str, set[str]] = {
    "kubernetes": {"autoscale.cluster"},
    "locust": {"loadtest.driver", "loadtest.scenarios"},
    "gevent": {"loadtest.driver"},
    "httptools": {"loadtest.driver"},
    "flask": {"app", "loadtest.driver"},  # Locust's web UI is a Flask application
    "prometheus_client": {"app", "autoscale.embedded"},  # what writes the metrics, and what scrapes them
    "aiohttp": {"autoscale.embedded", "autoscale.web"},
    "cryptography": {"autoscale.embedded"},
    "google": {"autoscale.kube"},  # protobuf
    "uvloop": {"autoscale.embedded"},
    "jinja2": {"autoscale.report", "autoscale.web", "autoscale.whatif"},
    "numba": {"autoscale.whatif"},
    "numpy": {"autoscale.whatif"},
}


def room_of(module: str) -> str | None:
    """The room a module lies in: the longest one whose name it begins with."""
    fitting = [room for room in ROOMS if module == room or module.startswith(room + ".")]
    return max(fitting, key=len, default=None)


def imports(text: str, package: str) -> Iterator[str]:
    """The absolute names of everything a file of a package imports, also inside functions and for type checkers only:
    ``package.module.name`` where a name is taken out of a module."""
    parts = package.split(".")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
            name = ".".join(part for part in (base, node.module) if part)
            yield from (f"{name}.{alias.name}" for alias in node.names)


def sources() -> list[Path]:
    return [path for top in ("app", "loadtest", "autoscale") for path in sorted((ROOT / top).rglob("*.py"))]


def module_of(path: Path) -> str:
    """``autoscale/hpa/decide.py`` -> ``autoscale.hpa.decide``; a package's ``__init__`` is the package."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> list[str]:
    """What one of our files imports."""
    return list(imports(path.read_text(), ".".join(path.relative_to(ROOT).parts[:-1])))


def circle(imported: Mapping[str, Iterable[str]]) -> list[str]:
    """A circle of modules that import each other (the first is named again at the end); empty where there is none.

    ``imported``: the names that each module imports. One that is no module belongs to the module it is taken from.
    """
    graph = {
        module: {owner for name in names if (owner := _owner(name, imported))} for module, names in imported.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def _owner(name: str, modules: Mapping[str, object]) -> str | None:
    parts = name.split(".")
    starts = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((start for start in starts if start in modules), None)


def breaches(module: str, imported: str) -> Iterator[str]:
    """What is wrong with one import, if anything."""
    home, there = room_of(module), room_of(imported)
    assert home is not None
    if there is not None and there != home and there not in ROOMS[home]:
        yield f"{module} ({home}) imports {imported} ({there})"
    door = imported.partition(".")[0]
    if door in DOORS and home not in DOORS[door]:
        yield f"{module} imports {door}, which only {sorted(DOORS[door])} may"


def test_imports_go_one_way() -> None:
    """No room imports a room that the map does not allow it, and each library has its one door."""
    found = [
        breach for path in sources() for imported in imports_of(path) for breach in breaches(module_of(path), imported)
    ]
    assert found == []


def test_no_modules_import_each_other() -> None:
    """There is no circle of imports, also none that hides in functions or from the interpreter."""
    assert circle({module_of(path): imports_of(path) for path in sources()}) == []


@pytest.mark.parametrize(
    "back",
    [
        "from shop.cart import Cart",
        "from .cart import Cart",
        "from shop import cart",
        "def pay():\n    import shop.cart",
        "if TYPE_CHECKING:\n    from shop.cart import Cart",
    ],
)
def test_a_circle_would_be_seen(back: str) -> None:
    """However the way back is written. A near miss: two that both import a third, and it neither of them."""

    def found(**modules: str) -> set[str]:
        return set(circle({"shop": [], **{f"shop.{name}": imports(text, "shop") for name, text in modules.items()}}))

    assert found(cart="from shop.till import Till", till=back) == {"shop.cart", "shop.till"}
    third = "from shop import price"
    assert found(cart=f"from shop.till import Till\n{third}", till=third, price="import json") == set()


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
