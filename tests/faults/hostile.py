"""Faults of the target: the load generator's own processes against a server that does not behave."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.faults.fault import Met, Wanted
from tests.loadtest.loadprocs import Load, network, plain_scenario
from tests.loadtest.rawserver import Raw, answering

SECONDS, RATE = 3, 10
HEALTHY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
MOST_MB = 400
ENDS_WELL = Wanted((0,))


@dataclass(frozen=True)
class Hostile:
    """A load on a server that answers with ``raw`` (None: nobody listens); ``fails``: every request has to fail. The
    workers end with 0, each request that was sent is counted, and no more than a bounded memory is taken."""

    name: str
    raw: Raw | None
    wanted: Wanted = ENDS_WELL
    fails: bool = True
    timeout: str = "1s"
    quick: bool = False

    def meet(self, home: Path) -> Met:
        """Load it, count, and load a healthy one."""
        (home / "hostile").mkdir()
        (home / "after").mkdir()
        met = self._load(home / "hostile", self.raw)
        began = time.monotonic()
        after = self._load(home / "after", Raw([HEALTHY]), fails=False)
        met.next_s = time.monotonic() - began
        met.amiss += [f"afterwards: {words}" for words in after.amiss]
        return met

    def _load(self, folder: Path, raw: Raw | None, *, fails: bool | None = None) -> Met:
        plain = plain_scenario("/", (f"requests.0.timeout={self.timeout}",), rate=RATE, seconds=SECONDS)
        net = network()
        with listening(f"{net}.1", raw) as url:
            load = Load(folder, net, plain, 1, 30)
            load._environment["LOADTEST_URL"] = url
            with load.role("master"), load.role("worker"), peaks(load) as most:
                codes = load.codes()
            rows = load.rows("worker-0", "load")
        sums = {name: sum(row[name] for row in rows) for name in ("planned", "sent", "answered", "dropped")}
        failed = sum(sum(row["failed"].values()) for row in rows)
        said = f"{codes} {sums} failed {failed}"
        met = Met(max(abs(code) for code in codes.values()), said, lost=holes([row["seq"] for row in rows]))
        met.amiss = self.wanted.amiss(met.code, said)
        met.amiss += [] if sums["planned"] == sums["sent"] + sums["dropped"] else [f"not all are counted: {said}"]
        met.amiss += [] if sums["sent"] == sums["answered"] + failed else [f"not all came to an end: {said}"]
        wants = self.fails if fails is None else fails
        met.amiss += [f"none failed: {said}"] if wants and sums["answered"] else []
        met.amiss += [f"some failed: {said}"] if not wants and failed else []
        met.amiss += [] if most else ["no process was measured"]
        met.amiss += [f"{name} took {mb:.0f} MB" for name, mb in most.items() if mb >= MOST_MB]
        return met


@contextmanager
def peaks(load: Load) -> Iterator[dict[str, float]]:
    """By process the most memory in MB that it has had resident, as last seen while it ran (VmHWM of proc(5)).

    Not the rusage of children: that has what this process itself had when it made them, and all who ended before.
    """
    most: dict[str, float] = {}
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.05):
            for name, child in load.processes.items():
                with suppress(OSError, StopIteration):
                    lines = Path(f"/proc/{child.pid}/status").read_text().splitlines()
                    most[name] = int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1024

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield most
    finally:
        done.set()
        looking.join()


@contextmanager
def listening(address: str, raw: Raw | None) -> Iterator[str]:
    """The URL of a server with these answers; of nobody where there are none."""
    if raw is None:
        yield f"http://{address}:9"
        return
    with answering(address, raw) as url:
        yield url


def holes(numbers: list[int]) -> int:
    """How many of a sequence that begins with 0 are not there."""
    return len(set(range(max(numbers, default=-1) + 1)) - set(numbers))
