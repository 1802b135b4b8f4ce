"""The load generator beside vegeta and wrk: CPU per request, and the highest rate that one core keeps exactly.

One master and one worker, as in pods, against a trivial server, all on this machine; what is measured has core 0 for
itself where there are two, the rest shares the others. vegeta and wrk get the same core in turns with the generator, so
that what else the machine does meets them all. They keep all their connections; so does the generator beside them.

``python -m tests.benchmarks.bench_generator FOLDER`` also measures the generator of another checkout, in the same
turns.
"""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from statistics import median
from typing import Any

from autoscale.base.errors import AutoscaleError
from loadtest import histogram, scenario
from tests.local_cluster.gobuild import Part, build

VEGETA = Part("vegeta", "vegeta", "tool")
SIDE_BY_SIDE = 5000
TURNS, TURN_S = 3, 6
CLIMB, STAGE_S = (5000, 10_000, 15_000, 20_000, 25_000, 30_000, 40_000), 4
LAG_S = 0.005
NET = "127.251.7"
HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@dataclass(frozen=True)
class Kept:
    """How a rate went: CPU per request in us, lag and response in ms; ``clean``: all of it, in time."""

    rate: int
    cpu_us: float
    clean: bool
    lag_p50: float
    lag_p99: float
    response_p99: float


def run(other: Path | None = None) -> list[tuple[str, str]]:
    """(what, figure) of the generator; about two minutes."""
    with _process(["python", str(HERE / "echo_server.py"), f"{NET}.1"], others=True, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        server.stdout.readline()
        figures = _side_by_side(other)
        stages = _load(CLIMB, STAGE_S)
        vegeta = _highest_of_vegeta()
    load = "load average {:.1f}, {:.1f}, {:.1f}".format(*os.getloadavg())
    # As for vegeta: the last rate before the first that was not kept.
    best = next(reversed(list(takewhile(lambda stage: stage.clean, stages))), None)
    if best is None:
        figures.append(("generator: highest rate kept by one worker on one core", "none"))
    else:
        lag = f"{best.cpu_us:.0f} us a request, lag p50, p99 {best.lag_p50:.2f}, {best.lag_p99:.2f} ms"
        figures.append(("generator: highest rate kept by one worker on one core", f"{best.rate}/s ({lag})"))
    figures.append(("generator: the same of vegeta", vegeta))
    figures += [
        (f"generator: CPU per request at {stage.rate}/s", f"{stage.cpu_us:.0f} us, lag p99 {stage.lag_p99:.2f} ms")
        for stage in stages
    ]
    return [*figures, ("generator: measured with", load)]


def _side_by_side(other: Path | None) -> list[tuple[str, str]]:
    """CPU per request of each, the median of turns."""
    turns: dict[str, list[float | None]] = {}
    for _ in range(TURNS):
        turn: dict[str, float | None] = {
            "generator": _load((SIDE_BY_SIDE,), TURN_S, close_share=0)[0].cpu_us,
            "vegeta": _vegeta(SIDE_BY_SIDE, TURN_S)[0],
            "wrk (as fast as it can)": _wrk(),
            "generator, a tenth of the connections new": _load((SIDE_BY_SIDE,), TURN_S)[0].cpu_us,
        }
        if other is not None:
            turn["the other checkout"] = _load((SIDE_BY_SIDE,), TURN_S, root=other, close_share=0)[0].cpu_us
            turn["the other checkout, a tenth new"] = _load((SIDE_BY_SIDE,), TURN_S, root=other)[0].cpu_us
        for name, cpu_us in turn.items():
            turns.setdefault(name, []).append(cpu_us)
    return [(f"CPU per request at {SIDE_BY_SIDE}/s: {name}", _shown(found)) for name, found in turns.items()]


def _shown(found: list[float | None]) -> str:
    known = [one for one in found if one is not None]
    if not known:
        return "unknown (not installed)"
    return f"{median(known):.0f} us ({', '.join(f'{one:.0f}' for one in known)})"


def _load(rates: tuple[int, ...], each_s: int, root: Path = ROOT, **load: Any) -> list[Kept]:
    """Run the generator at some rates, one after the other."""
    parts = [{"name": f"r{rate}", "duration": each_s, "rate": rate} for rate in rates]
    data = {"name": "bench", "load": {"plan": parts} | load, "requests": [{"path": "/"}]}
    environment = os.environ | {
        "LOADTEST_SCENARIO": json.dumps(scenario.resolve(scenario.parse(data, "bench", HERE)).model_dump()),
        "LOADTEST_URL": f"http://{NET}.1:8080",
        "LOADTEST_MASTER_SERVICE_HOST": f"{NET}.2",
        "JOB_COMPLETION_INDEX": "0",
    }
    with tempfile.TemporaryFile("w+") as log, ExitStack() as stack:
        for role, address, out in (("master", f"{NET}.2", subprocess.DEVNULL), ("worker", f"{NET}.3", log)):
            mine = environment | {"POD_NAME": role, "POD_IP": address}
            command = ["python", "-m", "loadtest.driver", role]
            others = role == "master"
            child = stack.enter_context(_process(command, others=others, stdout=out, env=mine, cwd=root))
        child.wait()
        log.seek(0)
        rows = [row for line in log if (row := json.loads(line))["k"] == "load"]
    # The first second of each is the jump.
    return [_kept(rate, rows[n * each_s + 1 : (n + 1) * each_s]) for n, rate in enumerate(rates)]


def _kept(rate: int, rows: list[dict[str, Any]]) -> Kept:
    lag = histogram.merge(histogram.from_json(row["lag"]) for row in rows)
    response = histogram.merge(histogram.from_json(b) for row in rows for b in row["response"].values())
    answered = sum(row["answered"] for row in rows)
    lag_p50, lag_p99 = (1000 * (one or 0.0) for one in histogram.quantiles(lag, (0.5, 0.99)))
    clean = all(not row["dropped"] and not row["failed"] for row in rows) and answered >= 0.99 * rate * len(rows)
    return Kept(
        rate,
        sum(row["cpu_s"] for row in rows) / max(1, answered) * 1e6,
        clean and lag_p99 <= 1000 * LAG_S,
        lag_p50,
        lag_p99,
        1000 * (histogram.quantile(response, 0.99) or 0.0),
    )


def _vegeta(rate: int, seconds: int) -> tuple[float | None, bool]:
    """vegeta's CPU per request in us, and whether it kept the rate; (None, False) where it cannot be built."""
    try:
        program = str(build(VEGETA) / "vegeta")
    except AutoscaleError:
        return None, False
    with tempfile.TemporaryDirectory() as folder:
        results = f"{folder}/results"
        command = [program, "attack", f"-rate={rate}", f"-duration={seconds}s", f"-output={results}"]
        with subprocess.Popen(["echo", f"GET http://{NET}.1:8080/"], stdout=subprocess.PIPE) as target:
            spent = _cpu_s(command, stdin=target.stdout, env=os.environ | {"GOMAXPROCS": "1"})
        report = json.loads(subprocess.check_output([program, "report", "-type=json", results]))
    kept = report["success"] == 1 and report["throughput"] >= 0.99 * rate
    return spent / max(1, report["requests"]) * 1e6, kept


def _highest_of_vegeta() -> str:
    """The highest of the rates that vegeta kept: it knows no lag."""
    best = 0
    for rate in CLIMB:
        cpu_us, kept = _vegeta(rate, STAGE_S)
        if cpu_us is None:
            return "unknown (needs Go)"
        if not kept:
            break
        best = rate
    return f"{best}/s" if best else f"less than {CLIMB[0]}/s"


def _wrk() -> float | None:
    """wrk's CPU per request in us, None where it is not installed."""
    if shutil.which("wrk") is None:
        return None
    with tempfile.TemporaryFile("w+") as out:
        spent = _cpu_s(["wrk", "-t1", "-c16", "-d3", f"http://{NET}.1:8080/"], stdout=out)
        out.seek(0)
        match = re.search(r"(\d+) requests in", out.read())
    return spent / int(match[1]) * 1e6 if match else None


def _cpu_s(command: list[str], **options: Any) -> float:
    """Run a command on core 0; the CPU seconds that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with _process(command, others=False, **options) as child:
        child.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@contextmanager
def _process(command: list[str], *, others: bool, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A process on core 0, or on the other cores; gone afterwards."""
    cores = os.sched_getaffinity(0)
    mine = {min(cores)} if not others else cores - {min(cores)} or cores
    executable = [sys.executable, *command[1:]] if command[0] == "python" else command
    with subprocess.Popen(executable, text=True, **options) as child:
        os.sched_setaffinity(child.pid, mine)
        try:
            yield child
        finally:
            child.kill()


if __name__ == "__main__":
    for what, figure in run(Path(sys.argv[1]) if sys.argv[1:] else None):
        print(f"{what}: {figure}")
