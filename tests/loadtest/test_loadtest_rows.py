"""Load rows: exact sums, the second in which a request ends, shares of pods."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest import histogram
from loadtest.counts import Kind
from loadtest.rows import Worker
from loadtest.tally import Tally

START = 1_700_000_000.0


def recorder() -> Tally:
    return Tally(Worker(2, "load-2", START), cpu_s=1.0)


def total(rows: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["k"] == kind]


def test_a_second_of_hand_made_events_gives_the_row_worked_by_hand() -> None:
    """Three due, one dropped; one answered at once, one a second late by a pod, and in the second in which it ends."""
    made = recorder()
    made.sent(0.1, 0.1)
    made.sent(0.5, 0.4)
    made.dropped(0.6)
    made.answered(0.2, 0.1, 0.1, "web-1")
    first = made.rows(1.0, cpu_s=1.25)
    made.answered(1.5, 0.4, 0.5, "web-2")
    second = made.rows(2.0, cpu_s=1.25)
    assert len(first) == len(second) == 1
    assert first[0] == {
        "k": "load",
        "seq": 0,
        "shard": 2,
        "pod": "load-2",
        "at": START,
        "clk": "load-2",
        "planned": 3,
        "sent": 2,
        "answered": 1,
        "failed": {},
        "dropped": 1,
        "in_flight": 1,
        "cpu_s": 0.25,
        "lag": histogram.to_json(histogram.of([0.0, 0.1])),
        "response": {"0": histogram.to_json(histogram.of([0.1]))},
        "service": {"0": histogram.to_json(histogram.of([0.1]))},
        "by_pod": {"web-1": {"n": 1, "failed": 0, "first_at": START + 0.2}},
    }
    assert second[0]["response"] == {"1": histogram.to_json(histogram.of([1.1]))}
    assert second[0]["service"] == {"1": histogram.to_json(histogram.of([1.0]))}
    assert (second[0]["in_flight"], second[0]["cpu_s"], second[0]["seq"]) == (0, 0.0, 1)


def test_failures_are_counted_by_cause_and_by_pod_where_it_is_known() -> None:
    """A status has a pod, a timeout has none."""
    made = recorder()
    for _ in range(3):
        made.sent(0.1, 0.1)
    made.failed(0.2, "status 503", "web-1")
    made.failed(0.3, "status 503", "web-1")
    made.failed(0.4, "timeout", None)
    row = made.rows(1.0, 1.0)[0]
    assert row["failed"] == {"status 503": 2, "timeout": 1}
    assert row["by_pod"] == {"web-1": {"n": 2, "failed": 2, "first_at": START + 0.2}}
    assert (row["answered"], row["response"], row["in_flight"]) == (0, {}, 0)


def test_rows_say_what_became_of_each_name_where_there_are_several() -> None:
    """Two methods of one name are one; what failed has its causes and no response times; the sums are the row's."""
    made = Tally(Worker(2, "load-2", START), by_name=True)
    get, head, cart = Kind("GET", "/"), Kind("HEAD", "/"), Kind("POST", "cart")
    for _ in range(4):
        made.sent(0.1, 0.1)
    made.answered(0.2, 0.1, 0.1, None, kind=get)
    made.answered(0.3, 0.1, 0.1, None, kind=head)
    made.answered(1.1, 0.9, 0.9, None, kind=cart)
    made.failed(1.5, "timeout", None, 0.5, kind=cart)
    made.dropped(1.6, cart)
    first, second = made.rows(2.0, 1.0)
    assert first["by_name"] == {
        "/": {"answered": 2, "failed": {}, "response": {"0": histogram.to_json(histogram.of([0.1, 0.2]))}, "dropped": 0}
    }
    assert first["response"] == first["by_name"]["/"]["response"]
    assert second["by_name"] == {
        "cart": {
            "answered": 1,
            "failed": {"timeout": 1},
            "response": {"1": histogram.to_json(histogram.of([0.2]))},
            "dropped": 1,
        }
    }
    assert (second["answered"], second["failed"], second["in_flight"]) == (1, {"timeout": 1}, 0)
    assert (second["dropped"], second["planned"]) == (1, 1)


def test_each_second_is_told_with_the_times_and_bytes_of_all_that_ended() -> None:
    """Failed requests count with their times, from the intended start to the end; a quiet second is told, too."""
    told: list[tuple[float, Any]] = []
    made = Tally(Worker(2, "load-2", START), tell=lambda at, ended: told.append((at, dict(ended))))
    kind = Kind("GET", "/")
    made.answered(0.3, 0.1, 0.2, None, kind=kind, length=7)
    made.failed(0.9, "status 503", None, 0.4, kind=kind, length=3)
    made.rows(2.0, 1.0)
    assert [at - START for at, _ in told] == [0, 1]
    ended = told[0][1][kind]
    assert (ended.answered, ended.length, ended.failed) == (1, 10, {"status 503": 1})
    assert (ended.total_s, ended.least_s, ended.most_s) == pytest.approx((0.7, 0.2, 0.5))
    assert ended.times == histogram.of([0.2, 0.5])
    assert told[1][1] == {}


def test_quiet_seconds_have_rows_too() -> None:
    """A gap in the rows is a lost row, never a quiet second."""
    made = recorder()
    made.sent(3.5, 3.5)
    rows = made.rows(5.0, 1.0)
    assert [row["at"] - START for row in rows] == [0, 1, 2, 3, 4]
    assert [row["seq"] for row in rows] == [0, 1, 2, 3, 4]
    assert [row["sent"] for row in rows] == [0, 0, 0, 1, 0]


def test_answers_of_a_pod_are_given_every_ten_seconds_and_at_the_end() -> None:
    """The pod_load row of seconds 0 to 9 comes with second 9, the rest with the last rows; sequences are per kind."""
    made = recorder()
    for t in (0.5, 9.5, 12.5):
        made.sent(t, t)
        made.answered(t + 0.1, t, t, "web-1")
    rows = made.rows(12.0, 1.0)
    rows += made.rows(12.8, 1.0, last=True)
    pods = total(rows, "pod_load")
    assert [(row["at"] - START, row["pod"], row["seq"]) for row in pods] == [(0, "web-1", 0), (10, "web-1", 1)]
    assert [histogram.count(histogram.from_json(row["response"])) for row in pods] == [2, 1]
    assert [row["seq"] for row in total(rows, "load")] == list(range(13))


def test_the_last_rows_hold_the_second_that_is_going_on_only_if_it_is_not_empty() -> None:
    """A load of whole seconds does not end with an empty row."""
    quiet, busy = recorder(), recorder()
    busy.sent(2.1, 2.1)
    assert len(quiet.rows(2.3, 1.0, last=True)) == 2
    assert len(busy.rows(2.3, 1.0, last=True)) == 3


events = st.lists(
    st.tuples(
        st.floats(min_value=0, max_value=30),
        st.floats(min_value=0, max_value=5),
        st.sampled_from(["answered", "failed", "dropped", "open"]),
        st.sampled_from(["web-1", "web-2", None]),
    ),
    max_size=60,
)


@given(events, st.lists(st.floats(min_value=0, max_value=40), max_size=5))
def test_the_sums_hold_for_any_run(made, reads: list[float]) -> None:
    """planned = sent + dropped in each row; sent = answered + failed + in flight over the rows; nothing is lost."""
    record = recorder()
    calls: list[tuple[float, Any]] = []
    for due, took, fate, pod in made:
        if fate == "dropped":
            calls.append((due, lambda due=due: record.dropped(due)))
            continue
        calls.append((due, lambda due=due: record.sent(due, due)))
        end = due + took
        if fate == "answered":
            calls.append((end, lambda due=due, end=end, pod=pod: record.answered(end, due, due, pod)))
        elif fate == "failed":
            calls.append((end, lambda end=end, pod=pod: record.failed(end, "timeout", pod)))
    rows: list[dict[str, Any]] = []
    for at, call in sorted([*calls, *((t, None) for t in reads)], key=lambda item: item[0]):
        if call is None:
            rows += record.rows(at, 1.0)
        else:
            call()
    rows += record.rows(40.0, 1.0, last=True)
    loads = total(rows, "load")
    fates = Counter(fate for _, _, fate, _ in made)
    assert all(row["planned"] == row["sent"] + row["dropped"] for row in loads)
    assert sum(row["sent"] for row in loads) == len(made) - fates["dropped"]
    assert sum(row["answered"] for row in loads) == fates["answered"]
    assert sum(sum(row["failed"].values()) for row in loads) == fates["failed"]
    assert loads[-1]["in_flight"] == fates["open"]
    buckets = [histogram.from_json(b) for row in loads for b in row["response"].values()]
    assert histogram.count(histogram.merge(buckets)) == fates["answered"]
    pods = histogram.merge(histogram.from_json(row["response"]) for row in total(rows, "pod_load"))
    assert histogram.count(pods) == sum(1 for _, _, fate, pod in made if fate == "answered" and pod)
