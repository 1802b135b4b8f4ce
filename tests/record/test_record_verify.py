"""A record can be trusted to be the one that the run wrote."""

import gzip
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autoscale.analysis import analyse
from autoscale.cli import main
from autoscale.record.reader import read
from autoscale.record.writer import Writer
from autoscale.verdict.validity import validity

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "real-step.jsonl.gz"
Lines = list[bytes]


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Lines:
    """A recorded run as the writer of today writes it."""
    path = tmp_path_factory.mktemp("whole") / "record.jsonl"
    with Writer(path) as writer:
        for row in read(FIXTURE):
            writer.write({name: value for name, value in row.items() if name != "n"}, row["t"])  # type: ignore[arg-type]
    return path.read_bytes().splitlines(keepends=True)


def written(folder: Path, lines: Lines) -> Path:
    path = folder / "record.jsonl"
    path.write_bytes(b"".join(lines))
    return path


def verified(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit code and the words of `autoscale record verify`."""
    with pytest.raises(SystemExit) as ended:
        main(["record", "verify", str(path)])
    told = capsys.readouterr()
    return int(ended.value.code or 0), told.out + told.err


def of_kind(lines: Lines, kind: str, number: int = 0) -> int:
    return [i for i, line in enumerate(lines) if line.startswith(b'{"k":"%s"' % kind.encode())][number]


def without(kind: str) -> Callable[[Lines], Lines]:
    return lambda lines: [line for i, line in enumerate(lines) if i != of_kind(lines, kind, 3)]


def of_no_kind(lines: Lines) -> Lines:
    """A row whose kind and number are no longer there."""
    at = of_kind(lines, "pod", 3)
    row = {**json.loads(lines[at]), "k": "", "n": ""}
    return [*lines[:at], json.dumps(row).encode() + b"\n", *lines[at + 1 :]]


def doubled(lines: Lines) -> Lines:
    at = of_kind(lines, "pod", 3)
    return [*lines[:at], lines[at], *lines[at:]]


def swapped(lines: Lines) -> Lines:
    at = of_kind(lines, "usage", 3)
    return [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]]


def altered(lines: Lines) -> Lines:
    at = of_kind(lines, "hpa", 1)
    row = {**json.loads(lines[at]), "desired": 99}
    return [*lines[:at], json.dumps(row, separators=(",", ":")).encode() + b"\n", *lines[at + 1 :]]


def renumbered(lines: Lines) -> Lines:
    """A load row taken out with every trace but the totals: numbers, counts and digest are made to fit."""
    rows = [json.loads(line) for line in without("load")(lines)]
    left, sent = [], 0
    for n, row in enumerate(rows):
        row["n"] = n
        if row["k"] == "load":
            row["seq"], sent = sent, sent + 1
        if row["k"] == "end":
            row["rows"] = n + 1
            row["digest"] = hashlib.sha256(b"".join(left)).hexdigest()
        left.append(json.dumps(row, separators=(",", ":")).encode() + b"\n")
    return left


def undigested(lines: Lines) -> Lines:
    """As if an older release had written it; but then its header would name no digest."""
    return [*lines[:-1], lines[-1].rpartition(b',"digest":')[0] + b"}\n"]


HARM = {
    "a missing pod row": (without("pod"), "1 row(s) is missing"),
    "a missing load row": (without("load"), "1 load row(s) of worker 0 is missing"),
    "a missing usage row": (without("usage"), "the end counts"),
    "a doubled row": (doubled, "there twice"),
    "two rows swapped": (swapped, "out of order"),
    "a row of no kind": (of_no_kind, "1 row(s) is missing"),
    "an altered row": (altered, "the digest in the end is not that of the rows before it"),
    "rows behind the end": (lambda lines: [*lines, lines[5]], "1 row(s) stand behind the end"),
    "half a row behind the end": (lambda lines: [*lines, lines[5][:40]], "1 row(s) stand behind the end"),
    "zeros behind the end": (lambda lines: [*lines, bytes(512)], "1 row(s) stand behind the end"),
    "an end without its digest": (undigested, "the digest in the end is not that of the rows before it"),
    "a load row taken out with care": (renumbered, "the end's total of answered"),
}


def test_a_whole_record_is_whole(tmp_path: Path, lines: Lines, capsys: pytest.CaptureFixture[str]) -> None:
    """What the writer wrote verifies, packed too, with the digest that any SHA-256 gives; nothing is amiss."""
    path = written(tmp_path, lines)
    code, said = verified(path, capsys)
    assert code == 0
    digest = hashlib.sha256(b"".join(lines).rpartition(b',"digest":')[0]).hexdigest()
    assert re.search(rf"is whole: {len(lines)} rows, digest {digest}\.", said)
    packed = tmp_path / "record.jsonl.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert verified(packed, capsys)[0] == 0
    assert analyse(read(path)).faults == ()


@pytest.mark.parametrize("behind", [b"garbage", gzip.compress(b"more")[:-4]], ids=["bytes", "half a member"])
def test_what_stands_behind_a_packed_end_is_told(
    tmp_path: Path, lines: Lines, behind: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not so the zeros to which some fill up a packed file, nor a check sum that holds; one that does not is damage."""
    packed, whole = tmp_path / "record.jsonl.gz", gzip.compress(b"".join(lines))
    for data, code in ((whole + behind, 5), (whole + bytes(512), 0), (whole[:-8] + bytes(4) + whole[-4:], 5)):
        packed.write_bytes(data)
        assert verified(packed, capsys)[0] == code


def test_an_empty_line_behind_the_end_is_nothing(
    tmp_path: Path, lines: Lines, capsys: pytest.CaptureFixture[str]
) -> None:
    """An editor's; no row can be meant by it."""
    assert verified(written(tmp_path, [*lines, b" \n"]), capsys)[0] == 0


@pytest.mark.parametrize(
    "change",
    [{"reason": "failed"}, {"t": 5.0}, {"more": 1}, {"totals": {}}],
    ids=str,
)
def test_an_end_that_says_something_else_is_not_as_it_was_written(
    tmp_path: Path, lines: Lines, change: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Whether a run was done or failed stands in the end alone: its digest covers it too."""
    end = json.loads(lines[-1])
    assert end != {**end, **change}
    for changed in ({**end, **change}, {**change, **end, **change}):
        digest = changed.pop("digest")
        made = json.dumps({**changed, "digest": digest}, separators=(",", ":")).encode() + b"\n"
        path = written(tmp_path, [*lines[:-1], made])
        assert "the digest in the end is not" in verified(path, capsys)[1]
        path.unlink()
    behind = lines[-1].replace(b"}\n", b',"reason":"failed"}\n')
    assert "the digest in the end is not" in verified(written(tmp_path, [*lines[:-1], behind]), capsys)[1]


def test_a_record_whose_digest_is_of_the_lines_before_its_end_is_whole(
    tmp_path: Path, lines: Lines, capsys: pytest.CaptureFixture[str]
) -> None:
    """As an older release made it (``sha256``)."""
    header, end = json.loads(lines[0]), json.loads(lines[-1])
    older = [json.dumps({**header, "digest": "sha256"}, separators=(",", ":")).encode() + b"\n", *lines[1:-1]]
    end["digest"] = hashlib.sha256(b"".join(older)).hexdigest()
    older.append(json.dumps(end, separators=(",", ":")).encode() + b"\n")
    assert verified(written(tmp_path, older), capsys)[0] == 0
    (tmp_path / "record.jsonl").unlink()
    assert "the digest in the end is not" in verified(written(tmp_path, altered(older)), capsys)[1]


def of_kind_named(lines: Lines, name: str | None) -> Lines:
    """The same rows under a header that names this kind of digest, or none, and with the digest of older releases."""
    header, end = json.loads(lines[0]), json.loads(lines[-1])
    header.pop("digest")
    header |= {"digest": name} if name else {}
    left = [json.dumps(header, separators=(",", ":")).encode() + b"\n", *lines[1:-1]]
    end["digest"] = hashlib.blake2b(b"".join(left), digest_size=16).hexdigest()
    return [*left, json.dumps(end, separators=(",", ":")).encode() + b"\n"]


def test_a_record_of_an_older_release_is_whole(
    tmp_path: Path, lines: Lines, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its header names no kind of digest: it is BLAKE2b of 16 bytes, and harm to it is seen."""
    older = of_kind_named(lines, None)
    assert verified(written(tmp_path, older), capsys)[0] == 0
    (tmp_path / "record.jsonl").unlink()
    assert "the digest in the end is not" in verified(written(tmp_path, altered(older)), capsys)[1]


def test_a_digest_of_a_kind_that_only_a_newer_release_knows_cannot_be_checked(
    tmp_path: Path, lines: Lines, capsys: pytest.CaptureFixture[str]
) -> None:
    """That is said, and is neither a pass nor harm to the verdict."""
    path = written(tmp_path, of_kind_named(lines, "sha9"))
    assert verified(path, capsys)[0] == 5
    assert analyse(read(path)).faults == ()


@pytest.mark.parametrize(("harm", "says"), HARM.values(), ids=HARM)
def test_harm_is_named_and_makes_the_verdict_unknown(
    tmp_path: Path, lines: Lines, capsys: pytest.CaptureFixture[str], harm: Callable[[Lines], Lines], says: str
) -> None:
    """A row that is missing, there twice, moved or changed is named by `record verify` and by the run's validity."""
    path = written(tmp_path, harm(lines))
    code, said = verified(path, capsys)
    assert code == 5
    assert says in said
    check = next(check for check in validity(analyse(read(path))).checks if check.name == "whole")
    assert check.effect == "unknown"
    assert says in check.words


def test_an_older_record_is_judged_as_before(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a digest nobody can say that a record is whole; its analysis finds nothing amiss all the same."""
    code, said = verified(FIXTURE, capsys)
    assert code == 5
    assert "no digest" in said
    assert analyse(read(FIXTURE)).faults == ()


def test_a_record_that_breaks_off_is_not_whole(
    tmp_path: Path, lines: Lines, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without its end a record is not whole, even where no row in it is amiss."""
    code, said = verified(written(tmp_path, lines[:-40]), capsys)
    assert (code, "breaks off" in said) == (5, True)


def test_what_is_no_record_cannot_be_verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of another kind, and one that is not there, are bad input."""
    assert verified(written(tmp_path, [b"hello\n"]), capsys)[0] == 2
    assert verified(tmp_path / "nothing.jsonl", capsys)[0] == 2


@pytest.mark.parametrize(
    "odd",
    [
        {"totals": {"answered": "x"}},
        {"totals": {"failed": [1]}},
        {"reason": "tired"},
        {"rows": -1},
        {"reason": "", "totals": ""},
    ],
)
def test_an_end_that_makes_no_sense_is_a_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lines: Lines, odd: dict[str, Any]
) -> None:
    """Whatever else is wrong in it: it is told, and nothing is compared with it."""
    end = json.dumps({**json.loads(lines[-1]), **odd}).encode()
    code, said = verified(written(tmp_path, [*lines[:-1], end]), capsys)
    assert (code, "the end is not as it was written" in said) == (5, True)


def test_holes_that_the_record_tells_of_are_no_harm(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A worker's rows that were lost before they were recorded stand in it as a gap: it is whole without them."""
    rows: list[Any] = [row for row in read(FIXTURE) if row["k"] != "load" or row["seq"] != 7]
    answered = sum(row["answered"] for row in rows if row["k"] == "load")
    rows[-1] = {**rows[-1], "rows": len(rows) + 1, "totals": {"answered": answered}}
    gap = {"k": "gap", "t": rows[-1]["t"], "source": "load/0", "since": 1.0, "until": 2.0, "cause": "lost"}
    path = tmp_path / "record.jsonl"
    with Writer(path) as writer:
        for row in [*rows[:-1], gap, rows[-1]]:
            writer.write({name: value for name, value in row.items() if name != "n"}, row["t"])  # type: ignore[arg-type]
    assert verified(path, capsys)[0] == 0
