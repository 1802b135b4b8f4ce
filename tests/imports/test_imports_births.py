"""Pods that come in a scale-up: what their counters hold at the first scrape was counted then, not before."""

import json
from pathlib import Path

from autoscale.imports.tools import prometheus

START, STEP = 1795852800, 15
Given = tuple[dict[str, str], int, list[int]]  # labels, the step of the first scrape, values


def asked(folder: Path, *series: Given) -> tuple[int, list[int], tuple[str, ...]]:
    """Requests in all, in each step of 15 s, and the notes, of an import of these counters."""
    result = [
        {
            "metric": {"__name__": "http_requests_total", "job": "web", **labels},
            "values": [[START + STEP * (first + i), str(value)] for i, value in enumerate(values)],
        }
        for labels, first, values in series
    ]
    path = folder / "range.json"
    path.write_text(json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}))
    found = prometheus.read([path], None)
    steps = [0] * 12
    for second, row in found.seconds.items():
        steps[(second - START) // STEP] += sum((row.answered or 0, *row.failed.values()))
    return sum(steps), steps, found.notes


def ok(pod: str) -> dict[str, str]:
    """The counter of a pod's answers."""
    return {"pod": pod, "instance": pod, "status": "200"}


OLD: Given = (ok("old"), 0, [5000 + 300 * i for i in range(12)])


def test_a_new_pod_counts_from_zero(tmp_path: Path) -> None:
    """Pods of one scrape each, whose increase Prometheus has none of; of the old one only what it grew by."""
    total, steps, notes = asked(tmp_path, OLD, *((ok(f"new-{i}"), 6, [280]) for i in range(10)))
    assert total == 11 * 300 + 10 * 280
    assert steps[5] == 300 + 10 * 280
    assert any(note.startswith("10 pods came") for note in notes)


def test_its_failures_count_too_and_later_ones_once(tmp_path: Path) -> None:
    """A status that is there at the first scrape, and one that comes two scrapes after it."""
    late = ({**ok("new"), "status": "503"}, 6, [7, 7, 7, 7])
    assert asked(tmp_path, OLD, (ok("new"), 6, [200, 400, 600, 800]), late)[0] == 11 * 300 + 800 + 7
    later = ({**ok("new"), "status": "503"}, 8, [7, 7])
    assert asked(tmp_path, OLD, (ok("new"), 6, [200, 400, 600, 800]), later)[0] == 11 * 300 + 800 + 7


def test_a_pod_that_was_only_scraped_late_keeps_its_past(tmp_path: Path) -> None:
    """It has more than any pod can have counted since: near misses are a counter without a pod, and the first pods."""
    total, _, notes = asked(tmp_path, OLD, (ok("scraped-late"), 6, [90_000, 90_300]))
    assert total == 11 * 300 + 300
    assert not any("pods came" in note for note in notes)
    assert asked(tmp_path, OLD, ({"instance": "x", "status": "200"}, 6, [280, 300]))[0] == 11 * 300 + 20
    assert asked(tmp_path, OLD, (ok("beside"), 0, [280, 300]))[0] == 11 * 300 + 20
