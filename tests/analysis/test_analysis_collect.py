"""Collecting: every row counts once, in any order; what is no sense is left out and told."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoscale.analysis import analyse, to_json
from autoscale.analysis.intake.collect import collect
from autoscale.analysis.intake.pods import UsageHistory
from autoscale.base.errors import InputError
from autoscale.findings import find
from autoscale.verdict.judging import judge
from loadtest.histogram import bucket, quantile
from tests.fixtures.handmade import T0, Record


def test_rows_of_a_worker_count_once_whatever_their_order() -> None:
    """Shuffled rows and repeated rows give the same sums; the repeated ones are told of."""
    record = Record().steady(0, 20, 5).rows()
    shuffled = [record[0], *random.Random(3).sample(record[1:-1], len(record) - 2), record[5], record[-1]]
    straight, mixed = analyse(record), analyse(shuffled)
    assert mixed.seconds == straight.seconds
    assert mixed.generator.duplicate_rows == 1
    assert mixed.measures["p95"].value == straight.measures["p95"].value


def test_a_hole_in_the_sequence_is_a_missing_row() -> None:
    """Three rows that never came are counted; their seconds are unknown, not 0."""
    rows = [row for row in Record().steady(0, 20, 5).rows() if not (row["k"] == "load" and row["seq"] in (4, 5, 9))]
    found = analyse(rows)
    assert found.generator.missing_rows == 3
    assert found.seconds.answered[4] is None
    assert found.seconds.answered[6] == 5


def test_two_workers_of_one_second_add_up() -> None:
    """Seconds of different workers are summed, histograms merged; their own sequences do not collide."""
    record = Record()
    for second in range(10):
        record.load(second, 3, ms=10, shard=0, seq=second).load(second, 1, ms=1000, shard=1, seq=second)
    found = analyse(record.rows())
    assert found.seconds.answered[5] == 4
    assert found.seconds.p50[5] == pytest.approx(0.01, rel=0.01)
    assert found.seconds.p99[5] == pytest.approx(1.0, rel=0.01)
    assert found.generator.missing_rows == 0


def test_a_clock_that_nobody_measured_is_told() -> None:
    """Times of a worker whose offset is not known are taken as ours, and the notes name it; once it is measured they
    do not."""
    record = Record().steady(0, 5, 1)
    assert [note for note in analyse(record.rows()).notes if "load-0" in note]
    record.add("clock", 6, clk="load-0", offset_s=0.0, error_s=0.01)
    assert not [note for note in analyse(record.rows()).notes if "clocks" in note]


def test_a_clock_ahead_is_set_back() -> None:
    """A worker whose clock is 100 s ahead has its rows in the observer's seconds."""
    record = Record().add("clock", -5, clk="load-0", offset_s=100.0, error_s=0.01)
    record.load(3, 7, at=T0 + 103)
    assert analyse(record.rows()).seconds.start == pytest.approx(T0 + 3)


def test_a_clock_that_is_measured_late_dates_what_came_before() -> None:
    """A load that began before its clock was measured, 100 s ahead, lies where it was in the observer's seconds."""
    record = Record()
    record.add("mark", 0, name="load-start", at=T0 + 100, clk="load-0")
    for second in range(20):
        record.load(second, 7, at=T0 + 100 + second)
    record.add("clock", 9.5, clk="load-0", offset_s=100.0, error_s=0.01)
    found = analyse(sorted(record.rows(), key=lambda row: row["t"]))
    assert found.load_start == pytest.approx(T0)
    assert found.seconds.start == pytest.approx(T0)
    assert found.seconds.answered[:20] == [7] * 20


def test_answers_belong_to_the_second_in_which_they_were_intended() -> None:
    """An answer that ends in second 9 and was due 4 s earlier counts for the latency of second 5."""
    record = Record().steady(0, 9, 0).load(9, 1, response={"4": {str(bucket(4.2)): 1}})
    found = analyse(record.rows())
    assert found.seconds.p95[5] == pytest.approx(4.2, rel=0.01)
    assert found.seconds.p95[9] is None


def test_a_foreign_beginning_is_refused() -> None:
    """Rows without a header, no rows, and buckets of another kind are one readable error."""
    for rows in ([], [{"k": "load", "t": 1.0}]):
        with pytest.raises(InputError, match="no record"):
            analyse(rows)
    with pytest.raises(InputError, match="another kind"):
        analyse(Record(histogram={"min_s": 0.001, "growth": 1.1}).rows())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(1e-4, 30.0), min_size=1, max_size=200))
def test_percentiles_are_within_the_histograms_bound(durations: list[float]) -> None:
    """Every percentile is within 1 % of the exact nearest-rank one, and its histogram came through the series."""
    record = Record()
    for i, duration in enumerate(durations):
        record.load(i % 20 + 20 * (i // 20), 1, ms=duration * 1000)
    merged = collect(record.rows()).load.response.merged()
    ordered = sorted(durations)
    for share in (0.5, 0.95, 0.99):
        exact = ordered[max(1, -(-round(share * len(ordered) * 1e6) // 10**6)) - 1]
        assert quantile(merged, share) == pytest.approx(exact, rel=0.0101)


@pytest.mark.parametrize(
    ("first", "sense"), [(0.0, True), (0.999999, True), (None, True), (3600.0, False), (-3600.0, False), (1e9, False)]
)
def test_a_first_answer_lies_in_its_second(first: float | None, sense: bool) -> None:
    """A row that puts it anywhere else makes no sense: it is left out and counted, and moves no pod's life."""
    rows = Record().pod("p0", -5, deleted=None).steady(0, 20, 5).load(20, 5, by_pod={"p0": 5}).rows()
    (row,) = (row for row in rows if row.get("by_pod"))
    row["by_pod"]["p0"]["first_at"] = None if first is None else row["at"] + first
    found = collect(rows)
    assert found.strange == (0 if sense else 1)
    assert ("p0" in found.load.pods) is sense


NUMBERS: list[Any] = [1e300, -1e300, -1, 0, 2**70, 1.5]
JUNK: list[Any] = [None, "x", [], {}, {"a": 1}, {"0": {"5": -3}}, {"0": {"99999999": 3}}, ["True"], True, *NUMBERS]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place inside nested lists and mappings."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    for key, item in items:
        yield from places(item, (*path, key))
    yield path


def spoil(rows: list[dict[str, Any]], draw: random.Random) -> None:
    """Put nonsense somewhere into a row."""
    row = draw.choice(rows)
    path = draw.choice([place for place in places(row) if place and place[0] != "k"])
    inner: Any = row
    for key in path[:-1]:
        inner = inner[key]
    if not isinstance(inner, tuple):
        inner[path[-1]] = draw.choice(JUNK)


@pytest.mark.parametrize("seed", range(60))
def test_nonsense_inside_a_record_never_raises(seed: int) -> None:
    """Whatever stands in a few places of a record, it is refused or analysed to the end, and JSON stays JSON."""
    draw = random.Random(seed)
    rows = copy.deepcopy(small_run().rows())
    for _ in range(draw.choice((1, 1, 3))):
        spoil(rows, draw)
    try:
        found = analyse(rows)
    except InputError:
        return
    except TypeError:
        if any(type(row["t"]) not in (int, float) for row in rows):
            return  # the record's reader refuses such a row before
        raise
    json.dumps(to_json(found), allow_nan=False)
    assert judge(found).outcome in ("pass", "fail", "unknown", "invalid")
    find(found)


def small_run() -> Record:
    """Forty seconds with a rise, four pods, and a row of every kind."""
    run = Record(
        [[0, 20], [10, 20], [10, 80], [40, 80]],
        {"peak": (10.0, 40.0)},
        ("p95 < 300ms", "ready >= 4 within 20s of step", "no flapping", "back to min within 10s of end"),
    )
    run.mark("load-start", 0).mark("load-end", 40)
    for name, created, deleted in (("p0", -5, None), ("p1", -5, None), ("p2", 20, 35), ("p3", 20, 35)):
        run.pod(name, created, deleted=deleted, gone=deleted and deleted + 3)
    run.scale(-1, 2).scale(20, 4, ready=2).scale(22, 4).scale(35, 2)
    run.hpa(-1, 2, 50).hpa(20, 4, 200, current=2).hpa(36, 2, 10)
    run.event(20, "SuccessfulRescale", "New size: 4; reason: x").event(22, "Pulled", "x", "Pod/p2")
    run.steady(0, 40, 20, by_pod={"p0": 10, "p1": 10}).pod_load(10, "p0", 50, 20)
    for at in range(5, 40, 5):
        run.usage(at, {"p0": 100, "p1": 90}, 5.0)
    run.add("endpoint", 3, service="web", pod_uid="p0", ready=True, serving=True, terminating=False)
    run.add("node", 0, name="n1", ready=True, cpu_m=4000, unschedulable=False)
    run.add("clock", -2, clk="api", offset_s=0.1, error_s=0.01)
    return run.add("gap", 5, source="pods", since=T0 + 5, until=T0 + 6, cause="x")


def test_what_each_container_used_stands_at_its_sample() -> None:
    """One that comes later or is left out once has nothing there; a sample that breaks off moves no other."""
    usage = UsageHistory()
    for second, found in enumerate(
        (
            {"web": {"cpu_m": 1.2, "mem_b": 3}},
            {"web": {"cpu_m": 4, "mem_b": None}, "log": {"cpu_m": 0, "mem_b": 5}},
            {"log": {"cpu_m": 6, "mem_b": "no number"}},
            {"log": {"cpu_m": 7, "mem_b": None}},
        )
    ):
        row: Any = {"k": "usage", "t": T0, "at": T0 + second, "window_s": 1.0, "containers": found}
        try:
            usage.add(row, T0 + second)
        except ValueError:
            assert second == 2
    assert [usage.containers(i) for i in range(3)] == [
        {"web": {"cpu": 2, "memory": 3000}},
        {"web": {"cpu": 4}, "log": {"cpu": 0, "memory": 5000}},
        {"log": {"cpu": 7}},
    ]
