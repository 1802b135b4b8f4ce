"""docs/faults.md from what was measured."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.faults.fault import Outcome

MEASURED = Path(__file__).with_name("measured.json")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"
_HEAD = """# Faults

Made by `make faults`; do not edit. Each fault is an entry of `tests/faults/matrix/`: what is done, what the truth is,
what has to be left. `make faults ARGS='reaper'` meets those with that word, `make faults CONTEXT=local` those of a
real cluster (`make cluster images images-load-local` first). Last met {day} (UTC).

**{count} faults: {lost} rows of load lost, {true} told the truth, {left} left something behind.**

- **rows lost**: rows of load that a worker wrote and that are not in the record, without record or verdict saying so;
  in brackets those that they name. `-`: nothing was there to be lost.
- **truth**: the exit code is one of those that are true, and the words in quotes are said. Where several codes are true
  (the fault may break an objective or not) machine and moment decide which, and the one given has to be that for which
  the raw rows speak (`tests/faults/oracle.py`). This was measured beside other work on 2 cores.
- **left behind**: processes, cgroups, files, objects, 30 s later at most.
- **next**: seconds from the end of the run to the end of a dry run after it, which starts a cluster of its own (about
  4 s by itself on an idle machine), or to the next answer that is served.
"""


def read() -> list[dict[str, Any]]:
    """The measured outcomes."""
    return list(json.loads(MEASURED.read_text(encoding="utf-8"))) if MEASURED.exists() else []


def keep(outcomes: Iterable[Outcome], known: set[tuple[str, str]]) -> None:
    """Write down outcomes, each in place of what was measured of it before; those that are no more are forgotten."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    found = {(row["kind"], row["fault"]): row for row in read()}
    for one in outcomes:
        row = {**asdict(one), "held": one.held, "truthful": one.truthful, "at": now}
        row.pop("said")
        found[one.kind, one.fault] = row | {name: _short(row[name]) for name in ("next_s", "took_s")}
    rows = [row for key, row in sorted(found.items()) if key in known]
    MEASURED.write_text("[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n", encoding="utf-8")


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def page(rows: Sequence[dict[str, Any]]) -> str:
    """The page."""
    lost = sum(row["lost"] or 0 for row in rows if not row["named"])
    text = _HEAD.format(
        day=max((row["at"][:10] for row in rows), default="never"),
        count=len(rows),
        lost=lost,
        true=sum(row["truthful"] for row in rows),
        left=sum(bool(row["left"]) for row in rows),
    )
    for kind in dict.fromkeys(row["kind"] for row in rows):
        text += f"\n## {kind}\n\n| fault | expected | ended with | truth | rows lost | left behind | next, s |\n"
        text += "| --- | --- | --- | --- | --- | --- | --- |\n"
        text += "".join(_line(row) for row in rows if row["kind"] == kind)
    return text


def _line(row: dict[str, Any]) -> str:
    lost = "-" if row["lost"] is None else f"0 ({row['lost']})" if row["lost"] and row["named"] else str(row["lost"])
    cells = [
        row["fault"],
        row["wanted"],
        "-" if row["code"] is None else str(row["code"]),
        "yes" if row["truthful"] else "no: " + "; ".join(row["why"]),
        lost,
        ", ".join(row["left"]) or "nothing",
        "-" if row["next_s"] is None else f"{row['next_s']:.1f}",
    ]
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |\n"
