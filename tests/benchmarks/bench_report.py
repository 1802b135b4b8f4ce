"""The HTML report of a day: CPU time beside one plain ``json.loads`` pass, memory, size, and the first draw.

The report is made by the command a user types, in a process of its own; the day's record is 0.6 GB in a temporary
folder. The draw is timed in Chromium, from the navigation to the frame after the last chart is complete.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.bench_analysis import PODS, write
from tests.browsers import chromium

_ROUNDS = 3
_PASS = "import json, sys\nfor line in open(sys.argv[1], encoding='utf-8'):\n    json.loads(line)"
# The peak comes from the process itself: the kernel's rusage of a child begins with its parent's.
AUTOSCALE = """
import atexit, sys
from autoscale.cli import main
def peak():
    print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM:")), file=sys.stderr)
atexit.register(peak)
sys.exit(main())
"""
_DRAWN = """() => new Promise((done) => {
  const ready = () => document.querySelectorAll("#charts canvas").length === 4;
  const check = () => requestAnimationFrame(ready() ? () => done(performance.now()) : check);
  check();
})"""


def run(lengths: Sequence[float] = (1.0, 6.0, 24.0)) -> list[tuple[str, str]]:
    """What was measured, a row for each length in hours."""
    return [(f"HTML report of {hours:g} h, {PODS} pods", _measure(hours)) for hours in lengths]


def _measure(hours: float) -> str:
    with tempfile.TemporaryDirectory() as folder:
        record, page = Path(folder) / "record.jsonl", Path(folder) / "report.html"
        write(record, hours)
        make = [sys.executable, "-c", AUTOSCALE, "report", str(record), "--format", "html", "--out", str(page)]
        turns = [
            (usage([sys.executable, "-c", _PASS, str(record)]), usage(make))
            for _ in range(_ROUNDS if hours <= 6 else 1)
        ]
        base, took = (min(cpu for cpu, _ in column) for column in zip(*turns, strict=True))
        memory = max(int(told) / 1024 for _, (_, told) in turns)
        sizes = f"{memory:.0f} MB of memory for {record.stat().st_size / 1e6:.0f} MB, page {_mb(page)}"
        return f"{took / base:.2f} x a plain json.loads pass ({took:.1f} s), {sizes}, {_first_draw(page)}"


def usage(command: list[str]) -> tuple[float, str]:
    """CPU seconds of a command, its start included, and what it said on stderr; raises where it fails."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        told = process.stderr.read() if process.stderr else ""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=told)
    return used.ru_utime + used.ru_stime, told


def _mb(page: Path) -> str:
    return f"{page.stat().st_size / 1e6:.2f} MB"


def _first_draw(path: Path) -> str:
    """The median of three first draws, each in a browser context of its own."""
    if not shutil.which("chromium"):
        return "first draw not measured: no Chromium"
    with chromium() as browser:
        times = []
        for _ in range(3):
            context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
            page = context.new_page()
            page.goto(path.as_uri(), wait_until="commit")
            times.append(page.evaluate(_DRAWN))
            context.close()
    return f"first draw {sorted(times)[1] / 1000:.2f} s"
