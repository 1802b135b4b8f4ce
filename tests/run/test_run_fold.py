"""What a real cluster sent, replayed through the fold: the rows that a record would hold."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscale.cluster.logs import Line
from autoscale.cluster.watch import Change, Lost
from autoscale.kube.kinds import Object
from autoscale.observe.convert import hpa_row
from autoscale.observe.fold import ClockRead, Fold, Samples
from autoscale.observe.scope import Scope
from autoscale.observe.table import Rows, Selection, Source, watched
from autoscale.record.rows.kinds import KINDS
from loadtest.lines import Load

KIND = {
    "pod": "Pod",
    "deploy": "Deployment",
    "hpa": "HorizontalPodAutoscaler",
    "slice": "EndpointSlice",
    "event": "Event",
}


def scope() -> Scope:
    """The scope of the sample: Deployment web with HPA and Service of that name."""
    return Scope("Deployment", "web", "web", "web", 1795414844.0)


def sample() -> Iterator[Change | Samples]:
    """A minute of a real cluster (Kubernetes 1.35), as its API server sent it."""
    with gzip.open(Path(__file__).parent / "data" / "cluster-slice.jsonl.gz", "rt") as lines:
        for row in map(json.loads, lines):
            if row["k"] == "metrics":
                items = [
                    {
                        "metadata": {"name": item["pod"]},
                        "timestamp": item["ts"],
                        "window": item["window"],
                        "containers": [{"name": "web", "usage": {"cpu": item["cpu"]}}],
                    }
                    for item in row["o"]
                ]
                yield Samples(items, row["t"])
            else:
                word, kind = row["k"].split("/")
                yield Change(KIND[word], "LISTED" if kind == "LIST" else kind, row["o"], row["t"])


@pytest.fixture
def rows() -> list[dict[str, Any]]:
    """The rows of the sample."""
    fold = Fold(scope())
    return [row for seen in sample() for row in fold.rows(seen)]


def test_every_row_has_the_fields_of_its_kind(rows: list[dict[str, Any]]) -> None:
    """Each row holds exactly what the record's row types ask for, but its number and time, which the writer adds."""
    for row in rows:
        assert set(row) | {"n", "t"} >= KINDS[row["k"]].__required_keys__, row  # type: ignore[attr-defined]
    assert {row["k"] for row in rows} == {"pod", "workload", "hpa", "usage", "endpoint", "event"}


def test_a_scale_up_can_be_read_from_the_rows(rows: list[dict[str, Any]]) -> None:
    """The Deployment goes to 3, an event says why, a pod appears, is scheduled, becomes ready and an endpoint."""
    sizes = [row["spec_replicas"] for row in rows if row["k"] == "workload" and row["kind"] == "Deployment"]
    assert sizes[0] == 2
    assert 3 in sizes
    scaled = next(row for row in rows if row["k"] == "event" and row["reason"] == "SuccessfulRescale")
    assert (scaled["object"], scaled["message"][:11]) == ("HorizontalPodAutoscaler/web", "New size: 3")
    new = [row for row in rows if row["k"] == "pod" and row["name"] == "web-6874c9b784-z7b9z"]
    assert new[0]["node"] is None
    assert new[0]["owner"] == "ReplicaSet/web-6874c9b784"
    assert new[-1]["conditions"]["Ready"][0] == "True"
    assert new[-1]["containers"][0]["cpu_limit_m"] == 500
    assert new[-1]["containers"][0]["started"] is not None
    endpoints = [row["ready"] for row in rows if row["k"] == "endpoint" and row["pod_uid"] == new[0]["uid"]]
    assert endpoints == [False, True]


def test_a_sample_is_written_once(rows: list[dict[str, Any]]) -> None:
    """Metrics are asked for every 5 s and are 15 s apart: each timestamp of a pod stands in one row only."""
    seen = [(row["pod_uid"], row["at"]) for row in rows if row["k"] == "usage"]
    assert len(seen) == len(set(seen)) > 4
    assert {row["window_s"] for row in rows if row["k"] == "usage"} <= {
        float(f"{15 + n / 1000:.3f}") for n in range(-999, 999)
    }


def test_what_does_not_change_makes_no_row() -> None:
    """The same change twice is one row; a near miss, the pod that is now ending, is another."""
    fold = Fold(scope())
    changes = [seen for seen in sample() if isinstance(seen, Change) and seen.kind == "Pod"]
    first = changes[0]
    assert len(fold.rows(first)) == 1
    assert fold.rows(first) == []
    assert [row["removed"] for row in fold.rows(Change("Pod", "DELETED", first.object, first.t))] == [True]


def test_events_before_the_run_or_of_others_are_left_out() -> None:
    """An event from before the run, or about another workload, is no row; one about a pod of the target is."""
    event = {
        "metadata": {"uid": "e"},
        "involvedObject": {"kind": "Pod", "name": "web-1-a"},
        "reason": "Started",
        "message": "m",
        "type": "Normal",
        "count": 1,
        "firstTimestamp": "2026-11-23T06:21:30Z",
        "lastTimestamp": "2026-11-23T06:21:30Z",
    }
    old = event | {"lastTimestamp": "2026-11-23T06:00:00Z"}
    other = event | {"involvedObject": {"kind": "Pod", "name": "webshop-1-a"}}
    assert [Fold(scope()).rows(Change("Event", "ADDED", item, 0.0)) for item in (old, other)] == [[], []]
    assert len(Fold(scope()).rows(Change("Event", "ADDED", event, 0.0))) == 1


def test_a_kind_without_rows_is_an_error_and_no_silence() -> None:
    """A watched object that the table does not know is refused by its kind; with an entry, which is all it takes, it is
    recorded, and a change of nothing in its row is no row."""
    lease = {"metadata": {"name": "lock", "uid": "l"}, "spec": {"holderIdentity": "a"}}
    with pytest.raises(LookupError, match="no rows for Lease"):
        Fold(scope()).rows(Change("Lease", "ADDED", lease, 0.0))

    def rows(obj: Object, _: Scope, gone: bool) -> Rows:
        return {obj["metadata"]["uid"]: {"k": "lease", "holder": None if gone else obj["spec"]["holderIdentity"]}}

    fold = Fold(scope(), {"Lease": Source("Lease", lambda _: Selection(), rows, optional=True)})
    found = [fold.rows(Change("Lease", word, lease, 0.0)) for word in ("ADDED", "MODIFIED", "DELETED")]
    assert found == [[{"k": "lease", "holder": "a"}], [], [{"k": "lease", "holder": None}]]


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_what_is_watched_is_recorded_or_the_load_generators(kind: str) -> None:
    """Every source of a run has rows, but for those that select what the run has made itself; only what is optional may
    be forbidden: what lies outside the namespace, what not every cluster has, and the Service, of which older Roles say
    nothing."""
    run = replace(scope(), kind=kind, load="run=this", scaled="web", vpa="web")
    for source in watched(kind):
        chosen = source.selection(run)
        assert chosen is not None
        assert (source.rows is None) == ("run=this" in (chosen.labels or ""))
        optional, wide = {(item.optional, item.wide) for item in source.permissions}.pop()
        assert optional == (wide or source.addon or source.kind == "Service")
    assert {source.kind for source in watched(kind)} & {"Deployment", "StatefulSet"} == {kind}


def line(seq: int, shard: int = 0, at: float = 100.0) -> Line:
    """A worker's log line with a load row."""
    row: Load = {
        "k": "load", "seq": seq, "shard": shard, "clk": "w", "at": at + seq, "pod": "w", "planned": 1, "sent": 1,
        "answered": 1, "failed": {}, "dropped": 0, "in_flight": 0, "cpu_s": 0.1, "lag": {}, "response": {},
        "service": {}, "by_pod": {},
    }  # fmt: skip
    return Line(f"worker-{shard}", json.dumps(row), at + seq, at + seq)


def test_a_missing_sequence_number_is_a_gap() -> None:
    """Rows 0, 1, 4 of a worker leave a gap over seconds 2 and 3; another worker's numbers are its own."""
    fold = Fold(scope())
    assert [row["k"] for n in (0, 1) for row in fold.rows(line(n))] == ["load", "load"]
    gap, row = fold.rows(line(4))
    assert (gap["k"], gap["source"], gap["since"], gap["until"]) == ("gap", "load/0", 102.0, 104.0)
    assert row["seq"] == 4
    assert [row["k"] for row in fold.rows(line(0, shard=1))] == ["load"]


def test_a_log_whose_beginning_was_lost_is_a_gap() -> None:
    """A first row with the number 3 says that three were never seen."""
    assert [row["k"] for row in Fold(scope()).rows(line(3))] == ["gap", "load"]


@given(st.lists(st.integers(0, 40), min_size=1, max_size=60))
def test_each_number_is_written_once_and_holes_add_up(numbers: list[int]) -> None:
    """Whatever a resumed log repeats: numbers come out rising, each once, and with the missing ones they are all."""
    fold = Fold(scope())
    rows = [row for n in numbers for row in fold.rows(line(n))]
    seqs = [row["seq"] for row in rows if row["k"] == "load"]
    missing = sum(round(row["until"] - row["since"]) for row in rows if row["k"] == "gap")
    assert seqs == sorted(set(seqs))
    assert len(seqs) + missing == max(seqs) + 1


def test_a_text_that_is_no_row_is_kept_for_the_error_message() -> None:
    """A traceback in the log of a load pod makes no row and is not forgotten."""
    fold = Fold(scope())
    assert fold.rows(Line("worker-0", "ImportError: no locust", 1.0, 1.0)) == []
    assert fold.strangers == ["worker-0: ImportError: no locust"]


def test_a_row_that_lacks_a_field_is_no_row() -> None:
    """A worker's line is checked against its type: what another release wrote otherwise is told, and not recorded."""
    fold = Fold(scope())
    assert fold.rows(Line("worker-0", '{"k":"load","shard":0,"seq":0,"at":1.0}', 1.0, 1.0)) == []
    assert len(fold.strangers) == 1
    assert fold.rows(Line("worker-0", '{"k":"news","seq":0}', 1.0, 1.0)) == []
    assert len(fold.strangers) == 1


def test_worker_clocks_wait_for_the_masters() -> None:
    """A worker's clock is known against the master's; its row comes when that is known, offsets and errors added."""
    fold = Fold(scope())
    row = {"k": "clock", "clk": "worker-0", "against": "master", "offset_s": 0.5, "error_s": 0.01, "seq": 0}
    assert fold.rows(Line("master", json.dumps(row), 1.0, 1.0)) == []
    rows = fold.rows(ClockRead("master", -0.2, 0.005, 2.0))
    assert [(r["clk"], round(r["offset_s"], 3), round(r["error_s"], 3)) for r in rows] == [
        ("master", -0.2, 0.005),
        ("worker-0", 0.3, 0.015),
    ]


def test_a_server_whose_clock_is_set_back_goes_on_being_heard() -> None:
    """Its events and samples carry earlier times than those before, and are news all the same."""
    fold = Fold(scope())
    fold.rows(ClockRead("api", 0.0, 0.0, 0.0))
    fold.uids["web-1"] = "u"
    at = {"metadata": {"name": "web-1"}, "window": "15s", "containers": []}
    old = {"involvedObject": {"kind": "Pod", "name": "web-1-a"}, "lastTimestamp": "2026-11-23T05:30:30Z"}
    assert fold.rows(Samples([at | {"timestamp": "2026-11-23T06:30:00Z"}], 0.0))
    assert not fold.rows(Change("Event", "ADDED", {"metadata": {"uid": "before"}, **old}, 0.0))
    fold.rows(ClockRead("api", -3600.0, 0.5, 0.0))
    assert fold.rows(Change("Event", "ADDED", {"metadata": {"uid": "after"}, **old}, 0.0))
    assert fold.rows(Samples([at | {"timestamp": "2026-11-23T05:30:10Z"}], 0.0))
    assert not fold.rows(Samples([at | {"timestamp": "2026-11-23T05:30:08Z"}], 0.0))  # of another replica


def test_a_lost_span_is_a_gap_row() -> None:
    """What a source could not hear stands in the record with its cause."""
    (row,) = Fold(scope()).rows(Lost("pods", 1.0, 2.0, "why"))
    assert row["k"] == "gap"
    assert (row["source"], row["since"], row["until"], row["cause"]) == ("pods", 1.0, 2.0, "why")


def hpa(**status: Any) -> dict[str, Any]:
    """An HPA with a status."""
    meta = {"name": "web", "uid": "h", "generation": 1}
    return {"metadata": meta, "spec": {"minReplicas": 2, "maxReplicas": 8}, "status": status}


def test_an_hpa_that_has_never_decided_wishes_nothing() -> None:
    """The 0 of a status that no sync has written yet is unknown; the 0 of an HPA that did decide is 0."""
    fresh = hpa_row(hpa(currentReplicas=0, desiredReplicas=0))
    assert (fresh["current"], fresh["desired"]) == (None, None)
    condition = {"type": "ScalingActive", "status": "False", "reason": "ScalingDisabled", "message": "replicas is zero"}
    off = hpa_row(hpa(currentReplicas=0, desiredReplicas=0, conditions=[condition]))
    assert (off["current"], off["desired"]) == (0, 0)
    running = hpa_row(hpa(currentReplicas=2, desiredReplicas=3))
    assert (running["current"], running["desired"]) == (2, 3)
