"""One pass over the rows of a record, keeping what the analysis needs and nothing more."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from autoscale.analysis.intake.clocks import Clocks
from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.intake.handlers import handlers
from autoscale.analysis.intake.load import LoadCollector
from autoscale.base.errors import InputError, Problem
from autoscale.record.shape import MANY, misfit
from loadtest.histogram import SPEC

Row = Mapping[str, Any]
# Rows that wait for their clock to be measured, which takes about ten seconds from a load pod's start.
_DATED = {"mark", "load", "pod_load", "usage"}
_MAX_WAITING = 5_000
_SENSELESS = (KeyError, ValueError, TypeError, AttributeError, OverflowError)
_LONGEST_S = 40 * 86400.0  # no run is longer
_IN_ORDER = {"pod", "hpa", "event", "usage", "load"}  # each is heard by one who writes down what it hears
_ROUNDING_S = 0.5


def collect(record: Iterable[Any]) -> Collected:
    """Read a record's rows, header first; raises InputError where there is no usable header."""
    stream = iter(record)
    header = next(stream, None)
    if header is None or header.get("k") != "header":
        raise InputError("this is no record", problems=[Problem("row 1", "no header", 'a {"k": "header"} row')])
    if found := misfit(header, "header", written=False):
        problem = Problem(f"header.{found.path}", found.found, found.wanted)
        fix = "it was not written by this tool, or was changed"
        raise InputError("the record's header cannot be read", problems=[problem], fix=fix)
    _check_histogram(header["histogram"])
    clocks = Clocks()
    kept = Collected(header=header, clocks=clocks, load=LoadCollector(clocks), first_t=header["t"], last_t=header["t"])
    taking = handlers(kept)
    kept.ledger.add(header)
    start = header["t"]
    waiting: list[Row] = []
    heard: dict[Any, Row] = {}  # the last row of each source
    patient = True
    for row in stream:
        try:
            kind, t = row["k"], row["t"]
            kept.ledger.add(row)
            if row.get("of") is not None:
                continue  # of another service than the target (autoscale.analysis.services)
            if "odd" in row or not _near(row, start) or (kind not in MANY and misfit(row, kind, written=False)):
                kept.strange += 1  # its inside is not what its kind holds; counted and told in the notes
                continue
            if t > kept.last_t:
                kept.last_t = t
            if kind in _IN_ORDER:
                source = row["shard"] if kind == "load" else kind
                if t < kept.last_t - _ROUNDING_S:
                    kept.set_back_s = max(kept.set_back_s, _set_back(row, heard.get(source, row)))
                heard[source] = row
            if patient and kind in _DATED and not clocks.measured(row["clk"]):
                waiting.append(row)
                patient = len(waiting) < _MAX_WAITING
                continue
            handler = taking.get(kind)
            if handler is not None:
                handler(row)
            if waiting and (kind == "clock" or not patient):
                waiting = _release(waiting, kept, taking, all_of_them=not patient)
        except _SENSELESS:
            kept.strange += 1
    _release(waiting, kept, taking, all_of_them=True)
    return kept


def _near(row: Row, start: float) -> bool:
    """Whether a row's times lie near the record's beginning, and the first answers of a second near that second."""
    if row["k"] == "gap":
        return all(abs(row[name] - start) < _LONGEST_S for name in ("t", "since", "until"))
    at = row.get("at")
    if row["k"] == "load":
        low, high = row["at"] - _ROUNDING_S, row["at"] + 1.0 + _ROUNDING_S
        for share in row["by_pod"].values():
            first = share["first_at"]
            if first is not None and not low <= first <= high:
                return False
    return abs(row["t"] - start) < _LONGEST_S and (at is None or abs(at - start) < _LONGEST_S)


def _set_back(row: Row, before: Row) -> float:
    """By how much a row was heard earlier than its source's row before; 0 where they are in order, or one was moved."""
    by_s: float = before["t"] - row["t"]
    moved = "n" in row and "n" in before and row["n"] <= before["n"]
    return by_s if by_s > _ROUNDING_S and not moved else 0.0


def _release(
    waiting: list[Row], kept: Collected, taking: Mapping[str, Callable[[Any], None]], *, all_of_them: bool
) -> list[Row]:
    """Handle the rows whose clock is measured by now, or all; returns those that wait on."""
    for row in waiting:
        if all_of_them or kept.clocks.measured(row["clk"]):
            try:
                taking[row["k"]](row)
            except _SENSELESS:
                kept.strange += 1
    return [] if all_of_them else [row for row in waiting if not kept.clocks.measured(row["clk"])]


def _check_histogram(found: Mapping[str, float]) -> None:
    if dict(found) != SPEC:
        problem = Problem("header.histogram", repr(dict(found)), repr(SPEC))
        raise InputError("the record's histograms have buckets of another kind", problems=[problem])
