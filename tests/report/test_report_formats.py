"""The formats of a report: what they say, and that nothing from a record can break out of them."""

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autoscale import report
from autoscale.base.errors import AutoscaleError, InputError
from autoscale.record.reader import read
from autoscale.report.formats.markdown import escape, fenced

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
FIXTURE = FIXTURES / "real-step.jsonl.gz"
NASTY = "</script><img src=x onerror=alert(1)>|`*[x](javascript:1)\u0001"


def record(path: Path, change: Callable[[dict[str, Any]], dict[str, Any] | None] = lambda row: row) -> Path:
    """The real record with every row changed (None: left out)."""
    rows = (change(row) for row in read(FIXTURE))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows if row is not None))
    return path


def nasty(row: dict[str, Any]) -> dict[str, Any]:
    """Every text that a cluster or a user chooses holds markup."""
    if row["k"] == "header":
        row["scenario"]["name"] = NASTY
        row["scenario"]["objectives"] = [*row["scenario"]["objectives"], f"p95 < {NASTY}"]
        row["context"]["name"] = NASTY
    if row["k"] == "pod":
        row["name"] += NASTY
    if row["k"] == "event":
        row["message"] = row["reason"] = NASTY
    if row["k"] == "hpa":
        for condition in row["conditions"].values():
            condition["message"] = condition["reason"] = NASTY
    return row


@pytest.fixture(scope="module")
def nasty_record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("nasty") / "record.jsonl", nasty)


def test_html_escapes_what_a_record_says(nasty_record: Path) -> None:
    """No text of a record becomes an element of the page, neither in the markup nor in the inlined data."""
    page = report.render(nasty_record, "html")
    assert "<img" not in page
    assert page.count("</script>") == page.count("<script")
    assert "&lt;img src=x" in page


def test_markdown_escapes_what_a_record_says(nasty_record: Path) -> None:
    """No text of a record becomes HTML, a link or another table cell."""
    text = report.render(nasty_record, "markdown")
    outside = re.sub(r"(`{3,}).*?\1", "", text, flags=re.DOTALL)
    assert not re.search(r"(?<!\\)<", outside)
    assert not re.search(r"(?<!\\)\]\(", outside)
    for table in re.findall(r"(?:^\|.*\n)+", outside, flags=re.MULTILINE):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(widths) == 1


def test_junit_stays_xml_whatever_a_record_says(nasty_record: Path) -> None:
    """The JUnit file parses, and the objective that cannot be read is an error, not a pass."""
    suite = ElementTree.fromstring(report.render(nasty_record, "junit"))
    (case,) = [case for case in suite if "onerror" in case.get("name", "")]
    assert {child.tag for child in case} & {"error", "failure"}


def test_junit_counts_what_it_holds() -> None:
    """Tests, failures and errors are the numbers of the elements; a run that held has none."""
    suite = ElementTree.fromstring(report.render(FIXTURE, "junit"))
    assert int(suite.get("tests", "")) == len(suite.findall("testcase")) > 1
    assert int(suite.get("failures", "")) == len(suite.findall(".//failure"))
    assert int(suite.get("errors", "")) == len(suite.findall(".//error"))


def test_junit_tells_times_and_values() -> None:
    """Suite and cases have a time in seconds, and each objective its value and bound, whether it held or not."""
    suite = ElementTree.fromstring(report.render(FIXTURES / "maxed-out.jsonl.gz", "junit"))
    assert float(suite.get("time", "")) == pytest.approx(121.3, abs=0.1)
    assert suite.get("timestamp") == "2026-11-23T20:34:23"
    told = {
        case.get("name", ""): {item.get("name"): item.get("value") for item in case.iter("property")} for case in suite
    }
    assert told["errors < 1%"] == {"value": "0.9635%", "bound": "< 1%"}
    assert told["p95 < 500ms"]["bound"] == "< 500ms"
    assert all(float(case.get("time", "")) > 0 for case in suite)


def test_json_holds_verdict_findings_and_analysis() -> None:
    """The JSON is one object with its schema version, and has no NaN."""
    value = json.loads(report.render(FIXTURE, "json"), parse_constant=pytest.fail)
    assert value["schema"] == 1
    assert {"verdict", "findings", "analysis", "answers", "in_short"} <= set(value)
    assert value["verdict"]["outcome"] in ("pass", "fail", "unknown", "invalid")


def test_text_is_short_and_begins_with_the_verdict() -> None:
    """A terminal gets the verdict first and no more than a screen."""
    lines = report.render(FIXTURE, "text").splitlines()
    assert lines[0].startswith("Verdict: ")
    assert len(lines) < 25


def test_every_format_of_a_record_that_only_began(tmp_path: Path) -> None:
    """A record that holds its header alone gives a report in every format, and no pass."""
    path = record(tmp_path / "record.jsonl", lambda row: row if row["k"] == "header" else None)
    for form in report.formats.names():
        assert report.render(path, form)
    assert report.gather(path).verdict.outcome in ("unknown", "invalid")


@pytest.mark.parametrize(
    "kind", ["load", "pod", "hpa", "workload", "usage", "endpoint", "event", "mark", "clock", "end"]
)
def test_every_format_of_a_record_without_one_source(tmp_path: Path, kind: str) -> None:
    """A record in which one source is missing altogether gives a report in every format."""
    path = record(tmp_path / "record.jsonl", lambda row: row if row["k"] != kind else None)
    for form in report.formats.names():
        assert report.render(path, form)


def test_a_report_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """Where the file cannot be written there is one error and no half a file."""
    with pytest.raises(AutoscaleError, match="cannot write"):
        report.save("text", tmp_path / "no" / "such" / "folder.html")
    report.save("text", tmp_path / "a.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("out", [".", "/", "..", "folder", "file/report.html", "n" * 300])
def test_a_place_that_holds_no_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str) -> None:
    """A folder by whatever name, a file taken for a folder, a name too long: one error, and nothing is left behind."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(AutoscaleError, match="cannot write"):
        report.save("text", Path(out))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_what_is_no_record_is_refused(tmp_path: Path) -> None:
    """A file of something else ends in one error, whatever the format."""
    (tmp_path / "x").write_text("hello\n")
    for form in report.formats.names():
        with pytest.raises(InputError, match="not a record"):
            report.render(tmp_path / "x", form)


def test_a_fence_is_longer_than_what_it_holds() -> None:
    """Backticks inside a code block cannot end it; plain text is fenced with three."""
    assert fenced("a").startswith("```\n")
    assert fenced("a ``` b").startswith("````\n")


def test_escaped_text_is_one_line() -> None:
    """Line breaks would begin something new in Markdown."""
    assert escape("a\n# b") == "a \\# b"


def short_peak(row: dict[str, Any]) -> dict[str, Any]:
    """The same run, planned to be over before anything grew."""
    if row["k"] == "header":
        row["scenario"]["points"] = [[0, 10], [30, 10], [30, 60], [38, 60], [38, 10], [300, 10]]
    return row


def test_a_lower_bound_is_not_told_as_the_first_growth(tmp_path: Path) -> None:
    """Where the load fell again before anything grew, the text gives no time from its rise; else it does."""
    assert "12.6 s after the load rose" in report.render(FIXTURE, "text")
    text = report.render(record(tmp_path / "record.jsonl", short_peak), "text")
    assert "The workload grew from 2 to 10 pods" in text
    assert "after the load rose" not in text
