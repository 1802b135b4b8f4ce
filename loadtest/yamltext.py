"""How a scenario's YAML is read: PyYAML's safe loader, with two of its gaps closed."""

from typing import Any

import yaml


class Loader(yaml.SafeLoader):
    """Refuses a key that stands twice (plain YAML keeps the last in silence), and has one kind of error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Check the keys, then build the mapping as usual; a key that is a list or mapping fails there."""
        seen: set[str] = set()
        for key_node, _ in node.value:
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
        except (ValueError, LookupError, AttributeError, ArithmeticError):
            found = f"{str(node.value)[:40]!r}, which is no {node.tag.rpartition(':')[2]} (quotes make it text)"
            raise yaml.constructor.ConstructorError(None, None, found, node.start_mark) from None
