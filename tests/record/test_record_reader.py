"""The record is read back as it was written, or refused with a reason."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscale.base.errors import AutoscaleError, InputError
from autoscale.base.exits import ExitCode
from autoscale.record import reader
from autoscale.record.reader import locate, read
from autoscale.record.writer import Writer

HEADER: dict[str, Any] = {
    "k": "header",
    "schema": 1,
    "run": "r1",
    "scenario": {},
    "target": {},
    "objects": [],
    "context": {},
    "versions": {},
    "hpa_config": {},
    "environment": {},
    "histogram": {"min_s": 1e-4, "growth": 1.02},
    "accepted": [],
}
GAP = {"k": "gap", "source": "pods", "since": 1.0, "until": 2.0, "cause": "cut"}


def write(path: Path, *rows: dict[str, Any]) -> Path:
    with Writer(path) as writer:
        for row in rows:
            writer.write(row, now=10.0)
    return path


def test_round_trip(tmp_path: Path) -> None:
    """What the writer wrote is what the reader gives, numbered and stamped."""
    path = write(tmp_path / "r.jsonl", HEADER, GAP)
    assert list(read(path)) == [{**HEADER, "n": 0, "t": 10.0, "digest": "sha256/end"}, {**GAP, "n": 1, "t": 10.0}]


@given(st.lists(st.tuples(st.floats(0, 2e9), st.text()), max_size=20))
def test_any_text_and_time_survives(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, str]]) -> None:
    """Any string and any finite time survives the round trip."""
    gaps = [{**GAP, "since": at, "cause": cause} for at, cause in rows]
    path = write(tmp_path_factory.mktemp("r") / "r.jsonl", HEADER, *gaps)
    back = [(row["since"], row["cause"]) for row in read(path) if row["k"] == "gap"]
    assert back == rows


def test_a_compressed_record_reads_like_a_plain_one(tmp_path: Path) -> None:
    """A .gz record gives the same rows."""
    plain = write(tmp_path / "r.jsonl", HEADER, GAP)
    packed = tmp_path / "r.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert list(read(packed)) == list(read(plain))


@pytest.mark.parametrize("kind", ["usage", "load", "pod"])
def test_a_text_that_is_no_utf8_is_refused_by_number(tmp_path: Path, kind: str) -> None:
    """A broken byte inside a text of any kind of row is told as corrupt, by line; as the very last line it is cut."""
    record = Path(__file__).resolve().parents[1] / "fixtures" / "good.jsonl.gz"
    lines = gzip.decompress(record.read_bytes()).splitlines(keepends=True)
    place = next(i for i, line in enumerate(lines) if line.startswith(b'{"k":"' + kind.encode() + b'"'))
    name = next(name for name in (b'"pod_uid":"', b'"uid":"', b'"clk":"') if name in lines[place])
    lines[place] = lines[place].replace(name, name + b"\x80", 1)
    path = tmp_path / "record.jsonl"
    path.write_bytes(b"".join(lines))
    with pytest.raises(InputError) as caught:
        list(read(path))
    assert f"line {place + 1}" in str(caught.value.problems)
    path.write_bytes(b"".join(lines[: place + 1]))
    assert len(list(read(path))) == place


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_a_cut_last_line_is_left_out(tmp_path: Path, cut: int) -> None:
    """A run that was killed in the middle of a row is a readable shorter run."""
    path = write(tmp_path / "r.jsonl", HEADER, GAP, GAP)
    path.write_bytes(path.read_bytes()[: -1 - cut])
    assert [row["k"] for row in read(path)] == ["header", "gap"]


@pytest.mark.parametrize("name", ["r.jsonl", "r.jsonl.gz"])
def test_a_line_without_an_end_ends_the_reading(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small packed file can claim any size: it is told as corrupt, and no more of it is read than a line may hold."""
    monkeypatch.setattr(reader, "_LONGEST_LINE", 10_000)
    opened = gzip.open if name.endswith(".gz") else open
    whole = write(tmp_path / "whole.jsonl", HEADER, GAP).read_bytes()
    for rows, says in ((b"", "is not a record"), (whole, "is corrupt")):
        with opened(tmp_path / name, "wb") as file:
            file.write(rows + b'{"k":"' + b"a" * 50_000)
        with pytest.raises(InputError, match=says):
            list(read(tmp_path / name))


def test_a_cut_compressed_record_gives_what_is_whole(tmp_path: Path) -> None:
    """A compressed record that breaks off gives the rows before the break."""
    path = write(tmp_path / "r.jsonl", HEADER, *[{**GAP, "cause": str(i)} for i in range(500)])
    packed = tmp_path / "r.jsonl.gz"
    packed.write_bytes(gzip.compress(path.read_bytes())[:-200])
    rows = list(read(packed))
    assert rows[0]["k"] == "header"
    assert len(rows) < 501


def test_a_broken_line_inside_is_refused_by_number(tmp_path: Path) -> None:
    """A broken line that is not the last one is named."""
    path = write(tmp_path / "r.jsonl", HEADER, GAP)
    path.write_text(path.read_text() + "{oops\n" + json.dumps({**GAP, "n": 3, "t": 1}) + "\n")
    with pytest.raises(InputError, match="line 3"):
        list(read(path))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not a record of this tool"),
        ("hello\nworld\n", "not a record of this tool"),
        ('{"metric":"http_reqs"}\n', "autoscale import"),
        ('{"k":"header","schema":0}\n', "the release that wrote it"),
        ('{"k":"header","schema":2}\n', "newer release"),
        ("[1]\n", "no header"),
    ],
)
def test_what_is_not_a_record_is_refused(tmp_path: Path, text: str, says: str) -> None:
    """Empty, foreign, older and newer files end in one error that says what they are."""
    path = tmp_path / "x.jsonl"
    path.write_text(text)
    with pytest.raises(InputError, match=says):
        list(read(path))


@pytest.mark.parametrize(
    ("change", "says"),
    [({"since": "soon"}, "gap.since"), ({"cause": None}, "gap.cause"), ({"until": 1e999}, "gap.until")],
)
def test_a_field_of_the_wrong_type_is_named(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    """A field that is missing, of another type, or not finite is named with its line."""
    path = write(tmp_path / "r.jsonl", HEADER)
    path.write_text(
        path.read_text() + json.dumps({**GAP, "n": 1, "t": 1.0, **change}).replace("Infinity", "1e999") + "\n"
    )
    with pytest.raises(InputError, match=says):
        list(read(path))


def test_half_a_surrogate_pair_is_a_string(tmp_path: Path) -> None:
    """A message that was cut inside a character is read as it is, not taken for a broken line."""
    path = write(tmp_path / "r.jsonl", HEADER, {**GAP, "cause": "cut \ud83d"}, GAP)
    assert [row.get("cause") for row in read(path)] == [None, "cut \ud83d", "cut"]


def test_a_nan_inside_is_a_broken_line(tmp_path: Path) -> None:
    """NaN is no JSON: a line with it is refused by number, a last one is left out."""
    path = write(tmp_path / "r.jsonl", HEADER, GAP)
    broken = json.dumps({**GAP, "n": 2, "t": 1.0, "since": float("nan")}) + "\n"
    path.write_text(path.read_text() + broken)
    assert len(list(read(path))) == 2
    path.write_text(path.read_text() + broken)
    with pytest.raises(InputError, match="line 3"):
        list(read(path))


def test_nan_is_never_written(tmp_path: Path) -> None:
    """A NaN is refused when written, not found when read."""
    with pytest.raises(ValueError, match="JSON compliant"):
        write(tmp_path / "r.jsonl", HEADER, {**GAP, "since": float("nan")})


def test_a_folder_means_its_record(tmp_path: Path) -> None:
    """The folder of a run stands for its record; a folder without one is refused."""
    record = write(tmp_path / "record.jsonl", HEADER)
    assert locate(tmp_path) == record
    with pytest.raises(InputError, match="no record"):
        locate(tmp_path.parent)


def test_a_full_disk_is_one_error_and_no_traceback(tmp_path: Path) -> None:
    """What the disk refuses is told once, as something that was not seen; leaving the writer tells nothing more."""
    with Writer(tmp_path / "r.jsonl") as writer:
        writer.write(HEADER, now=10.0)
        writer._file.close()
        writer._file = Path("/dev/full").open("wb")  # noqa: SIM115 - the writer closes it
        with pytest.raises(AutoscaleError, match="cannot be written any further") as caught:
            writer.write(GAP, now=11.0)
    assert caught.value.exit_code == ExitCode.UNKNOWN
    assert writer.rows == 1
