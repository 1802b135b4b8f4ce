"""Azure Functions' invocations per minute of a day (the Azure Public Dataset of 2019): one line a function.

Columns ``HashOwner,HashApp,HashFunction,Trigger,1,...,1440``; all functions are added up
(https://github.com/Azure/AzurePublicDataset/blob/master/AzureFunctionsDataset2019.md).
"""

import csv
from collections.abc import Iterator, Sequence

from loadtest.errors import Problem
from loadtest.pieces import steps_between
from loadtest.traces.forms import Reader, Source, Understood, refuse

_NAMES = ["hashowner", "hashapp", "hashfunction", "trigger"]


def matches(head: Sequence[str]) -> bool:
    """Whether the heading is that of the data set."""
    fields = [field.strip().lower() for field in head[0].split(",")] if head else []
    return fields[:4] == _NAMES and fields[4:] == [str(i) for i in range(1, len(fields) - 3)] and len(fields) > 5


def _rows(source: Source) -> Iterator[list[str]]:
    """The fields of every line that has any."""
    try:
        yield from csv.reader(line for line in source.lines if line.strip())
    except csv.Error as error:
        refuse(source.name, [Problem(source.name, str(error), "CSV")])


def read(source: Source) -> Understood:
    """The sum over all functions, minute by minute."""
    rows = _rows(source)
    minutes = len(next(rows)) - 4
    sums, functions = [0] * minutes, 0
    for number, row in enumerate(rows, start=2):
        try:
            counts = [int(float(field or 0)) for field in row[4:]]
        except (ValueError, OverflowError):
            counts = []
        if len(counts) != minutes or min(counts) < 0:
            wanted = f"{minutes} counts after 4 names"
            refuse(source.name, [Problem(f"{source.name}: line {number}", f"{len(row)} columns", wanted)])
        sums = [a + b for a, b in zip(sums, counts, strict=True)]
        functions += 1
    if not functions:
        refuse(source.name, [Problem(source.name, "no functions", "at least one line below the heading")])
    return Understood(
        points=steps_between([60.0 * i for i in range(minutes + 1)], [n / 60 for n in sums]),
        what=f"Azure Functions: invocations of {functions:,} functions",
        bins=f"{minutes} of 1m",
        notes=("The data set dates no day: its first minute is second 0.",),
    )


READER = Reader(matches, read, order=30)
