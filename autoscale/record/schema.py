"""The JSON schema of a record's rows, made from their types."""

from typing import Any

import msgspec

from autoscale.record.rows.header import SCHEMA
from autoscale.record.rows.kinds import KINDS


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of one line of a record: one of the row kinds, told apart by ``k``."""
    kinds = list(KINDS.values())
    refs, definitions = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    for kind in kinds:
        row = definitions[kind.__name__]
        row["required"] = sorted({"n", "t", *row["required"]}, key=list(row["properties"]).index)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A row of a record, schema {SCHEMA}",
        "oneOf": list(refs),
        "$defs": definitions,
    }
