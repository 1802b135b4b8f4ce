"""What a record does not hold is said to be unknown, in words, and never that nothing happened."""

import json
from pathlib import Path

import pytest

from autoscale import report
from autoscale.analysis import analyse
from autoscale.verdict.judging import judge
from tests.fixtures.handmade import T0, Record, step_run


def written(folder: Path, record: Record, reason: str = "done") -> Path:
    """The record as a file, of a run that ended so."""
    path = folder / "record.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in record.rows(reason=reason)))
    return path


def test_a_record_without_pods_does_not_say_that_nothing_scaled(tmp_path: Path) -> None:
    """Load alone, as another tool's results hold it: sizes are unknown; with the sizes of a quiet run they never
    changed."""
    record = Record([[0, 10], [60, 10]]).mark("load-start", 0).mark("load-end", 60).steady(0, 60, 10)
    page = report.render(written(tmp_path, record), "html")
    assert "How many pods there were was not recorded." in page
    assert "never changed" not in page
    assert "never scaled up" not in page
    page = report.render(written(tmp_path, record.scale(-1, 2)), "html")
    assert "The number of pods never changed." in page


def test_a_size_that_changed_while_nobody_heard_of_it_is_no_size_that_never_changed(tmp_path: Path) -> None:
    """A stalled connection: growth is told by when it was heard of, and nothing is said never to have happened."""
    gap = {"source": "deployments", "since": T0 + 62, "until": T0 + 90, "cause": "the connection stalled for 28 s"}
    quiet = Record([[0, 10], [60, 10]]).mark("load-start", 0).mark("load-end", 60).steady(0, 60, 10).scale(-1, 2)
    page = report.render(written(tmp_path, quiet.add("gap", 90, **gap)), "html")
    assert page.count("The number of pods never changed, as far as was heard.") == 2
    text = report.render(written(tmp_path, step_run().add("gap", 90, **gap)), "text")
    assert "in 1 step, first heard of 30 s after the load rose" in text
    assert "In the scale-up 4 → 10 at 1:30, not all of which was heard." in text
    assert "in 1 step, first 30 s after" in report.render(written(tmp_path, step_run()), "text")


def test_a_load_of_which_only_answers_are_known_is_a_load(tmp_path: Path) -> None:
    """What was planned is unknown in an import: the answers tell how high the load was."""
    record = Record().mark("load-start", 0).mark("load-end", 60).steady(0, 60, 10, planned=None, sent=None)
    page = report.render(written(tmp_path, record), "html")
    assert "No load was recorded" not in page
    assert "peaked at 10 requests per second" in page


@pytest.mark.parametrize(
    ("planned", "words"),
    [
        ("journeys", "45 journeys per second"),
        ("users", "45 users"),
        ("", "142 requests per second"),
        ("points", "45 users"),
    ],
)
def test_a_locustfiles_load_peaks_by_its_plan(tmp_path: Path, planned: str, words: str) -> None:
    """Its requests are counted as they end: 142 that a pod took with it in one second were not sent in one."""
    record = Record().mark("load-start", 0).mark("load-end", 60).steady(0, 59, 30).load(59, 142)
    record.header["scenario"].update({"points": [], "model": "closed" if planned == "points" else "open"})
    record.header["scenario"].update({**({planned: [[0, 5], [20, 45], [60, 4]]} if planned else {})})
    assert f"peaked at {words}." in report.render(written(tmp_path, record), "text")


def test_what_was_lost_with_pods_is_unknown_without_pods() -> None:
    """No pods, no sizes: `lost == 0` cannot be said; of a run that was seen it can."""
    blind = Record([[0, 10], [60, 10]]).mark("load-start", 0).mark("load-end", 60).steady(0, 60, 10)
    assert judge(analyse(blind.rows()), ["lost == 0"]).outcome == "unknown"
    assert judge(analyse(step_run().rows()), ["lost == 0"]).outcome == "pass"


@pytest.mark.parametrize("end", ["", "."])
def test_a_run_that_failed_before_its_load_says_why(tmp_path: Path, end: str) -> None:
    """What the run or its load generator said stands on the first screen; objectives are of a load that never was."""
    record = Record([[0, 10]], {"peak": (0, 60)}, ("p95 < 1s during peak",)).scale(-1, 2)
    record.add("mark", 5, name="generator-failed", at=T0 + 5, clk="observer", reason=f"0 of 1 load workers came{end}")
    page = report.render(written(tmp_path, record, reason="failed"), "text")
    assert "The run ended before its load: 0 of 1 load workers came. " in page
    assert "cannot be read" not in page
    assert "the record holds no load" in page


def test_data_without_a_load_are_not_a_run_that_sent_none(tmp_path: Path) -> None:
    """An import of pods alone holds no load; whether there was one nobody knows."""
    record = Record(environment={"imported_from": "prometheus"}).scale(-1, 2).scale(60, 4)
    page = report.render(written(tmp_path, record), "text")
    assert "The data hold no load." in page
    assert "No load was sent" not in page
