"""Named shapes: totals worked by hand, and stages that cover the whole load."""

from itertools import pairwise

import pytest

from loadtest.plan import RatePlan
from loadtest.shapes import SHAPES as KINDS


def drawn(kind: str, **fields: float) -> RatePlan:
    """A shape as a scenario would name it."""
    return KINDS[kind].model_validate({"kind": kind, **fields}).plan()


SHAPES = {
    "constant": (drawn("constant", rate=5, duration=10), 50, 5),
    "step": (drawn("step", base=2, peak=10, before=5, hold=10, after=5), 120, 10),
    "ramp": (drawn("ramp", base=0, peak=10, before=5, rise=10, hold=5, after=5), 100, 10),
    "spike": (drawn("spike", base=1, peak=11, before=10, rise=2, hold=5, fall=2, after=10), 99, 11),
    "staircase": (drawn("staircase", base=0, peak=4, steps=2, each=10), 80, 4),
    "sine": (drawn("sine", base=2, peak=6, period=60, cycles=2), 480, 6),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_sends_what_its_area_says(name: str) -> None:
    """Total and peak agree with the areas worked by hand."""
    plan, total, peak = SHAPES[name]
    assert plan.total == pytest.approx(total)
    assert plan.peak == pytest.approx(peak)


@pytest.mark.parametrize("name", SHAPES)
def test_the_stages_cover_the_load_without_gap_or_overlap(name: str) -> None:
    """Each stage begins where the one before ends, from second 0 to the last."""
    plan = SHAPES[name][0]
    edges = [(stage.start_s, stage.end_s) for stage in plan.stages]
    assert edges[0][0] == 0
    assert edges[-1][1] == plan.duration_s
    assert all(before[1] == after[0] for before, after in pairwise(edges))
    assert len({stage.name for stage in plan.stages}) == len(plan.stages)


def test_a_staircase_goes_down_as_it_went_up() -> None:
    """Levels and names are mirrored."""
    plan = SHAPES["staircase"][0]
    assert [stage.name for stage in plan.stages] == ["base", "up-1", "up-2", "down-1", "down-0"]
    assert [plan.rate(stage.start_s) for stage in plan.stages] == [0, 2, 4, 2, 0]


def test_a_sine_is_at_its_base_at_the_ends_and_at_its_peak_in_the_middle() -> None:
    """Base at 0 and after each period, peak at half a period, the mean a quarter in."""
    plan = SHAPES["sine"][0]
    assert [plan.rate(t) for t in (0, 15, 30, 60)] == pytest.approx([2, 4, 6, 2])
