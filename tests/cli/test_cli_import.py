"""``autoscale import`` from the shell: what it writes, what it says, and how it ends where it cannot."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import FIXTURES, Done

Autoscale = Callable[..., Done]
K6 = FIXTURES / "imports" / "k6-results.json.gz"


def test_other_tools_results_become_a_record(autoscale: Autoscale, tmp_path: Path) -> None:
    """The record says where it comes from and what is unknown; it can be judged by the objective that was given."""
    out = tmp_path / "run.jsonl"
    done = autoscale("import", K6, "--out", out, "-o", "p95 < 100s")
    assert (done.code, done.err) == (0, "")
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert done.out.startswith(f"{out}: {len(rows)} rows.\n")
    assert f"Look at it with: autoscale report {out}" in done.out
    assert all(f"  {note}" in done.out for note in rows[0]["environment"]["notes"])
    assert (rows[0]["environment"]["imported_from"], rows[0]["scenario"]["objectives"]) == ("k6", ["p95 < 100s"])
    judged = autoscale("judge", out)
    assert "p95 < 100s" in judged.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((K6, "-o", "p95 <"), "p95 <"),
        ((K6, "--from", "jmeter"), "jmeter"),
        (("nowhere.json",), "nowhere.json"),
        ((FIXTURES / "handmade.py",), "handmade.py"),
    ],
    ids=["objective", "tool", "absent", "unknown form"],
)
def test_what_cannot_be_imported_is_2_and_writes_nothing(
    autoscale: Autoscale, tmp_path: Path, words: tuple[str | Path, ...], said: str
) -> None:
    """The mistake is named, and no half a record is left."""
    done = autoscale("import", *words, "--out", tmp_path / "run.jsonl")
    assert (done.code, said in done.err) == (2, True), done.err
    assert not (tmp_path / "run.jsonl").exists()
