"""A file that was given in the place of another is told by what it is, and where it belongs."""

import gzip
import os
from pathlib import Path

import pytest

from autoscale.base.errors import InputError
from autoscale.cli.manifests import documents
from autoscale.record.reader import read
from loadtest import scenario
from loadtest.errors import ScenarioError
from loadtest.strays import HEAD_BYTES, of_bytes, of_file, of_name

FIXTURES = Path(__file__).parents[1] / "fixtures"
RECORD = gzip.decompress((FIXTURES / "good.jsonl.gz").read_bytes())
SCENARIO = b"# Mine.\nname: x\nload:\n  rate: 1\n"
MANIFEST = b"# Ours.\napiVersion: apps/v1\nkind: Deployment\n"
FILES = {
    "an empty file": b"",
    "a run's record": RECORD,
    "a page (HTML)": b"<!DOCTYPE html>\n<html><head>",
    "a Kubernetes manifest": MANIFEST,
    "a scenario": SCENARIO,
    "text in UTF-16": SCENARIO.decode().encode("utf-16"),
    "a file packed by gzip": gzip.compress(RECORD),
    "a file packed by zip": b"PK\x03\x04 and so on",
    "bytes that are no text in UTF-8": b"\x89PNG\r\n\0\0\0",
}


@pytest.mark.parametrize("what", FILES)
def test_what_begins_like_something_is_told(what: str) -> None:
    """By its first bytes, wherever they came from."""
    stray = of_bytes(FILES[what][:HEAD_BYTES])
    assert stray is not None
    assert stray.what == what


@pytest.mark.parametrize("text", [b"hello\n", b"[1, 2]\n", b'{"a": 1}\n', b"time,value\n0,1\n", b"  kind: of text\n"])
def test_what_nobody_knows_is_nothing(text: bytes) -> None:
    """Text, JSON and tables of others are not taken for what they may hold."""
    assert of_bytes(text) is None


def test_an_address_is_no_file() -> None:
    """Also where a path has made one slash of two; a drive or a name with a colon is none."""
    for name in ("https://x/record.jsonl", "http:/x/record.jsonl", "s3://bucket/x"):
        assert of_name(name), name
    for name in ("c:/x", "runs/10:15/x", "x:y", "deployment/web"):
        assert of_name(name) is None, name


@pytest.mark.parametrize("what", [what for what in FILES if what != "a run's record"])
def test_in_the_place_of_a_record(what: str, tmp_path: Path) -> None:
    """It says what it found, and what to do with it."""
    (tmp_path / "x").write_bytes(FILES[what])
    with pytest.raises(InputError, match="is not a record of this tool") as caught:
        list(read(tmp_path / "x"))
    stray = of_file(tmp_path / "x")
    assert stray is not None
    assert (caught.value.problems[0].found, caught.value.fix) == (what, stray.fix)


@pytest.mark.parametrize("what", [what for what in FILES if what != "a scenario"])
def test_in_the_place_of_a_scenario(what: str, tmp_path: Path) -> None:
    """The same, though a manifest is YAML, and an empty file too."""
    (tmp_path / "x").write_bytes(FILES[what])
    with pytest.raises(ScenarioError, match="is not a scenario") as caught:
        scenario.load(tmp_path / "x")
    assert caught.value.problems[0].found == what


def test_a_scenario_with_a_mistake_stays_one(tmp_path: Path) -> None:
    """A near miss: its own fields are named, not its kind."""
    (tmp_path / "x").write_bytes(SCENARIO.replace(b"load:", b"laod:") + b"requests: []\n")
    with pytest.raises(ScenarioError, match="The scenario x is wrong") as caught:
        scenario.load(tmp_path / "x")
    assert "x: load" in [problem.where for problem in caught.value.problems]


def test_where_no_scenario_stands(tmp_path: Path) -> None:
    """An address, a folder and a pipe are told from a name that is not there."""
    os.mkfifo(tmp_path / "pipe")
    told = {"https://x/y.yaml": "an address", tmp_path: "a folder", tmp_path / "pipe": "what is no ordinary file"}
    for name, found in told.items():
        with pytest.raises(ScenarioError) as caught:
            scenario.load(name)
        assert caught.value.problems[0].found == found


@pytest.mark.parametrize("what", ["a run's record", "a page (HTML)", "text in UTF-16", "a file packed by gzip"])
def test_in_the_place_of_a_manifest(what: str, tmp_path: Path) -> None:
    """Behind what YAML says of it stands what it seems to be."""
    (tmp_path / "x").write_bytes(FILES[what] + b'<p class="a">: {\n')
    with pytest.raises(InputError) as caught:
        documents(tmp_path / "x")
    assert f"This seems to be {what}." in caught.value.fix


def test_a_text_that_is_too_long_for_a_scenario_is_not_read(tmp_path: Path) -> None:
    """YAML of megabytes takes minutes."""
    (tmp_path / "x").write_bytes(b"a" * (3 << 20))
    with pytest.raises(ScenarioError, match="more than 2 MiB"):
        scenario.load(tmp_path / "x")
