"""Nodes that come during a run: the wait for them in phases that add up, and what nodes, cores and memory cost."""

from pathlib import Path
from typing import Any

import pytest

from autoscale.analysis import analyse
from autoscale.analysis.results.analysis import Analysis
from autoscale.findings import find
from autoscale.observe.convert import node_row
from autoscale.report.answers.four import answers
from autoscale.report.gather import gather
from autoscale.report.words import node_rows
from tests.fixtures.handmade import Record

PLAN = [[0, 20], [60, 20], [60, 80], [300, 80]]


def grown(*, there: float = 85, asked: bool = True, **header: Any) -> Analysis:
    """From two pods to three at 70 s; the third waits for the node n2: asked 72, there 85, ready 90, placed 91."""
    record = Record(PLAN, **header).mark("load-start", 0).mark("load-end", 300).steady(0, 300, 20)
    record.add("node", -5, name="n1", ready=True, cpu_m=1000, unschedulable=False)
    record.pod("p0", -5).pod("p1", -5).pod("p2", 71, scheduled=20.0, ready=24.0)
    record.scale(-1, 2).scale(70, 3, ready=2).scale(95, 3).hpa(-1, 2, 50).hpa(70, 3, 90, current=2)
    for row in record.body:
        if row["k"] == "pod" and row["name"] == "p2" and row["node"]:
            row["node"] = "n2"
    if asked:
        record.event(72, "TriggeredScaleUp", "pod triggered scale-up: [{pool 1->2 (max: 3)}]", "Pod/p2")
    record.add("node", there, name="n2", ready=False, cpu_m=1000, unschedulable=False)
    record.add("node", there + 5, name="n2", ready=True, cpu_m=1000, unschedulable=False)
    return analyse(record.rows())


def parts(found: Analysis) -> dict[str, float | None]:
    """The phases of the growth."""
    return {phase.name: phase.duration_s for phase in found.scale_ups[0].phases}


def test_the_wait_for_a_node_is_told_in_parts_that_add_up() -> None:
    """Asked for, there, ready, and then the pod is placed: together the wait from its creation until it had a node."""
    found = grown()
    told = parts(found)
    assert [told[name] for name in ("node asked", "node there", "node ready")] == pytest.approx([1, 13, 5], abs=1)
    waits = [told[name] or 0.0 for name in ("node asked", "node there", "node ready", "scheduled")]
    assert sum(waits) == pytest.approx(20, abs=1.1)
    assert sum(value or 0.0 for value in told.values()) == pytest.approx(found.scale_ups[0].total_s)


def test_who_asked_for_the_node_may_be_unknown() -> None:
    """Without an event of a node autoscaler that part is unknown, and the next one holds its time."""
    told = parts(grown(asked=False))
    assert told["node asked"] is None
    assert told["node there"] == pytest.approx(14, abs=1)


def test_a_node_that_was_there_makes_no_phase() -> None:
    """It came before the pod: the wait was for something else."""
    assert "node there" not in parts(grown(there=60))


def test_the_finding_says_that_room_kept_free_would_have_hidden_the_wait() -> None:
    """F14 with the whole wait, not with its last part, and with a cure that is not the HPA's."""
    (one,) = [one for one in find(grown()) if one.id == "F14"]
    assert "up to 20 s" in one.sentence or "up to 21 s" in one.sentence
    assert "overprovisioning" in one.advice
    assert not [one for one in find(grown(there=60, asked=False)) if "overprovisioning" in one.advice]


def test_cost_is_told_by_pods_cores_memory_and_nodes() -> None:
    """One node for 85 s and two for 215 s are 8.6 node-minutes; 100m a pod; memory that is not asked for is unknown."""
    found = grown(price={"pod_hour": 0.06, "node_hour": 0.6, "currency": "EUR"}, objectives=("p95 < 300ms",))
    assert found.measures["node_minutes"].value == pytest.approx((85 + 2 * 215) / 60, abs=0.01)
    assert found.measures["core_minutes"].value == pytest.approx(0.1 * (2 * 300 + 217) / 60, abs=0.1)
    assert found.measures["memory_minutes"].value is None
    by_nodes, by_pods = found.measures["node_cost"].value, found.measures["cost"].value
    assert by_nodes == pytest.approx(0.6 * (515 / 60) / 60 / 6000 * 1e6, rel=0.01)
    assert by_pods is not None
    assert grown().measures["node_cost"].value is None


def test_each_node_is_told_with_its_size_and_why_it_came_and_went() -> None:
    """What sells it and at which price, for which pod it came, and the node autoscaler's word on why it went; one that
    was there before has no coming, and one without labels an unknown price."""
    record = Record(PLAN).mark("load-start", 0).mark("load-end", 300).steady(0, 300, 20)
    size: dict[str, Any] = {"mem_b": 4 * 2**30, "instance": "m.large", "price_class": "spot"}
    record.add("node", -5, name="n1", ready=True, cpu_m=2000, unschedulable=False)
    record.event(72, "TriggeredScaleUp", "pod triggered scale-up: [{pool 1->2 (max: 3)}]", "Pod/p2")
    record.add("node", 85, name="n2", ready=False, cpu_m=2000, unschedulable=False, **size)
    record.add("node", 90, name="n2", ready=True, cpu_m=2000, unschedulable=False, **size)
    record.pod("p2", 71, scheduled=20.0, ready=24.0)
    for row in record.body:
        if row["k"] == "pod" and row["node"]:
            row["node"] = "n2"
    record.event(200, "ScaleDownEmpty", "Scale-down: removing empty node n2", "Node/n2")
    record.add("node", 210, name="n2", ready=False, cpu_m=2000, unschedulable=False, removed=True, **size)
    found = analyse(record.rows())
    first, second = node_rows(found)
    assert first == ("n1", "2 cores", "before", "before", "stayed", "was there")
    assert second[:5] == ("n2", "2 cores, 4 GiB, m.large, spot", "1:25", "1:30", "3:30")
    assert second[5].startswith("came for Pod/p2: pod triggered scale-up")
    assert second[5].endswith("went: ScaleDownEmpty: Scale-down: removing empty node n2")


def test_a_node_is_read_with_what_its_provider_says_of_it() -> None:
    """Labels of Karpenter and of a managed pool; a bare node has neither type nor price class, and they are unknown."""
    labels = {"node.kubernetes.io/instance-type": "m5.large", "karpenter.sh/capacity-type": "spot"}
    allocatable = {"cpu": "1930m", "memory": "7Gi"}
    meta = {"name": "n1", "creationTimestamp": "2026-11-29T06:00:00Z"}
    row = node_row({"metadata": {**meta, "labels": labels}, "status": {"allocatable": allocatable}})
    assert (row["cpu_m"], row["mem_b"], row["instance"], row["price_class"]) == (1930, 7 * 2**30, "m5.large", "spot")
    bare = node_row({"metadata": meta, "status": {}})
    assert (bare["mem_b"], bare["instance"], bare["price_class"]) == (None, None, None)


def test_a_run_with_a_pool_of_nodes_names_the_node_that_was_waited_for() -> None:
    """The embedded pool grew by one: its phases add up, the table says for which pod, and the first advice is not the
    HPA's."""
    account = gather(Path(__file__).parents[1] / "fixtures" / "told" / "embedded-one-more-node.jsonl.gz")
    (growth,) = account.analysis.scale_ups
    told = {phase.name: phase.duration_s for phase in growth.phases}
    assert {"node asked", "node there", "node ready", "scheduled"} <= told.keys()
    assert sum(value or 0.0 for value in told.values()) == pytest.approx(growth.total_s)
    first, second = node_rows(account.analysis)
    assert (first[2], first[5]) == ("before", "was there")
    assert second[5].startswith("came for Pod/web-")
    assert answers(account)[3].headline == "Pods found no node"
    slow = next(finding for finding in account.findings if finding.id == "F4")
    assert (slow.patch, slow.advice) == (None, "Nodes were short of room: add capacity ahead of the load.")


def test_real_nodes_under_karpenter_are_the_slow_phase_and_told_one_by_one() -> None:
    """The local cluster grew from one node to three and shrank again (Karpenter 1.15.0, a kubelet for each): the wait
    for a node is most of the scale-up, each has its pod and its reason, and the evictions have their author."""
    account = gather(Path(__file__).parents[1] / "fixtures" / "told" / "real-three-nodes.jsonl.gz")
    growth = account.analysis.scale_ups[-1]
    told = {phase.name: phase.duration_s for phase in growth.phases}
    assert told["node there"] == pytest.approx(79, abs=1)
    assert sum(value or 0.0 for value in told.values()) == pytest.approx(growth.total_s)
    rows = node_rows(account.analysis)
    assert [row[:2] for row in rows] == [
        ("local", "2 cores, 23.4 GiB"),
        ("pool-m7rss", "1 cores, 2 GiB, small, on-demand"),
        ("pool-6pk8v", "1 cores, 2 GiB, small, on-demand"),
    ]
    for row in rows[1:]:
        assert f"Pod should schedule on: nodeclaim/{row[0]}" in row[5]
        assert row[5].endswith("went: DisruptionTerminating: Disrupting NodeClaim: Underutilized")
    evicted = [one.words for one in account.analysis.interventions if one.kind == "eviction"]
    assert len(evicted) == 2
    assert all(words.endswith("as Karpenter took their node away") for words in evicted)
    slow, cure = answers(account)[2:]
    assert slow.headline.startswith("Until the node was there: 1 min 19 s")
    assert cure.headline == "Pods found no node"
