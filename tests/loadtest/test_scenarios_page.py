"""docs/scenarios.md against the models: every field is there, its example works."""

import re
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from loadtest import models, scenario
from loadtest.shapes import SHAPES

PAGE = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text()
MODELS = [models.File, models.Target, models.PlanPart, models.Trace, models.Load, models.Request, models.Tls,
          models.Price, models.Limits, models.Embedded, models.Patch, *SHAPES.values()]  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_of_a_scenario_is_on_the_page(model: type[BaseModel]) -> None:
    """By the name it has in a file."""
    names = {field.alias or name for name, field in model.model_fields.items()}
    missing = [name for name in names if not re.search(rf"[`.{{ ]{name}\b", PAGE)]
    assert missing == []


def test_the_pages_example_is_a_scenario() -> None:
    """Copied from the page, it loads and sends what it says."""
    example = re.findall(r"```yaml\n(name: .*?)```", PAGE, re.S)[0]
    plain = scenario.resolve(scenario.parse(yaml.safe_load(example), "example", Path())).model_dump()
    assert plain["duration_s"] == 390
    assert [request["weight"] for request in plain["requests"]] == [9, 1]


def test_the_built_in_scenarios_are_on_the_page() -> None:
    """By name."""
    assert all(f"`{name}`" in PAGE for name in scenario.names())
