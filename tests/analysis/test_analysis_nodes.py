"""Nodes that come during a run: the wait for them in phases that add up, and what nodes, cores and memory cost."""

from typing import Any

import pytest

from autoscale.analysis import analyse
from autoscale.analysis.results.analysis import Analysis
from autoscale.findings import find
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
