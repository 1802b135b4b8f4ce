"""A record is not as it was written."""

import gzip
import json
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

from autoscale.record.reader import read
from autoscale.record.writer import Writer
from tests.faults.fault import Fault, Wanted
from tests.faults.files import Given

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "good.jsonl.gz"
Lines = list[bytes]
JUDGE = ("judge", "FILE")
VERIFY = ("record", "verify", "FILE")
UNKNOWN = Wanted((5,), ["not as it was written"])
CUT = Wanted((5,), ["the record breaks off"])


@cache
def whole() -> Lines:
    """A recorded run as the writer of today writes it."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        with Writer(Path(folder) / "record.jsonl") as writer:
            for row in read(FIXTURE):
                writer.write({name: value for name, value in row.items() if name != "n"}, row["t"])  # type: ignore[arg-type]
        return (Path(folder) / "record.jsonl").read_bytes().splitlines(keepends=True)


def kept(harm: Callable[[Lines], Lines | bytes], name: str = "record.jsonl") -> Callable[[Path], Path]:
    """The record after some harm."""

    def make(folder: Path) -> Path:
        found = harm(list(whole()))
        (folder / name).write_bytes(found if isinstance(found, bytes) else b"".join(found))
        return folder / name

    return make


def place(lines: Lines, kind: str) -> int:
    """The middle row of a kind."""
    found = [at for at, line in enumerate(lines) if line.startswith(b'{"k":"%s"' % kind.encode())]
    return found[len(found) // 2]


def missing(kind: str) -> Callable[[Lines], Lines]:
    return lambda lines: [line for at, line in enumerate(lines) if at != place(lines, kind)]


def doubled(kind: str) -> Callable[[Lines], Lines]:
    return lambda lines: [*lines[: place(lines, kind) + 1], *lines[place(lines, kind) :]]


def swapped(lines: Lines) -> Lines:
    at = place(lines, "usage")
    return [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]]


def altered(kind: str, **fields: object) -> Callable[[Lines], Lines]:
    def harm(lines: Lines) -> Lines:
        at = place(lines, kind)
        row = {**json.loads(lines[at]), **fields}
        return [*lines[:at], json.dumps(row, separators=(",", ":")).encode() + b"\n", *lines[at + 1 :]]

    return harm


def rewritten(kind: str, change: Callable[[dict[str, object]], dict[str, object]]) -> Callable[[Path], Path]:
    """A whole record, digest and all, of a run in which the second half of the rows of a kind was like that."""

    def make(folder: Path) -> Path:
        rows = [json.loads(line) for line in whole()]
        middle = rows[len(rows) // 2]["n"]
        with Writer(folder / "record.jsonl") as writer:
            for row in rows:
                if row["n"] > middle and kind in (row["k"], "any") and row["k"] != "end":
                    row = change(row)
                writer.write({k: v for k, v in row.items() if k not in ("n", "digest")}, row["t"])  # type: ignore[arg-type]
        return folder / "record.jsonl"

    return make


def later(name: str, by_s: float) -> Callable[[dict[str, object]], dict[str, object]]:
    return lambda row: {**row, name: float(row[name]) + by_s}  # type: ignore[arg-type]


def using(**amounts: object) -> Callable[[dict[str, object]], dict[str, object]]:
    """What metrics-server says of every container."""
    return lambda row: {**row, "containers": dict.fromkeys(row["containers"], amounts)}  # type: ignore[attr-defined]


def holding(**fields: object) -> Callable[[dict[str, object]], dict[str, object]]:
    """With these in place of what was there."""
    return lambda row: {**row, **fields}


def containers(**fields: object) -> Callable[[dict[str, object]], dict[str, object]]:
    """Every container of a pod with these."""
    return lambda row: {**row, "containers": [{**one, **fields} for one in row["containers"]]}  # type: ignore[attr-defined]


def odd(name: str, make: Callable[[Path], Path], wanted: Wanted) -> Fault:
    return Given(name, JUDGE, make, wanted, kept(lambda lines: lines))


def judged(name: str, harm: Callable[[Lines], Lines | bytes], wanted: Wanted = UNKNOWN) -> Fault:
    return Given(name, JUDGE, kept(harm), wanted, kept(lambda lines: lines))


def verified(name: str, harm: Callable[[Lines], Lines | bytes], wanted: Wanted, file: str = "record.jsonl") -> Fault:
    return Given(name, VERIFY, kept(harm, file), wanted, kept(lambda lines: lines))


NO_RECORD = Wanted((2,))
SENSELESS = Wanted((5,), ["say what cannot be"])


def pipe(folder: Path) -> Path:
    """A named pipe that nobody opens."""
    os.mkfifo(folder / "record.jsonl")
    return folder / "record.jsonl"


FAULTS: list[Fault] = [
    Given("a pipe to which nobody writes", JUDGE, pipe, Wanted((2,), ["nobody writes"]), kept(lambda lines: lines)),
    *(judged(f"a {kind} row is missing", missing(kind)) for kind in ("load", "hpa", "pod", "workload")),
    *(judged(f"a {kind} row is there twice", doubled(kind)) for kind in ("load", "event", "usage")),
    judged("two rows have changed places", swapped),
    judged("a size was changed", altered("hpa", desired=99)),
    judged("a time was changed", altered("workload", t=0.0)),
    judged("answers were added to a row", altered("load", answered=1_000_000)),
    judged("the first half alone", lambda lines: lines[: len(lines) // 2], CUT),
    judged("cut in the middle of a row", lambda lines: [*lines[:-9], lines[-9][:40]], CUT),
    judged("rows behind the end", lambda lines: [*lines, lines[-2]]),
    judged("two records in one file", lambda lines: [*lines, *lines], Wanted((5,))),
    judged("the header is missing", lambda lines: lines[1:], NO_RECORD),
    judged("a row that is no JSON", lambda lines: [*lines[:50], b"{nonsense\n", *lines[50:]], NO_RECORD),
    judged("a row of bytes that are no text", lambda lines: [*lines[:50], b"\xff\xfe\x00\n", *lines[50:]], NO_RECORD),
    judged("a row whose fields have other types", altered("load", at="soon", planned={}), NO_RECORD),
    judged("a file of zeros", lambda _: b"\0" * 4096, NO_RECORD),
    judged("an empty file", lambda _: b"", NO_RECORD),
    odd("the clock was set back by 5 s", rewritten("any", later("t", -5.0)), Wanted((5,))),
    odd("the clock was set back by an hour", rewritten("any", later("t", -3600.0)), Wanted((5,))),
    odd("the clock was set on by an hour", rewritten("any", later("t", 3600.0)), Wanted((5,), ["was set on"])),
    odd("samples of metrics an hour late", rewritten("usage", later("at", -3600.0)), Wanted((0,))),
    odd("samples of metrics from the future", rewritten("usage", later("at", 3600.0)), Wanted((0,))),
    odd("samples of metrics below 0", rewritten("usage", using(cpu_m=-500, mem_b=-1)), SENSELESS),
    odd("samples of metrics of 1e300", rewritten("usage", using(cpu_m=1e300, mem_b=10**14)), SENSELESS),
    odd("samples of metrics of a million cores", rewritten("usage", using(cpu_m=1e9, mem_b=1)), SENSELESS),
    odd("answers below 0", rewritten("load", holding(answered=-5)), SENSELESS),
    odd("failures below 0", rewritten("load", holding(failed={"timeout": -5})), SENSELESS),
    odd("latencies below 0", rewritten("load", holding(response={"0": {"-3": 5}})), SENSELESS),
    odd("latencies of years", rewritten("load", holding(response={"0": {"999999": 5}})), SENSELESS),
    odd("latencies of requests of tomorrow", rewritten("load", holding(response={"-100": {"30": 5}})), SENSELESS),
    odd("a number of latencies below 0", rewritten("load", holding(response={"0": {"30": -5}})), SENSELESS),
    odd("a generator's CPU of 1e300", rewritten("load", holding(cpu_s=1e300)), SENSELESS),
    odd("a wanted size below 0", rewritten("hpa", holding(desired=-5)), SENSELESS),
    odd("a wanted size that the API cannot say", rewritten("hpa", holding(desired=10**12)), SENSELESS),
    odd("ready pods below 0", rewritten("workload", holding(ready=-5)), SENSELESS),
    odd("restarts below 0", rewritten("pod", containers(restarts=-5)), SENSELESS),
    verified("packed and cut off", lambda lines: gzip.compress(b"".join(lines))[:-2000], Wanted((5,)), "r.jsonl.gz"),
    verified("packed and spoilt", lambda lines: b"\x1f\x8b" + b"\1" * 500, Wanted((2,)), "r.jsonl.gz"),
    verified("called packed and not packed", lambda lines: lines, Wanted((2,)), "r.jsonl.gz"),
    verified("line ends of another system", lambda lines: [line[:-1] + b"\r\n" for line in lines], Wanted((5,))),
]
