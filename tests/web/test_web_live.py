"""The fold behind the live charts."""

from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscale.analysis import analyse
from autoscale.record.reader import read
from autoscale.web.live import Live
from loadtest import histogram

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "real-step.jsonl.gz"
SEQ = count()
HEADER: dict[str, Any] = {
    "k": "header",
    "t": 1000.0,
    "run": "r1",
    "scenario": {"name": "s", "stages": [], "points": [[0, 5], [10, 5]], "duration_s": 10, "load": {"workers": 2}},
    "target": {"kind": "Deployment", "name": "web", "namespace": "n"},
}


def load(second: int, shard: int = 0, *, at: float | None = None, **changes: Any) -> dict[str, Any]:
    """A load row of five requests of 10 ms, one of them failed."""
    buckets = histogram.to_json(histogram.of([0.01] * 4))
    row = {
        "k": "load",
        "t": second + 1.5,
        "seq": next(SEQ),
        "shard": shard,
        "at": float(second) if at is None else at,
        "clk": f"w{shard}",
        "planned": 5,
        "sent": 5,
        "answered": 4,
        "failed": {"500": 1},
        "dropped": 0,
        "in_flight": 0,
        "response": {"0": buckets},
    }
    return row | changes


def live(*rows: dict[str, Any]) -> Live:
    fold = Live()
    for row in (HEADER, *rows):
        fold.add(row)
    return fold


def everything(fold: Live) -> dict[str, Any]:
    return fold.since(0, None)


def test_before_any_run_it_waits() -> None:
    """Without a header nothing is known, and that is what it says."""
    news = everything(Live())
    assert (news["run"], news["state"], news["zero"], news["seconds"], news["pods"]) == (None, "waiting", None, [], [])


def test_workers_add_up() -> None:
    """A second's figures are the sums over its workers; percentiles come from their merged buckets."""
    [row] = everything(live(load(1001), load(1001, shard=1)))["seconds"]
    assert row[:5] == [1001, 10, 8, 2, 0]
    assert row[5:] == [pytest.approx(10, rel=0.02)] * 3


def test_journeys_and_requests_have_their_figures_by_name() -> None:
    """Sums over seconds and workers, the most frequent first; a row that comes twice counts once."""
    few = {
        "answered": 1,
        "failed": {"500": 1},
        "dropped": 2,
        "response": {"0": histogram.to_json(histogram.of([0.01]))},
    }
    many = {"answered": 3, "failed": {}, "response": {"0": histogram.to_json(histogram.of([0.1] * 3))}}
    rows = [load(1001 + n, shard=n, by_name={"few": few, "many": many}, journeys={"Buy": few}) for n in (0, 1)]
    near = [pytest.approx(10, rel=0.02)] * 3
    assert everything(live(*rows, rows[0]))["names"] == [
        ["journey", "Buy", 2, 2, 4, *near],
        ["request", "many", 6, 0, 0, *[pytest.approx(100, rel=0.02)] * 3],
        ["request", "few", 2, 2, 4, *near],
    ]
    assert everything(live(load(1001)))["names"] == []


def test_a_row_that_comes_twice_counts_once() -> None:
    """As in the report: by its worker and sequence."""
    row = load(1001)
    [second] = everything(live(row, row, load(1001, shard=1), row))["seconds"]
    assert second[:5] == [1001, 10, 8, 2, 0]


def test_a_second_waits_for_all_its_workers() -> None:
    """A second that one of two workers has not told of yet is held back, and comes once the other has spoken."""
    fold = live(load(1001), load(1001, shard=1), load(1002))
    first = everything(fold)
    assert [row[0] for row in first["seconds"]] == [1001]
    fold.add(load(1002, shard=1))
    assert [row[0] for row in fold.since(first["version"], "r1")["seconds"]] == [1002]


def test_a_lost_worker_holds_nothing_back_for_long() -> None:
    """When one worker is gone, seconds are shown three seconds late instead of never."""
    news = everything(live(*(load(second) for second in range(1001, 1007))))
    assert [row[0] for row in news["seconds"]] == [1001, 1002, 1003]


def test_a_late_answer_counts_where_it_was_meant() -> None:
    """An answer that took two seconds raises the latency of the second of its intended start, sent again as changed."""
    fold = live(*(load(second, shard) for second in (1001, 1002) for shard in (0, 1)))
    before = everything(fold)
    slow = histogram.to_json(histogram.of([2.0] * 100))
    for shard in (0, 1):
        fold.add(load(1003, shard, response={"2": slow}))
    again = {row[0]: row for row in fold.since(before["version"], "r1")["seconds"]}
    assert set(again) == {1001, 1003}
    assert again[1001][1] == 10
    assert again[1001][6] == pytest.approx(2000, rel=0.02)
    assert again[1003][5] is None


def test_unknown_stays_unknown() -> None:
    """A worker that does not know what was planned makes the sum unknown, not smaller."""
    [row] = everything(live(load(1001), load(1001, shard=1, planned=None)))["seconds"]
    assert row[1] is None
    assert row[2] == 8


def test_workers_clocks_are_put_on_ours() -> None:
    """A worker whose clock is ten seconds ahead tells of the same second as one that is right."""
    clock = {"k": "clock", "t": 1000.1, "clk": "w1", "offset_s": 10.0, "error_s": 0.001}
    rows = everything(live(clock, load(1001), load(1001, shard=1, at=1011.0)))["seconds"]
    assert [row[:2] for row in rows] == [[1001, 10]]


@given(st.lists(st.integers(0, 40), min_size=1, max_size=30), st.integers(0, 31))
def test_increments_add_up_to_the_whole(seconds: list[int], cut: int) -> None:
    """Whenever one asks in between, the increments laid over each other are what one question at the end gives."""
    rows = [load(1000 + second, shard) for second in seconds for shard in (0, 1)]
    fold = live(*rows[:cut])
    first = everything(fold)
    for row in rows[cut:]:
        fold.add(row)
    second = fold.since(first["version"], "r1")
    merged = {row[0]: row for row in [*first["seconds"], *second["seconds"]]}
    assert sorted(merged.values()) == everything(fold)["seconds"]


def test_a_long_run_stays_small() -> None:
    """Histograms are kept for two minutes only; the percentiles of older seconds stay what they were."""
    fold = live(*(load(1001 + second, shard) for second in range(400) for shard in (0, 1)))
    kept = [second for second in fold._load.seconds.values() if second.responses is not None]
    assert len(kept) <= 125
    rows = everything(fold)["seconds"]
    assert len(rows) == 400
    assert all(row[6] == rows[-1][6] for row in rows)


def test_nothing_new_is_nothing_sent() -> None:
    """Asked again without a new row, there is nothing to send."""
    fold = live(
        load(1001),
        load(1001, shard=1),
        {"k": "workload", "t": 1002.0, "kind": "Deployment", "name": "web", "spec_replicas": 2, "ready": 2},
    )
    news = everything(fold)
    again = fold.since(news["version"], "r1")
    assert (again["seconds"], again["pods"], again["cpu"], again["header"]) == ([], [], [], None)


def workload(at: float, desired: int, ready: int, kind: str = "Deployment", name: str = "web") -> dict[str, Any]:
    return {"k": "workload", "t": at, "kind": kind, "name": name, "spec_replicas": desired, "ready": ready}


def test_scale_events_are_changes_of_the_target_alone() -> None:
    """A change of the Deployment's replicas is an event; readiness is none, and ReplicaSets do not count."""
    news = everything(
        live(
            workload(1001, 2, 2),
            workload(1002, 2, 1),
            workload(1003, 9, 9, "ReplicaSet", "web-1"),
            workload(1004, 4, 2),
            workload(1005, 3, 3),
        )
    )
    assert [(event["at"], event["up"], event["label"]) for event in news["events"]] == [
        (1004, True, "2 → 4"),
        (1005, False, "4 → 3"),
    ]
    assert news["pods"] == [[1001, 2, 2], [1002, 2, 1], [1004, 4, 2], [1005, 3, 3]]


def pod(uid: str, at: float, request: int | None = 200, *, removed: bool = False) -> dict[str, Any]:
    container = {"name": "web", "cpu_request_m": request, "cpu_limit_m": None, "started": at, "restarts": 0}
    state = {"owner": None, "node": None, "phase": "Running", "created": at, "deletion": None, "conditions": {}}
    containers = [{**container, "reason": None}]
    return {"k": "pod", "t": at, "uid": uid, "name": uid, **state, "containers": containers, "removed": removed}


def usage(uid: str, at: float, cpu_m: float) -> dict[str, Any]:
    return {"k": "usage", "t": at, "pod_uid": uid, "containers": {"web": {"cpu_m": cpu_m, "mem_b": None}}}


def hpa(at: float, target: dict[str, Any]) -> dict[str, Any]:
    spec = {"metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]}
    return {"k": "hpa", "t": at, "spec": spec, "desired": None, "metrics": None}


HALF = {"type": "Utilization", "averageUtilization": 50}


def test_cpu_is_shown_against_the_target_of_all_pods() -> None:
    """Used is the sum over pods, wanted the target's share of their requests; a pod that goes takes its part along."""
    rows = [hpa(1001, HALF), pod("a", 1002), pod("b", 1003), usage("a", 1005, 100), usage("b", 1005.1, 60)]
    news = everything(live(*rows, pod("b", 1009, removed=True)))
    assert news["cpu"][-2:] == [[1005, 160, 200], [1009, 100, 100]]


def test_a_request_that_is_not_set_makes_the_target_unknown() -> None:
    """Utilisation of nothing is unknown, and so it is for another kind of target."""
    assert everything(live(hpa(1001, HALF), pod("a", 1002, None), usage("a", 1005, 9)))["cpu"][-1] == [1005, 9, None]
    value = {"type": "AverageValue", "averageValue": "100m"}
    assert everything(live(hpa(1001, value), pod("a", 1002), usage("a", 1005, 9)))["cpu"][-1] == [1005, 9, None]


def test_an_old_sample_is_not_carried_on() -> None:
    """A pod's CPU is unknown once its last sample is a minute and a half old."""
    news = everything(live(hpa(1001, HALF), pod("a", 1002), usage("a", 1005, 9), pod("b", 1094), pod("c", 1096)))
    assert [row[1] for row in news["cpu"][-2:]] == [9, None]


def test_a_new_header_begins_anew() -> None:
    """The next run shows nothing of the one before, whatever version the page asks from."""
    fold = live(load(1001), load(1001, shard=1))
    version = everything(fold)["version"]
    fold.add({**HEADER, "run": "r2", "t": 2000.0})
    news = fold.since(version, "r1")
    assert (news["run"], news["seconds"], news["state"]) == ("r2", [], "preparing")


@pytest.mark.parametrize(
    ("marks", "state"),
    [
        ([], "preparing"),
        (["load-start"], "running"),
        (["load-start", "stage"], "running"),
        (["load-start", "interrupted"], "ending"),
        (["load-start", "load-end"], "scaling down"),
    ],
)
def test_marks_say_how_far_the_run_is(marks: list[str], state: str) -> None:
    """The state follows the marks; a stage's beginning changes nothing."""
    rows = [{"k": "mark", "t": 1001.0, "name": name, "at": 1001.0, "clk": "m"} for name in marks]
    assert everything(live(*rows))["state"] == state
    assert everything(live(*rows, {"k": "end", "t": 1002.0}))["state"] == "ended"


def test_a_real_run_reads_as_its_report_does() -> None:
    """Live figures of a recorded run on a real cluster are those of its analysis, second by second."""
    rows = list(read(FIXTURE))
    fold, analysis = Live(), analyse(rows)
    for row in rows:
        fold.add(row)
    news, seconds = everything(fold), analysis.seconds
    assert len(news["seconds"]) > 290
    for row in news["seconds"]:
        i = round(row[0] - seconds.start)
        if 0 <= i < len(seconds):
            assert (row[1], row[2]) == (seconds.planned[i], seconds.answered[i])
            assert row[6] == (None if seconds.p95[i] is None else pytest.approx(seconds.p95[i] * 1000, rel=0.01))
    assert [(event["label"], event["reason"], event["target"]) for event in news["events"]] == [
        (f"{e.before} → {e.after}", e.reason or "", e.metric or "") for e in analysis.scale_events
    ]
    assert news["zero"] == analysis.load_start


def rescale(at: float, size: int, reason: str) -> dict[str, Any]:
    message = f"New size: {size}; reason: {reason}"
    about = {"type": "Normal", "object": "HorizontalPodAutoscaler/web", "count": 1, "first": None, "last": at}
    return {"k": "event", "t": at, "reason": "SuccessfulRescale", "message": message, **about}


def status(at: float, desired: int, percent: int) -> dict[str, Any]:
    target = {"type": "Utilization", "averageUtilization": 60}
    spec = {"metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]}
    seen = [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": percent}}}]
    return {"k": "hpa", "t": at, "spec": spec, "desired": desired, "metrics": seen, "conditions": {}}


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (1, 2, 0, 3), (2, 1, 0, 3)])
def test_a_change_of_size_says_why_in_whatever_order_it_is_heard(order: tuple[int, ...]) -> None:
    """Workload, event and HPA status are three watches; a later status of the same size is not the reason."""
    rows = [workload(1004, 4, 2), rescale(1004, 4, "cpu above target"), status(1004, 4, 116), status(1019, 4, 70)]
    news = everything(live(workload(1001, 2, 2), status(1001, 2, 50), *(rows[i] for i in order)))
    (event,) = news["events"]
    assert (event["reason"], event["target"]) == ("cpu above target", "cpu: 116%/60%")
    assert news["targets"] == "cpu: 70%/60%"
    assert [entry[2] for entry in news["log"]] == ["SuccessfulRescale"]


def test_a_change_by_another_hand_has_no_reason_of_the_hpa() -> None:
    """What was decided half a minute before, or for another size, explains nothing."""
    news = everything(live(workload(1001, 2, 2), rescale(1002, 5, "a"), rescale(1003, 4, "b"), workload(1040, 4, 2)))
    assert [event["reason"] for event in news["events"]] == [""]


def test_the_end_of_a_run_is_told_once_its_report_is_written() -> None:
    """What the report says is of its own run; the next run begins without it, and without the charts of the last."""
    fold = live(workload(1001, 2, 2), {"k": "end", "t": 1002.0})
    assert (everything(fold)["state"], everything(fold)["outcome"]) == ("ended", None)
    fold.conclude("another", {"verdict": "fail"})
    assert everything(fold)["outcome"] is None
    fold.conclude("r1", {"verdict": "pass"})
    assert everything(fold)["outcome"] == {"verdict": "pass"}
    fold.expect()
    news = fold.since(99, "r1")
    assert (news["state"], news["run"], news["outcome"], news["pods"]) == ("starting", None, None, [])


def test_the_rate_of_this_moment_is_that_of_the_rows() -> None:
    """The mean of the last seconds that every worker has told; a half-told one is not half a rate; 0 after the load."""
    fold = live({"k": "mark", "t": 1000.0, "name": "load-start", "at": 1000.0, "clk": "w0"})
    assert fold.rates() is None
    for second in range(1001, 1011):
        fold.add(load(second))
        fold.add(load(second, shard=1))
    fold.add(load(1011))
    assert fold.rates() == (10.0, 2.0)
    fold.add({"k": "mark", "t": 1012.0, "name": "load-end", "at": 1011.0, "clk": "w0"})
    assert fold.rates() == (0.0, 0.0)
