"""JMeter's JTL as CSV, its default (``jmeter -n -l FILE``), with its heading."""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from autoscale.base.errors import InputError, Problem
from autoscale.imports.building import Second, check_span, number
from autoscale.imports.files import Lines
from autoscale.imports.importer import Imported, Importer, first_line, names_in

NOTES = (
    "JMeter does not record when a sample was meant to be sent: latency counts from its sending.",
    "JMeter does not record how late samples were sent, nor its own CPU: whether it was the limit is not known.",
    "JMeter does not record which thread group sent them: whether the model was open or closed is not known.",
    "Pods, HPA and CPU are not in JMeter's results.",
)
_NEEDED = ("timeStamp", "elapsed", "success")
_LONGEST_MS = 86_400_000.0


def read(paths: Sequence[Path], _workload: str | None) -> Imported:
    """Samples by the second of their end; a transaction's own line is left out, as its samples stand beside it."""
    if len(paths) > 1:
        raise InputError(f"JMeter results are one file, found {len(paths)}", fix="import each on its own")
    lines = Lines(paths[0])
    seconds: dict[int, Second] = {}
    cut, left = _samples(lines, str(paths[0]), seconds)
    if not seconds:
        raise InputError(f"{paths[0]} holds no samples of JMeter")
    check_span(seconds, str(paths[0]))
    cut = lines.cut or cut
    notes = [f"The end is missing: {cut}."] if cut else []
    notes += [f"{left} transactions are left out: their samples are counted."] if left else []
    return Imported(seconds, notes=(*notes, *NOTES), partial=cut)


def _samples(lines: Lines, name: str, seconds: dict[int, Second]) -> tuple[str, int]:
    """Count every sample; returns why the last is left out ("" if it is not), and how many transactions were."""
    every = iter(lines)
    heading = next(every, "")
    divider = next((sign for sign in ",;\t|" if sign in heading), ",")
    columns = [column.strip() for column in next(csv.reader([heading.removeprefix("\ufeff")], delimiter=divider))]
    missing = [column for column in _NEEDED if column not in columns]
    if missing:
        problem = Problem(f"{name}: line 1", ", ".join(columns[:6]), f"the columns {', '.join(missing)}")
        raise InputError(f"{name} is no JTL with a heading", problems=[problem])
    place = {column: i for i, column in enumerate(columns)}
    left, wrong = 0, 0
    try:
        for number_, fields in enumerate(csv.reader(every, delimiter=divider), start=2):
            if wrong:
                problem = Problem(
                    f"{name}: line {wrong}", "a line that is no sample", "timeStamp, elapsed, success ..."
                )
                raise InputError(f"{name} is no JTL", problems=[problem])
            if not fields:
                continue
            row = dict(zip(columns, fields, strict=False))
            if row.get("responseMessage", "").startswith("Number of samples in transaction"):
                left += 1
            elif len(fields) <= place["success"] or not add(
                seconds, row["timeStamp"], row["elapsed"], row["success"], row.get("responseCode", "")
            ):
                wrong = number_
    except csv.Error as error:
        raise InputError(f"{name} is no CSV: {error}") from None
    return (f"the last line is cut off (line {wrong})" if wrong else ""), left


def add(seconds: dict[int, Second], stamp: str, elapsed: str, success: str, code: str) -> bool:
    """Count one sample; False where it cannot be read. ``stamp``: its begin, in epoch milliseconds or as a date."""
    begin, took = _time(stamp), number(elapsed)
    if begin is None or took is None or not 0 <= took < _LONGEST_MS or success.lower() not in ("true", "false"):
        return False
    sent = seconds.setdefault(int(begin), Second())
    sent.sent = (sent.sent or 0) + 1
    now = seconds.setdefault(int(begin + took / 1000), Second())
    if success.lower() == "true":
        now.answer(took / 1000)
    else:
        now.fail(code if code.isdigit() else "no answer" if code.startswith("Non HTTP") else code[:60] or "failed")
    return True


def _time(text: str) -> float | None:
    ms = number(text)
    if ms is not None:
        return ms / 1000 if 1e11 < ms < 1e14 else None
    for form in ("%Y/%m/%d %H:%M:%S.%f", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()
        except ValueError:
            continue
    return None


def recognises(head: str) -> bool:
    """Whether the first line is a JTL's heading."""
    return names_in(first_line(head), ("timeStamp", "elapsed"))


IMPORTER = Importer("jmeter", "a JTL as CSV with its heading (jmeter -n -l FILE)", recognises, read)
