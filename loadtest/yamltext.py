"""How YAML is read, everywhere: PyYAML's safe loader with its gaps closed and its bounds set.

A scenario's YAML and Kubernetes' differ in one thing: Kubernetes leaves a time as text (``KubernetesLoader``).
"""

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import yaml

MOST_VALUES = 1_000_000
"""What the aliases of a document may stand for, in values: a file of manifests has some thousands."""
MOST_LEVELS = 100
"""How deep lists and mappings may lie in each other: what reads the values later is recursive."""

MOST_CHARACTERS = 32 * 2**20
"""Of one file: more than any that people write, and what is no file of theirs (``/dev/zero``) ends there."""


def text_of(path: Path, most: int | None = None) -> str:
    """The text of a file; OSError where it cannot be read or is larger than any, UnicodeDecodeError (or ValueError for
    a name with a NUL) for what is no text."""
    with path.open(encoding="utf-8") as file:
        return bounded(file, str(path), most)


def bounded(file: TextIO, name: str, most: int | None = None) -> str:
    """What an open file holds; OSError where that is too much."""
    most = most or MOST_CHARACTERS
    text = file.read(most + 1)
    if len(text) > most:
        raise OSError(errno.EFBIG, f"more than {most >> 20} MiB", name)
    return text


class Loader(yaml.SafeLoader):
    """Refuses a key that stands twice (plain YAML keeps the last in silence), aliases that stand for very much or for
    themselves, and what is nested too deeply; its errors are all ``yaml.YAMLError``."""

    _levels = 0

    def compose_document(self) -> yaml.Node | None:
        """A document's nodes, counted with every alias written out before any value is made of them."""
        node = super().compose_document()
        if node is not None:
            _Sizes().of(node)
        return node

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """A node and what lies in it."""
        if self._levels > MOST_LEVELS:
            raise _too_deep(parent)
        self._levels += 1
        node = super().compose_node(parent, index)
        self._levels -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Check the keys, then build the mapping as usual; a key that is a list or mapping fails there."""
        seen: set[str] = set()
        for key_node, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag == "tag:yaml.org,2002:merge":
                continue
            if key_node.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key_node.value} twice", key_node.start_mark
                )
            seen.add(key_node.value)
        return super().construct_mapping(node, deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Build a value; where there is none (``2024-13-45``, ``!!bool x``) PyYAML lets any Python error through."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError, ArithmeticError, TypeError):
            found = f"{str(node.value)[:40]!r}, which is no {node.tag.rpartition(':')[2]} (quotes make it text)"
            raise yaml.constructor.ConstructorError(None, None, found, node.start_mark) from None


class KubernetesLoader(Loader):
    """YAML as Kubernetes reads it, which makes JSON of it first: a time stays text, and every key is text."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """``{1: a, true: b}`` is ``{"1": a, "true": b}``; no key at all is a mistake."""
        made = super().construct_mapping(node, deep)
        if None in made:
            raise yaml.constructor.ConstructorError(None, None, "a key that is null", node.start_mark)
        return {str(key).lower() if isinstance(key, bool) else str(key): value for key, value in made.items()}


KubernetesLoader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in forms if tag != "tag:yaml.org,2002:timestamp"]
    for first, forms in Loader.yaml_implicit_resolvers.items()
}


def fault(error: yaml.YAMLError) -> tuple[str, str]:
    """Where (``line 3, column 5``, "" where it is not known) and what, for messages."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return "", " ".join(str(error).split())
    mark = error.problem_mark or error.context_mark
    where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    return where, str(error.problem or error.context).removeprefix("found ")


class _Sizes:
    """How many values each node stands for, and how deep they lie. What an alias stands for is measured once, where it
    is written, and counted each time."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, int]] = {}
        self._open: set[int] = set()

    def of(self, node: yaml.Node) -> tuple[int, int]:
        """(values, levels); MarkedYAMLError where either is too much."""
        if id(node) in self._open:
            raise yaml.MarkedYAMLError(problem="an alias inside what it stands for", problem_mark=node.start_mark)
        if id(node) in self._known:
            return self._known[id(node)]
        self._open.add(id(node))
        values, levels = 1, 1
        for inner in _inside(node):
            more, deeper = self.of(inner)
            values, levels = values + more, max(levels, deeper + 1)
        self._open.remove(id(node))
        if values > MOST_VALUES:
            text = f"aliases that stand for more than {MOST_VALUES:,} values"
            raise yaml.MarkedYAMLError(problem=text, problem_mark=node.start_mark)
        if levels > MOST_LEVELS:
            raise _too_deep(node)
        self._known[id(node)] = values, levels
        return values, levels


def _too_deep(node: yaml.Node | None) -> yaml.MarkedYAMLError:
    text = f"lists or keys nested more than {MOST_LEVELS} levels deep"
    return yaml.MarkedYAMLError(problem=text, problem_mark=node.start_mark if node else None)


def _inside(node: yaml.Node) -> Iterator[yaml.Node]:
    for child in node.value if isinstance(node, yaml.CollectionNode) else ():
        yield from child if isinstance(child, tuple) else (child,)
