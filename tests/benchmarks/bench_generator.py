"""The load generator: the highest rate that one worker keeps exactly, and its CPU per request beside wrk's.

One master and one worker, as in pods, against a trivial server, all on this machine; the worker has core 0 for
itself where there are two, the rest shares the others. The plan climbs; a rate is kept if nothing is dropped,
everything is answered and the lag's p99 is at most 5 ms over the stage.
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
from pathlib import Path
from typing import Any

from loadtest import histogram, scenario

RATES = (500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500, 5000)
STAGE_S = 4
LAG_S = 0.005
NET = "127.251.7"
HERE = Path(__file__).parent


def run() -> list[tuple[str, str]]:
    """(what, figure) of the generator; about a minute."""
    with _process(["python", str(HERE / "echo_server.py"), f"{NET}.1"], others=True, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        server.stdout.readline()
        seconds = _load()
        wrk = _wrk()
    stages = [_stage(seconds, n) for n in range(len(RATES))]
    kept = [stage for stage in stages if stage["kept"]]
    best = kept[-1] if kept else None
    figures = [("generator: highest rate kept by one worker on one core", f"{best['rate']}/s" if best else "none")]
    if best:
        figures += [
            ("generator: lag at that rate, p50 and p99", f"{best['p50']:.2f} ms and {best['p99']:.2f} ms"),
            ("generator: CPU per request at that rate", f"{best['cpu_us']:.0f} us"),
        ]
        figures.append(("generator: its CPU per request over wrk's", _ratio(best["cpu_us"], wrk)))
    return figures


def _stage(seconds: list[dict[str, Any]], n: int) -> dict[str, Any]:
    """What became of one rate; its first second is the jump and is left out."""
    rows = seconds[n * STAGE_S + 1 : (n + 1) * STAGE_S]
    lag = histogram.merge(histogram.from_json(row["lag"]) for row in rows)
    answered = sum(row["answered"] for row in rows)
    p99 = histogram.quantile(lag, 0.99)
    clean = all(not row["dropped"] and not row["failed"] for row in rows) and answered >= 0.99 * RATES[n] * len(rows)
    return {
        "rate": RATES[n],
        "kept": clean and p99 is not None and p99 <= LAG_S,
        "p50": 1000 * (histogram.quantile(lag, 0.5) or 0),
        "p99": 1000 * (p99 or 0),
        "cpu_us": sum(row["cpu_s"] for row in rows) / max(1, answered) * 1e6,
    }


def _load() -> list[dict[str, Any]]:
    """Run the climbing plan; the worker's rows by second."""
    parts = [{"name": f"r{rate}", "duration": STAGE_S, "rate": rate} for rate in RATES]
    data = {"name": "bench", "load": {"plan": parts}, "requests": [{"path": "/"}]}
    environment = os.environ | {
        "LOADTEST_SCENARIO": json.dumps(scenario.resolved(scenario.parse(data, "bench", HERE))),
        "LOADTEST_URL": f"http://{NET}.1:8080",
        "LOADTEST_MASTER_SERVICE_HOST": f"{NET}.2",
        "JOB_COMPLETION_INDEX": "0",
    }
    with tempfile.TemporaryFile("w+") as log, ExitStack() as stack:
        for role, address, out in (("master", f"{NET}.2", subprocess.DEVNULL), ("worker", f"{NET}.3", log)):
            mine = environment | {"POD_NAME": role, "POD_IP": address}
            command = ["python", "-m", "loadtest.driver", role]
            child = stack.enter_context(_process(command, others=role == "master", stdout=out, env=mine))
        child.wait()
        log.seek(0)
        return [row for line in log if (row := json.loads(line))["k"] == "load"]


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


def _wrk() -> float | None:
    """wrk's CPU per request in microseconds, None where it is not installed."""
    if shutil.which("wrk") is None:
        return None
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["wrk", "-t1", "-c16", "-d4", f"http://{NET}.1:8080/"]
    with _process(command, others=False, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        text = child.stdout.read()
        child.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    match = re.search(r"(\d+) requests in", text)
    return spent / int(match[1]) * 1e6 if match else None


def _ratio(ours: float, wrk: float | None) -> str:
    return "unknown (wrk is not installed: apt install wrk)" if wrk is None else f"{ours / wrk:.0f} x ({wrk:.0f} us)"


if __name__ == "__main__":
    for what, figure in run():
        print(f"{what}: {figure}")
