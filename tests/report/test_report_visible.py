"""What others wrote is shown, never obeyed: control characters and overrides of the reading order, at every edge."""

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscale.base.visible import one_line, visible, visible_in
from autoscale.cli import main
from autoscale.report import formats, gather
from autoscale.report.formats.html import asset
from autoscale.web.live import Live
from tests.fixtures.handmade import step_run

ATTACK = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.exe\r\x00\nVerdict: PASS"
RAW = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record in which names, messages, reasons and causes are attacks."""
    made = step_run()
    made.event(60, "SuccessfulRescale", ATTACK).add("gap", 60, source="pods", since=0.0, until=3.0, cause=ATTACK)
    made.header["scenario"]["name"] = made.header["run"] = made.header["context"]["name"] = ATTACK
    made.header["scenario"]["objectives"] = ["p95 < 500ms", ATTACK]
    made.header["objects"] = [{"kind": ATTACK, "metadata": {"name": ATTACK}}]
    path = tmp_path_factory.mktemp("attack") / "record.jsonl"
    path.write_text("".join(json.dumps(_attacked(row)) + "\n" for row in made.rows()))
    return path


def _attacked(row: dict[str, Any]) -> dict[str, Any]:
    """The row with what conditions say replaced."""
    conditions = row.get("conditions") if row["k"] == "hpa" else None
    return {**row, "conditions": {k: {**v, "message": ATTACK} for k, v in conditions.items()}} if conditions else row


@pytest.mark.parametrize("form", formats.names())
def test_no_form_of_a_report_holds_what_a_terminal_would_obey(record: Path, form: str) -> None:
    """Text, Markdown, HTML, JSON and JUnit show it written out; JSON and XML can still be read."""
    text = formats.render(gather(record), form)
    assert not RAW.search(text)
    if form in ("text", "markdown"):  # elsewhere a line is nothing of its own
        assert "\nVerdict: PASS" not in text
    if form == "json":
        assert json.loads(text)["analysis"]["scenario"]["name"] == ATTACK
    if form == "junit":
        assert "^[[2J" in str(ElementTree.fromstring(text).get("name"))
    if form == "html":
        data = re.findall(r"<script[^>]*application/json[^>]*>(.*?)</script>", text, re.DOTALL)
        assert data
        assert not RAW.search(json.dumps([json.loads(one) for one in data], ensure_ascii=False))


def test_commands_print_nothing_that_a_terminal_would_obey(record: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Their words and their errors, whatever the record or the arguments hold."""
    for arguments in (["report", str(record)], ["judge", str(record)], ["report", f"/absent/{ATTACK}"], [ATTACK]):
        with pytest.raises(SystemExit):
            main([one.replace("\x00", "") for one in arguments])
    told = capfd.readouterr()
    assert told.out
    assert told.err
    assert not RAW.search(told.out + told.err)


def test_the_live_page_gets_none(record: Path) -> None:
    """Events and names come to the browser written out."""
    live = Live()
    for line in record.read_text().splitlines():
        live.add(json.loads(line))
    assert not RAW.search(json.dumps(live.since(0, None), ensure_ascii=False))


@given(st.text())
def test_what_is_shown_can_be_printed_and_shows_the_same_twice(text: str) -> None:
    """Nothing unseen is left, halves of surrogate pairs neither; what is harmless stays."""
    shown = visible(text)
    assert not RAW.search(shown)
    shown.encode()
    assert visible(shown) == shown
    assert one_line(text).count("\n") == 0
    assert visible_in({"a": [text, 1, None]}) == {"a": [shown, 1, None]}


@pytest.mark.parametrize(("text", "shown"), [
    ("\x1b[31m", "^[[31m"), ("a\rb", "a\\rb"), ("\u202e", "\\u202e"), ("\x9b", "\\u009b"), ("\x07", "\\u0007"),
    ("two\nlines\tand a tab", None), ("größer, 日本, 🚀, 👩‍💻, ✅", None), ("%s \\n ^[", None),
])  # fmt: skip
def test_as_kubectl_shows_it(text: str, shown: str | None) -> None:
    """Escape and carriage return as kubectl writes them; letters of any script and lines stay."""
    assert visible(text) == (shown or text)


def test_the_pages_own_parts_hold_none() -> None:
    """Scripts and styles that stand in a report are not changed by it."""
    for name in ("templates/report.css", "templates/charts.js", "vendor/uplot/uPlot.iife.min.js"):
        assert visible(asset(name)) == asset(name)


def test_commands_print_through_one_door() -> None:
    """No file of the command line prints by itself."""
    commands = (Path(__file__).parents[2] / "autoscale" / "cli").glob("*.py")
    assert [path.name for path in commands if re.search(r"\bclick\.echo\b|\bprint\(", path.read_text())] == ["say.py"]
