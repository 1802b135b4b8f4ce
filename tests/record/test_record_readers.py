"""Every reader of a record says so where it is not the one that the run wrote."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from autoscale.cli import main
from autoscale.record.reader import read
from autoscale.record.writer import Writer
from autoscale.whatif import refusals
from autoscale.whatif.calibrate import calibrate
from autoscale.whatif.evidence import gather

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "good.jsonl.gz"
Lines = list[bytes]
Harm = Callable[[Lines, int], Lines]

KINDS = ("load", "pod_load", "pod", "hpa", "usage", "event", "workload", "endpoint", "clock", "mark", "node")


def altered(lines: Lines, at: int) -> Lines:
    """A row that says another time, and is else as good as any."""
    row = json.loads(lines[at])
    row["t"] += 0.01
    return [*lines[:at], json.dumps(row, separators=(",", ":")).encode() + b"\n", *lines[at + 1 :]]


HARMS: dict[str, tuple[Harm, str]] = {
    "missing": (lambda lines, at: [*lines[:at], *lines[at + 1 :]], "1 row(s) is missing"),
    "doubled": (lambda lines, at: [*lines[: at + 1], *lines[at:]], "1 row(s) is there twice"),
    "swapped": (
        lambda lines, at: [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]],
        "1 row(s) is out of order",
    ),
    "altered": (altered, "the digest in the end is not that of the rows before it"),
}
READERS = {
    "record verify": ("record", "verify"),
    "judge a pass": ("judge", "-o", "p95 < 30s"),
    "judge a fail": ("judge", "-o", "p95 > 30s"),
    "report": ("report", "--format", "text"),
    "whatif": ("whatif", "--seeds", "3", "--set", "spec.maxReplicas=4"),
    "tune": ("tune",),
    "compare": ("compare", "--anyway"),
}
HARMED_KINDS = {"missing": "load", "doubled": "pod", "swapped": "usage", "altered": "hpa"}


def rewritten(folder: Path, run: str) -> Path:
    """The recorded run under another name, as the writer of today writes it."""
    folder.mkdir()
    with Writer(folder / "record.jsonl") as writer:
        for row in read(FIXTURE):
            named = {"run": run} if row["k"] == "header" else {}
            kept = {name: value for name, value in row.items() if name != "n"}
            writer.write({**kept, **named}, row["t"])  # type: ignore[arg-type]
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two runs' folders, untouched."""
    folder = tmp_path_factory.mktemp("whole")
    return rewritten(folder / "one", "one"), rewritten(folder / "other", "other")


def told(run: Path, base: Path, reader: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """How a reader ends with a run, and what it prints."""
    runs = [str(base), "--", str(run)] if reader == "compare" else [str(run)]
    with pytest.raises(SystemExit) as ended:
        main([*READERS[reader], *runs])
    printed = capsys.readouterr()
    return int(ended.value.code or 0), " ".join((printed.out + printed.err).split())


def harmed(folder: Path, run: Path, harm: str, kind: str) -> Path:
    """A copy of a record in which the middle row of a kind was harmed."""
    lines = (run / "record.jsonl").read_bytes().splitlines(keepends=True)
    of_kind = [at for at, line in enumerate(lines) if line.startswith(b'{"k":"%s"' % kind.encode())]
    path = folder / "record.jsonl"
    path.write_bytes(b"".join(HARMS[harm][0](lines, of_kind[len(of_kind) // 2])))
    return path


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("harm", HARMS)
def test_harm_to_a_row_of_any_source_is_named(
    tmp_path: Path, whole: tuple[Path, Path], capsys: pytest.CaptureFixture[str], harm: str, kind: str
) -> None:
    """Missing, doubled, swapped or altered, whoever wrote it down."""
    code, said = told(harmed(tmp_path, whole[0], harm, kind), whole[1], "record verify", capsys)
    assert (code, HARMS[harm][1] in said) == (5, True), said


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("harm", HARMS)
def test_each_reader_names_the_harm_and_knows_nothing(
    tmp_path: Path, whole: tuple[Path, Path], capsys: pytest.CaptureFixture[str], harm: str, reader: str
) -> None:
    """Neither a pass nor a fail nor a recommendation is taken from rows that are not as they were written."""
    code, said = told(harmed(tmp_path, whole[0], harm, HARMED_KINDS[harm]), whole[1], reader, capsys)
    assert HARMS[harm][1] in said
    assert code == 5 or (reader == "report" and "UNKNOWN" in said), said


@pytest.mark.parametrize(
    ("reader", "ends"), [("record verify", 0), ("judge a pass", 0), ("judge a fail", 1), ("report", 0), ("compare", 5)]
)
def test_an_untouched_record_is_read_as_before(
    whole: tuple[Path, Path], capsys: pytest.CaptureFixture[str], reader: str, ends: int
) -> None:
    """Nothing is said against its rows; one run a side cannot be compared for want of knowing the noise."""
    code, said = told(whole[0], whole[1], reader, capsys)
    assert code == ends
    assert "as it was written" not in said


def test_an_untouched_record_can_be_modelled(whole: tuple[Path, Path]) -> None:
    """Nothing speaks against asking what would have been."""
    seen = gather(whole[0])
    assert refusals.of_run(seen, calibrate(seen)) == []
