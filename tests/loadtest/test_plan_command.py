"""`autoscale plan`: the picture, its figures, its errors."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from autoscale.base.errors import InputError
from autoscale.cli import plan_chart
from autoscale.cli.plan import command
from loadtest import scenario
from loadtest.plan import RatePlan, Stage


def plan(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments), catch_exceptions=False)


@pytest.mark.parametrize("name", scenario.names())
def test_every_built_in_scenario_is_drawn_within_80_columns(name: str) -> None:
    """Its objectives are read too: a built-in scenario that cannot be judged would not get this far."""
    result = plan(name)
    assert result.exit_code == 0
    assert max(map(len, result.output.splitlines())) <= 80


def test_the_page_says_what_would_be_sent() -> None:
    """Stages with their requests, totals, request, connections, objectives."""
    text = plan("first-look").output
    assert re.search(r"peak +45s +2m15s +50/s +4,500", text)
    assert re.search(r"ramp +30s +45s +6 → 50/s +420", text)
    for part in (
        "5,880 requests in 3m30s",
        "GET /work?cpu_ms=10",
        "10, each request closes its own with a chance of 10 %",
        "p95 < 500ms",
    ):
        assert part in text


def test_journeys_and_users_are_not_called_requests() -> None:
    """What a locustfile sends is not known before: the picture is of the journeys that begin, or of the users."""
    opened, closed = plan("shop").output, plan("shop", "--set", "load.model=closed").output
    assert re.search(r"^  journeys per second$", opened, re.MULTILINE)
    assert re.search(r"rush +40s +2m10s +16/s +1,440\n", opened)
    assert "requests" not in opened.partition("Locustfile")[0].partition("journeys per second")[2]
    assert re.search(r"^  users$", closed, re.MULTILINE)
    assert re.search(r"rush +40s +2m10s +16\n", closed)
    assert "per second" not in closed


def test_the_json_form_is_the_resolved_scenario_with_overrides() -> None:
    """What a run would be given."""
    plain = json.loads(plan("smoke", "--set", "load.workers=2", "--set", "load.rate_factor=2", "--json").output)
    assert plain == scenario.resolve(scenario.load("smoke", ["load.workers=2", "load.rate_factor=2"])).model_dump()


def test_a_wrong_scenario_and_a_wrong_objective_are_input_errors(tmp_path: Path) -> None:
    """With every mistake, and nothing drawn."""
    with pytest.raises(InputError, match="Did you mean workers"):
        plan("smoke", "--set", "load.workrs=2")
    with pytest.raises(InputError, match="objectives"):
        plan("smoke", "--set", "objectives=[p95 < 300ms during peek]")
    with pytest.raises(InputError, match="There is no scenario"):
        plan("no-such")


rates = st.lists(st.floats(min_value=0, max_value=20_000), min_size=2, max_size=12).filter(lambda r: max(r) > 0.01)


@settings(max_examples=50)
@given(rates, st.floats(min_value=1, max_value=100_000))
def test_any_plan_is_drawn_in_a_box_of_one_size(levels: list[float], span: float) -> None:
    """Twelve lines, at most 80 columns; something is drawn wherever there is load."""
    points = tuple((n * span, rate) for n, rate in enumerate(levels))
    drawn = RatePlan(points, (Stage("only", 0.0, points[-1][0]),))
    lines = plan_chart.chart(drawn)
    assert len(lines) == plan_chart.HEIGHT + 4
    assert max(map(len, lines)) <= 80
    assert any(block in "".join(lines) for block in "▁▂▃▄▅▆▇█")


def test_the_height_of_the_picture_is_the_rate() -> None:
    """Half the rate is half the height, and nothing is nothing."""
    drawn = RatePlan(((0, 8), (34, 8), (34, 4), (51, 4), (51, 0), (68, 0)), (Stage("a", 0, 68),))
    columns = [
        sum(plan_chart._BLOCKS.index(line[9 + n]) if len(line) > 9 + n else 0 for line in plan_chart.chart(drawn)[1:9])
        for n in (10, 40, 60)
    ]
    assert columns == [64, 32, 0]


@pytest.mark.parametrize(("rate", "text"), [(7.5, "7.5"), (64, "64"), (64.57, "64.6"), (1200, "1,200"), (12345, "12k")])
def test_rates_are_short(rate: float, text: str) -> None:
    """Three figures at most, thousands marked."""
    assert plan_chart.short(rate) == text
