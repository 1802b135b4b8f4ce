"""JMeter's JTL as CSV, its default (``jmeter -n -l FILE``), with its heading.

Seen with JMeter 5.6.3: a request that is redirected once has three lines (itself, what was asked for, where it led);
so has each image of a page. A transaction has its line after its samples, or before them ("generate parent sample").
With ``jmeter.save.saveservice.subresults=false`` there are neither parts nor samples of such a transaction.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
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
ROUNDED_MS = 1.0  # begin and elapsed time are rounded apart: seen to miss the next sample's begin by this


@dataclass
class _Sample:
    """One line: what it says, and its span in epoch ms, waits of a transaction's timers within."""

    given: tuple[str, str, str, str]
    label: str
    begin: float
    end: float

    @property
    def lasts(self) -> float:
        """In ms."""
        return self.end - self.begin

    def within(self, other: "_Sample", thread: str) -> bool:
        """Whether it is a part of a sample of the same thread: a redirect, an image; each of them has a line, too.

        Parts are named as such (``buy-0``) unless JMeter is told not to; then only the time is left: a thread does one
        thing at a time. Of a sample of a millisecond or less that tells nothing: refused connections follow each other
        within one.
        """
        if not other.begin - ROUNDED_MS <= self.begin <= self.end <= other.end + ROUNDED_MS:
            return False
        named = bool(other.label) and re.fullmatch(r"(-\d+)+", self.label.removeprefix(other.label)) is not None
        long = other.lasts > ROUNDED_MS
        return named or (bool(thread) and long and self.during(other) and self.end <= other.end)

    def during(self, other: "_Sample") -> bool:
        """Whether it begins while the other lasts, beyond doubt."""
        return self.begin == other.begin or other.begin < self.begin < other.end - ROUNDED_MS


@dataclass
class _Thread:
    """What is known of one thread: its last sample, and a transaction of which no sample was seen yet."""

    last: _Sample | None = None
    transaction: _Sample | None = None


class _Counter:
    """Counts each request once. A transaction is left out where its samples have lines, before it or after."""

    def __init__(self) -> None:
        self.seconds: dict[int, Second] = {}
        self.transactions = self.parts = self.alone = 0
        self._threads: defaultdict[str, _Thread] = defaultdict(_Thread)

    def take(self, row: dict[str, str]) -> bool:
        """One line; False where it cannot be read."""
        given = (row["timeStamp"], row["elapsed"], row["success"], row.get("responseCode", ""))
        span = _span(given, row.get("IdleTime", ""))
        if span is None:
            return False
        name, sample = row.get("threadName", ""), _Sample(given, row.get("label", ""), *span)
        thread = self._threads[name]
        before, thread.transaction = thread.transaction, None
        if before is not None:
            self._settle(before, apart=not sample.during(before))
        if row.get("responseMessage", "").startswith("Number of samples in transaction"):
            if thread.last is not None and -ROUNDED_MS <= thread.last.begin - sample.begin <= sample.lasts + ROUNDED_MS:
                self.transactions += 1
            else:
                thread.transaction = sample
        elif thread.last is not None and sample.within(thread.last, name):
            self.parts += 1
        else:
            thread.last = sample
            add(self.seconds, *given)
        return True

    def end(self) -> None:
        """No more lines."""
        for thread in self._threads.values():
            if thread.transaction is not None:
                self._settle(thread.transaction, apart=True)

    def notes(self) -> list[str]:
        """What was not counted, or counted as something else, in words."""
        words = [
            (self.transactions, "transactions are left out: their samples are counted."),
            (self.parts, "redirects and embedded resources are left out: they are parts of the samples before them."),
            (self.alone, "transactions are counted as one request each: of their samples the file says nothing."),
        ]
        return [f"{n:,} {what}" for n, what in words if n]

    def _settle(self, transaction: _Sample, *, apart: bool) -> None:
        if apart:
            self.alone += 1
            add(self.seconds, *transaction.given)
        else:
            self.transactions += 1


def read(paths: Sequence[Path], _workload: str | None) -> Imported:
    """Samples by the second of their end, each request once: neither its transaction nor its redirects are others."""
    if len(paths) > 1:
        raise InputError(f"JMeter results are one file, found {len(paths)}", fix="import each on its own")
    lines, counter = Lines(paths[0]), _Counter()
    cut = _samples(lines, str(paths[0]), counter)
    counter.end()
    if not counter.seconds:
        raise InputError(f"{paths[0]} holds no samples of JMeter")
    check_span(counter.seconds, str(paths[0]))
    cut = lines.cut or cut
    notes = [f"The end is missing: {cut}."] if cut else []
    return Imported(counter.seconds, notes=(*notes, *counter.notes(), *NOTES), partial=cut)


def _samples(lines: Lines, name: str, counter: _Counter) -> str:
    """Count every sample; returns why the last is left out ("" if it is not)."""
    every = iter(lines)
    heading = next(every, "")
    divider = next((sign for sign in ",;\t|" if sign in heading), ",")
    columns = _columns(heading.removeprefix("\ufeff"), divider, name)
    missing = [column for column in _NEEDED if column not in columns]
    if missing:
        problem = Problem(f"{name}: line 1", ", ".join(columns[:6]), f"the columns {', '.join(missing)}")
        raise InputError(f"{name} is no JTL with a heading", problems=[problem])
    place, wrong = {column: i for i, column in enumerate(columns)}, 0
    try:
        for number_, fields in enumerate(csv.reader(every, delimiter=divider), start=2):
            if wrong:
                problem = Problem(
                    f"{name}: line {wrong}", "a line that is no sample", "timeStamp, elapsed, success ..."
                )
                raise InputError(f"{name} is no JTL", problems=[problem])
            if fields and (
                len(fields) <= place["success"] or not counter.take(dict(zip(columns, fields, strict=False)))
            ):
                wrong = number_
    except csv.Error as error:
        raise InputError(f"{name} is no CSV: {error}") from None
    return f"the last line is cut off (line {wrong})" if wrong else ""


def _columns(heading: str, divider: str, name: str) -> list[str]:
    """The names in a heading."""
    try:
        return [column.strip() for column in next(csv.reader([heading], delimiter=divider), [])]
    except csv.Error as error:
        raise InputError(f"{name} is no CSV: {error}") from None


def add(seconds: dict[int, Second], stamp: str, elapsed: str, success: str, code: str) -> bool:
    """Count one sample; False where it cannot be read. ``stamp``: its begin, in epoch milliseconds or as a date."""
    span = _span((stamp, elapsed, success, code))
    if span is None:
        return False
    begin, end = span[0] / 1000, span[1] / 1000
    sent = seconds.setdefault(int(begin), Second())
    sent.sent = (sent.sent or 0) + 1
    now = seconds.setdefault(int(end), Second())
    if success.lower() == "true":
        now.answer(float(elapsed) / 1000)
    else:
        now.fail(code if code.isdigit() else "no answer" if code.startswith("Non HTTP") else code[:60] or "failed")
    return True


def _span(given: tuple[str, str, str, str], idle: str = "") -> tuple[float, float] | None:
    """Begin and end in epoch ms; a transaction's elapsed time is without the waits of its timers (``idle``)."""
    begin, took = _time(given[0]), number(given[1])
    if begin is None or took is None or not 0 <= took < _LONGEST_MS or given[2].lower() not in ("true", "false"):
        return None
    return begin, begin + took + max(0.0, number(idle) or 0.0)


def _time(text: str) -> float | None:
    """In epoch ms."""
    ms = number(text)
    if ms is not None:
        return ms if 1e11 < ms < 1e14 else None
    for form in ("%Y/%m/%d %H:%M:%S.%f", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).timestamp() * 1000
        except ValueError:
            continue
    return None


def recognises(head: str) -> bool:
    """Whether the first line is a JTL's heading."""
    return names_in(first_line(head), ("timeStamp", "elapsed"))


IMPORTER = Importer("jmeter", "a JTL as CSV with its heading (jmeter -n -l FILE)", recognises, read)
