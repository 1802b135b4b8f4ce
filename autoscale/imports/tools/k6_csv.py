"""k6's CSV (``k6 run --out csv=FILE``): one line a sample (https://grafana.com/docs/k6/latest/results-output/)."""

import csv
from collections.abc import Sequence
from pathlib import Path

from autoscale.base.errors import InputError, Problem
from autoscale.base.times import parse_time
from autoscale.imports.building import Second, check_span, number
from autoscale.imports.files import Lines
from autoscale.imports.importer import Imported, Importer, first_line, names_in
from autoscale.imports.tools.k6 import NOTES, add

_NEEDED = ("metric_name", "timestamp", "metric_value")
_EPOCH = ((1e8, 1e11, 1.0), (1e11, 1e14, 1e3), (1e14, 1e17, 1e6), (1e17, 1e20, 1e9))  # K6_CSV_TIME_FORMAT


def read(paths: Sequence[Path], _workload: str | None) -> Imported:
    """What happened in each second; InputError on a line that is no sample (but the last) or without requests."""
    if len(paths) > 1:
        raise InputError(f"k6 results are one file, found {len(paths)}", fix="import each on its own")
    lines, name = Lines(paths[0]), str(paths[0])
    seconds: dict[int, Second] = {}
    wrong = 0
    try:
        rows = csv.reader(lines)
        columns = [column.strip().removeprefix("\ufeff") for column in next(rows, [])]
        for line, fields in enumerate(rows, start=2):
            if wrong:
                problem = Problem(f"{name}: line {wrong}", "a line that is no sample", ", ".join(_NEEDED))
                raise InputError(f"{name} is no k6 CSV output", problems=[problem])
            row = dict(zip(columns, fields, strict=False))
            at, value = _time(row.get("timestamp", "")), number(row.get("metric_value"))
            if fields and (at is None or value is None):
                wrong = line
            elif at is not None and value is not None and len(fields) == len(columns):
                add(seconds, row["metric_name"], at, value, row)
    except csv.Error as error:
        raise InputError(f"{name} is no CSV: {error}") from None
    if not any(now.answered is not None for now in seconds.values()):
        raise InputError(f"{name} holds no requests of k6", fix="write it with `k6 run --out csv=FILE script.js`")
    check_span(seconds, name)
    cut = lines.cut or (f"the last line is cut off (line {wrong})" if wrong else "")
    notes = [f"The end is missing: {cut}."] if cut else []
    return Imported(seconds, notes=(*notes, *NOTES), partial=cut)


def _time(text: str) -> float | None:
    """Seconds since the epoch, of an epoch in any unit or of a date."""
    value = number(text)
    if value is not None:
        seconds = next((value / unit for low, high, unit in _EPOCH if low <= value < high), None)
        # the default names the second only: its middle is as near to the moment as can be told
        return seconds + 0.5 if seconds == value and value == int(value) else seconds
    try:
        return parse_time(text)
    except (ValueError, OverflowError, OSError):
        return None


def recognises(head: str) -> bool:
    """Whether the first line is the heading of k6's CSV."""
    return names_in(first_line(head), _NEEDED)


IMPORTER = Importer("k6", "CSV (k6 run --out csv=FILE), also gzip", recognises, read)
