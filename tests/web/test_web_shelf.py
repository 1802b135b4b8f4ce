"""What the start page offers."""

import json
import os
from pathlib import Path

from autoscale.cli.ui import overrides
from autoscale.web import Launch, shelf
from loadtest import scenario as scenarios


def run(folder: Path, name: str, *, age: int, title: str | None = "pass: smoke", header: str | None = None) -> None:
    (folder / name).mkdir(parents=True)
    record = folder / name / "record.jsonl"
    record.write_text(header or json.dumps({"k": "header", "t": 5.0, "scenario": {"name": "smoke"}}) + "\n")
    os.utime(record, (1000 - age, 1000 - age))
    if title:
        (folder / name / "report.html").write_text(f"<html><head><title>{title}</title>")


def test_every_built_in_scenario_is_offered() -> None:
    """Each scenario is there with its length, its highest rate and a description, the shortest first."""
    found = shelf.choices()
    assert {choice.name for choice in found} == set(scenarios.names())
    assert [choice.duration_s for choice in found] == sorted(choice.duration_s for choice in found)
    assert all(choice.peak > 0 and choice.description for choice in found)
    units = {choice.name: choice.unit for choice in found}
    assert (units["smoke"], units["shop"]) == ("requests per second", "journeys per second")


def test_earlier_runs_are_shown_newest_first(tmp_path: Path) -> None:
    """A run is told with its verdict, one without a report as such, and what is no run is left out."""
    run(tmp_path, "old", age=20, title="fail: smoke")
    run(tmp_path, "new", age=10)
    run(tmp_path, "cut-off", age=5, title=None)
    run(tmp_path, "broken", age=1, header="{\n")
    run(tmp_path, "foreign", age=1, header="[]\n")
    run(tmp_path, "deep", age=1, header="[" * 100_000 + "\n")
    run(tmp_path, "huge", age=1, header='{"t": %s, "scenario": {"name": "x"}}' % ("9" * 400))
    (tmp_path / "notes.txt").write_text("x")
    found = [(past.name, past.verdict, past.has_report) for past in shelf.past_runs(tmp_path)]
    assert found == [("cut-off", "no report", False), ("new", "pass", True), ("old", "fail", True)]


def test_a_time_that_is_none_is_not_told(tmp_path: Path) -> None:
    """The page reads JSON, which has no infinity."""
    run(tmp_path, "odd", age=1, header='{"t": 1e999, "scenario": {"name": "x"}}')
    (found,) = shelf.past_runs(tmp_path)
    assert found.began is None


def test_no_folder_is_no_runs(tmp_path: Path) -> None:
    """Before the first run the folder is not there, and that is no error."""
    assert shelf.past_runs(tmp_path / "runs") == []


def test_factors_become_the_scenarios_own_settings() -> None:
    """Twice the rate and half the time give a plan of just that; factors of one change nothing."""
    assert overrides(Launch("first-look")) == ()
    plain = scenarios.resolve(scenarios.load("first-look")).model_dump()
    changed = scenarios.resolve(scenarios.load("first-look", overrides(Launch("first-look", 2, 0.5)))).model_dump()
    assert changed["duration_s"] == plain["duration_s"] / 2
    assert max(rate for _, rate in changed["points"]) == 2 * max(rate for _, rate in plain["points"])
