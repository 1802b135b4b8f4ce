"""Who runs when, and what becomes of a run that fails."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscale.base.errors import ClusterError
from autoscale.run.options import RunOptions
from autoscale.run.prepare import resolve
from tests.fidelity.conduct import SCENARIOS, namespace, run, told, turns

FILES = sorted(SCENARIOS.glob("*.yaml"))


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4, unique=True), st.integers(1, 9), st.integers(1, 9))
def test_every_pair_runs_side_by_side(scenarios: list[str], first: int, repeat: int) -> None:
    """Each scenario runs once a repetition on each cluster, the two right after each other."""
    order = turns(scenarios, range(first, first + repeat))
    assert set(Counter(order).values()) == {1}
    assert len(order) == 2 * len(scenarios) * repeat
    for one, other in zip(order[::2], order[1::2], strict=True):
        assert one[:2] == other[:2]
        assert {one[2], other[2]} == {"embedded", "local"}


def test_each_cluster_is_first_every_other_time() -> None:
    """Over two repetitions each cluster goes first once in every scenario, so that order favours neither."""
    order = turns(["step", "spike"], range(1, 3))
    assert Counter((scenario, platform) for _, scenario, platform in order[::2]) == {
        (scenario, platform): 1 for scenario in ("step", "spike") for platform in ("embedded", "local")
    }


def test_a_run_that_cannot_start_counts_as_failed(tmp_path: Path) -> None:
    """A run that leaves no record is kept as failed, with what the command said, and has no figures."""
    said: list[str] = []
    found = run((1, "absent", "embedded"), tmp_path, said.append)
    assert (found.outcome, found.counts, found.figures.ready) == ("failed", False, [])
    assert "no record" in found.why
    assert "absent" in (tmp_path / "1-absent-embedded" / "output.txt").read_text()
    assert said[0].startswith("1. absent on embedded: failed")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_scenario_is_short_and_moderate(path: Path) -> None:
    """Each scenario is valid, rises and falls back to where it began, and asks at most 30 requests per second."""
    points = resolve(RunOptions(scenario=str(path))).points
    rates = [rate for _, rate in points]
    assert path.stem == resolve(RunOptions(scenario=str(path))).name
    assert rates[0] == rates[-1] < max(rates) <= 30
    assert points[-1][0] <= 180


def test_there_are_three_scenarios() -> None:
    """Three scenarios are run."""
    assert len(FILES) == 3


def test_without_the_local_cluster_nothing_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the local cluster does not run, the error says how to start it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with pytest.raises(ClusterError, match="make cluster"), namespace():
        pass


def test_a_failed_run_is_told_by_its_error() -> None:
    """The error with its places is what a run failed of, not what stands before and after; else the last line."""
    output = "Starting ...\nError: the load cannot start\n  Pod/a: found Late\nRecord  runs/x\n"
    assert told(output) == "the load cannot start; Pod/a: found Late"
    assert told("one\ntwo\n") == "two"
    assert told("") == "nothing was said"
