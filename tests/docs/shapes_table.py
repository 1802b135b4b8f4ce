"""The table of load shapes in docs/scenarios.md, made from the shapes themselves."""

import importlib
import re

from pydantic.fields import FieldInfo

from loadtest.shapes import SHAPES, Shape

BEGIN, END = "<!-- shapes: made by `make docs` -->\n", "<!-- end of shapes -->\n"


def page(text: str) -> str:
    """The page with its table as the shapes are now."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + table() + END + rest.split(END)[1]


def table() -> str:
    """One row a shape."""
    rows = [_row(kind, SHAPES[kind]) for kind in sorted(SHAPES)]
    return "\n| `kind` | what it is | fields (defaults) | stages |\n| --- | --- | --- | --- |\n" + "".join(rows) + "\n"


def _row(kind: str, shape: type[Shape]) -> str:
    told = " ".join((importlib.import_module(shape.__module__).__doc__ or "").split()).partition(": ")[2]
    fields = ", ".join(_field(name, field) for name, field in shape.model_fields.items() if name != "kind")
    stages = re.sub(r"[a-z]+(-(\d|n|\(n-1\)))?", lambda found: f"`{found[0]}`", shape.stages)
    return f"| `{kind}` | {told} | {fields} | {stages} |\n"


def _field(name: str, field: FieldInfo) -> str:
    if field.is_required():
        return f"`{name}`"
    unit = "s" if isinstance(field.default, float) else ""
    return f"`{field.alias or name}` ({field.default:g}{unit})"
