"""How our code calls constructors: what has more than four parts names them, or the reader has to count."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST = 4


def crowded(text: str) -> Iterator[str]:
    """``line: name`` of each call of a class (a name with a capital) that takes more than ``MOST`` arguments by their
    place; one after a star may be any number of them, and counts as one."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and len(node.args) > MOST and isinstance(node.func, ast.Name | ast.Attribute):
            name = ast.unparse(node.func).rpartition(".")[2]
            if name.lstrip("_")[:1].isupper():
                yield f"{node.lineno}: {name}"


def test_a_constructor_with_many_arguments_is_called_by_keyword() -> None:
    """In the program, the load generator and the app."""
    sources = [path for top in ("app", "loadtest", "autoscale") for path in sorted((ROOT / top).rglob("*.py"))]
    assert len(sources) > 100
    assert [f"{path.relative_to(ROOT)}:{call}" for path in sources for call in crowded(path.read_text())] == []


def test_a_crowded_call_would_be_seen() -> None:
    """Of a class here, of one in a module, of a private one. Near misses: four, five by keyword, functions."""
    found = crowded("Pod(1, 2, 3, 4, 5)\nshop.Cart(1, 2, 3, 4, 5, six=6)\n_Till(*a, 2, 3, 4, 5)\n")
    assert list(found) == ["1: Pod", "2: Cart", "3: _Till"]
    assert not list(
        crowded("Pod(1, 2, 3, 4)\nPod(a=1, b=2, c=3, d=4, e=5)\npay(1, 2, 3, 4, 5)\nWAYS[0](1, 2, 3, 4, 5)\n")
    )
