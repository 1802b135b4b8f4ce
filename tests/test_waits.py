"""How our tests wait: for a condition, looked at again and again, never for a time that is surely enough."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent
# What is no test but a part that one plays: a slow server, a component that is away for a while, a time
# that is measured over.
PLAYED = (
    "benchmarks/",
    "faults/imaginary.py",
    "faults/local.py",
    "faults/matrix/i_real_node.py",
    "faults/stage.py",
    "loadtest/tinyserver.py",
)


def naps(tree: ast.AST, *, looks: bool = False) -> Iterator[int]:
    """The lines in which a test sleeps outside a loop that looks again. ``sleep(0)`` only lets others run."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call) and not looks:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name == "sleep" and [ast.unparse(one) for one in node.args] != ["0"]:
                yield node.lineno
        inside = isinstance(node, ast.While)
        function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from naps(node, looks=inside or (looks and not function))


def test_tests_wait_for_conditions() -> None:
    """In every file under tests, but for those that play a part."""
    files = [path for path in sorted(ROOT.rglob("*.py")) if not str(path.relative_to(ROOT)).startswith(PLAYED)]
    assert len(files) > 100
    found = {str(path.relative_to(ROOT)): list(naps(ast.parse(path.read_text()))) for path in files}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_a_nap_would_be_seen() -> None:
    """Of a thread or a coroutine, in a `for` loop too. Near misses: in a loop that looks, and giving way to others."""
    text = "time.sleep(1)\nasync def f():\n    await asyncio.sleep(0.1)\nfor x in y:\n    sleep(2)\n"
    assert list(naps(ast.parse(text))) == [1, 3, 5]
    assert not list(naps(ast.parse("while not done():\n    time.sleep(1)\nasyncio.sleep(0)\n")))
