"""The generated pages say what the code says."""

import gzip
import json
from pathlib import Path

import jsonschema
import pytest

from autoscale import report
from tests.docs.generate import DOCS, pages

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "real-step.jsonl.gz"


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_a_generated_page_is_fresh(path: Path) -> None:
    """Each generated page equals what the code would write now (make docs)."""
    assert path.read_text(encoding="utf-8") == pages()[path]


def test_a_real_record_follows_the_schema() -> None:
    """Every row of a record of a real cluster is valid by the published schema."""
    validator = jsonschema.Draft202012Validator(json.loads((DOCS / "record.schema.json").read_text()))
    with gzip.open(FIXTURE) as file:
        for line in file:
            validator.validate(json.loads(line))


def test_the_json_of_a_report_follows_its_schema() -> None:
    """The JSON form of a real run is valid by the published schema, and is not without its verdict."""
    validator = jsonschema.Draft202012Validator(json.loads((DOCS / "report.schema.json").read_text()))
    value = json.loads(report.render(FIXTURE, "json"))
    validator.validate(value)
    del value["verdict"]["outcome"]
    assert not validator.is_valid(value)


def test_the_schema_refuses_a_near_miss() -> None:
    """A row with an unknown kind, or without a field of its kind, is not valid."""
    validator = jsonschema.Draft202012Validator(json.loads((DOCS / "record.schema.json").read_text()))
    gap = {"k": "gap", "n": 1, "t": 1.0, "source": "pods", "since": 1.0, "until": 2.0, "cause": "cut"}
    assert validator.is_valid(gap)
    assert not validator.is_valid({**gap, "k": "gaps"})
    assert not validator.is_valid({name: value for name, value in gap.items() if name != "until"})
