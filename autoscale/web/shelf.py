"""What the start page offers: the built-in scenarios, and the runs that lie in a folder."""

import json
import math
import re
from pathlib import Path

from autoscale.web.desk import Choice, PastRun
from loadtest import scenario as scenarios
from loadtest.models import Resolved

_MOST_RUNS = 50
_TITLE = re.compile(r"<title>([a-z]+): ")
_HEAD_BYTES = 4096
_LONGEST_HEADER = 64 * 2**20


def choices() -> list[Choice]:
    """The built-in scenarios, shortest first."""
    built_in = (scenarios.resolve(scenarios.load(name)) for name in scenarios.names())
    return sorted(map(_choice, built_in), key=lambda choice: choice.duration_s)


def _choice(item: Resolved) -> Choice:
    points, unit = item.points, "requests per second"
    if item.files is not None:  # what a locustfile's users send is not known before
        points, unit = (item.journeys, "journeys per second") if item.journeys else (item.users or [], "users")
    return Choice(
        name=item.name,
        description=" ".join(item.description.split()),
        duration_s=item.duration_s,
        peak=max((value for _, value in points), default=0.0),
        unit=unit,
    )


def past_runs(folder: Path) -> list[PastRun]:
    """The newest runs in ``folder``, newest first; what cannot be read is left out."""
    aged = [(age, path) for path in folder.glob("*/record.jsonl") if (age := _written(path)) is not None]
    newest = [path for _, path in sorted(aged, reverse=True)]
    return [run for path in newest[:_MOST_RUNS] if (run := _past_run(path))]


def _written(record: Path) -> float | None:
    """When a record was written last; None for what is no file, or has gone meanwhile."""
    try:
        return record.stat().st_mtime if record.is_file() else None
    except OSError:
        return None


def _past_run(record: Path) -> PastRun | None:
    try:
        with record.open(encoding="utf-8") as file:
            header = json.loads(file.readline(_LONGEST_HEADER))
        name, began = str(header["scenario"]["name"]), float(header["t"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError, OverflowError):
        return None
    verdict = _verdict(record.with_name("report.html"))
    return PastRun(
        name=record.parent.name,
        began=began if math.isfinite(began) else None,
        scenario=name,
        verdict=verdict or "no report",
        has_report=verdict is not None,
    )


def _verdict(report: Path) -> str | None:
    """The word with which a report's title begins; None where there is no report."""
    try:
        with report.open(encoding="utf-8", errors="replace") as file:
            match = _TITLE.search(file.read(_HEAD_BYTES))
    except OSError:
        return None
    return match.group(1) if match else "unknown"
