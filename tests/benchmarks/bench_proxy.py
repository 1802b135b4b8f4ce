"""The service proxy's speed: requests a second and p99 through it, beside the same without it."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autoscale.embedded.addresses import claim_block
from autoscale.embedded.kubelet.limiter import cpu_time_s
from autoscale.embedded.proxy import forward

SPAN_S = 4
_UNIT_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def run() -> list[tuple[str, str]]:
    """Rows of (what, figure)."""
    if shutil.which("wrk") is None:
        return [("service proxy", "not measured: wrk is not installed (apt install wrk)")]
    block = claim_block()
    host, backend = str(block.services[2]), str(block.pods[1])
    with _backend(backend), _proxy(host, backend) as pid:
        direct, _ = _wrk(f"http://{backend}:8080/", connections=16)
        before = cpu_time_s(pid)
        through, requests = _wrk(f"http://{host}:80/", connections=16)
        cpu_us = (cpu_time_s(pid) - before) / requests * 1e6
        alone, added = _p99(f"http://{backend}:8080/"), _p99(f"http://{host}:80/")
    block.release()
    return [
        ("service proxy: requests/s through it (direct), 16 connections", f"{through:,.0f} ({direct:,.0f})"),
        ("service proxy: own CPU per request", f"{cpu_us:.0f} us"),
        ("service proxy: p99 through it (direct), one connection", f"{added:.2f} ms ({alone:.2f} ms)"),
    ]


@contextmanager
def _backend(address: str) -> Iterator[None]:
    script = Path(__file__).parent / "echo_server.py"
    with subprocess.Popen([sys.executable, str(script), address], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield
        process.kill()


@contextmanager
def _proxy(host: str, backend: str) -> Iterator[int]:
    table = json.dumps([{"host": host, "port": 80, "backends": [[backend, 8080]]}])
    with subprocess.Popen([sys.executable, "-I", str(forward.__file__)], stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(table.encode() + b"\n")
        process.stdin.flush()
        _wait(f"http://{host}:80/")
        yield process.pid


def _wait(url: str) -> None:
    """Until it answers."""
    while "requests in" not in _output(url, 1, 1) or "Socket errors" in _output(url, 1, 1):
        pass


def _output(url: str, connections: int, span_s: int) -> str:
    argv = ["wrk", "-t1", f"-c{connections}", f"-d{span_s}", "--latency", url]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout


def _wrk(url: str, connections: int) -> tuple[float, int]:
    """(requests a second, requests)."""
    text = _output(url, connections, SPAN_S)
    rate, count = re.search(r"Requests/sec:\s+([\d.]+)", text), re.search(r"(\d+) requests in", text)
    assert rate is not None
    assert count is not None
    return float(rate[1]), int(count[1])


def _p99(url: str) -> float:
    """In milliseconds."""
    found = re.search(r"99%\s+([\d.]+)(us|ms|s)", _output(url, 1, SPAN_S))
    assert found is not None
    return float(found[1]) * _UNIT_MS[found[2]]
