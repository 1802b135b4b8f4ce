"""The JSON schema of a record's rows, made from their types."""

from typing import Any

from pydantic import TypeAdapter

from autoscale.record import rows


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of one line of a record: one of the row kinds, told apart by ``k``."""
    definitions: dict[str, Any] = {}
    kinds = []
    for name, kind in rows.KINDS.items():
        row = TypeAdapter(kind).json_schema(ref_template="#/$defs/{model}")
        definitions |= row.pop("$defs", {})
        row["properties"]["k"] = {"const": name}
        definitions[kind.__name__] = row
        kinds.append({"$ref": f"#/$defs/{kind.__name__}"})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A row of a record, schema {rows.SCHEMA}",
        "oneOf": kinds,
        "$defs": definitions,
    }
