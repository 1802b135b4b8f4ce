"""What the checks of a record cost: numbers, sequences, sums and digest, beside the whole work that they are part of.

The recorder's work is everything from what its sources hear to the flushed row, without a cluster: the news of 1,000
pods, and 15 minutes of what a load worker logs of 50. The report's is that of an hour with 50 pods as HTML. The checks
are done once more by themselves over the same rows, in turns with the whole: a share of a few per cent is less than two
whole passes differ by on a busy machine.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from autoscale.cluster.client import Cluster
from autoscale.cluster.logs import Line
from autoscale.observe.fold import Fold
from autoscale.observe.scope import Scope
from autoscale.observe.view import View
from autoscale.record.digest import new_digest
from autoscale.record.ledger import Ledger, Numbers
from autoscale.record.rows.kinds import Row
from autoscale.record.totals import Totals
from autoscale.record.writer import Writer
from autoscale.report import formats
from autoscale.report.gather import gather
from autoscale.run.recorder import Recorder
from tests.benchmarks.bench_analysis import rows, write
from tests.benchmarks.bench_report import AUTOSCALE, usage
from tests.benchmarks.bench_services import BEGAN, news

_ROUNDS = 3
_LOG_HOURS, _REPORT_HOURS = 0.25, 1.0


def run() -> list[tuple[str, str]]:
    """Rows of (what, figure)."""
    with tempfile.TemporaryDirectory() as folder:
        return [*_recorder(Path(folder)), *_report(Path(folder))]


def _recorder(folder: Path) -> list[tuple[str, str]]:
    heard = [*news(["web"]), *_log()]
    whole, checks, count = [], [], 0
    for turn in range(_ROUNDS):
        record = folder / f"recorder-{turn}.jsonl"
        whole.append(_record(heard, record))
        checks.append(_checks(record, _recorders()))
        count = sum(1 for _ in record.open("rb"))
    return [(f"recorder: checks of {count:,} rows, of its CPU (5 % allowed)", _figure(checks, whole, count))]


def _log() -> Iterator[Line]:
    """What a load worker writes of 50 pods."""
    for row in rows(_LOG_HOURS):
        if row["k"] in ("load", "pod_load"):
            yield Line("loadtest-worker-0", json.dumps({k: row[k] for k in row if k != "t"}), row["t"], row["t"])


def _record(heard: Iterable[Any], path: Path) -> float:
    """CPU seconds of a recorder that takes in all of it."""
    scope = Scope("Deployment", "web", "web", "web", BEGAN, labels="app=web")
    with Writer(path) as writer, ExitStack() as stack:
        recorder = Recorder(cast("Cluster", SimpleNamespace()), "default", writer, Fold(scope), View(scope), stack)
        for item in heard:
            recorder.inbox.put(item)
        return _cpu(lambda: recorder.take(0))


def _report(folder: Path) -> list[tuple[str, str]]:
    record = folder / "report.jsonl"
    count = write(record, _REPORT_HOURS)
    command = [sys.executable, "-c", AUTOSCALE, "report", str(record), "--format", "html", "--out", f"{folder}/r.html"]
    whole, inside, checks = [], [], []
    for _ in range(_ROUNDS):
        whole.append(usage(command)[0])
        inside.append(_cpu(lambda: formats.render(gather(record), "html")))
        checks.append(_checks(record, Ledger().add))
    return [
        (f"report: checks of {count:,} rows, of the command's CPU (5 % allowed)", _figure(checks, whole, count)),
        ("  of its CPU without the program's start", _figure(checks, inside, count)),
    ]


def _checks(record: Path, check: Callable[[Row], None]) -> float:
    """CPU seconds of the digest over every line and of a check of every row."""
    digest, spent = new_digest(), 0.0
    with record.open("rb") as file:
        while lines := list(islice(file, 200)):
            decoded = [json.loads(line) for line in lines]
            spent += _cpu(partial(_each, digest.update, lines)) + _cpu(partial(_each, check, decoded))
    return spent


def _each(check: Callable[[Any], None], values: list[Any]) -> None:
    for value in values:
        check(value)


def _recorders() -> Callable[[Row], None]:
    """What the recorder does beside the digest: sums, and the sequence of each worker."""
    totals, sequences = Totals(), {"load": Numbers(), "pod_load": Numbers()}

    def check(row: Row) -> None:
        totals.add(row)
        if row["k"] == "load" or row["k"] == "pod_load":
            sequences[row["k"]].add(row["seq"])

    return check


def _cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _figure(checks: list[float], whole: list[float], count: int) -> str:
    least, most = min(checks), min(whole)
    return f"{100 * least / most:.1f} % ({1e6 * least / count:.1f} of {1e6 * most / count:.0f} us a row)"
