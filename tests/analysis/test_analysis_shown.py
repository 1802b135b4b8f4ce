"""What an analysis hands to a reader: targets in kubectl's words, measures in groups, reasons that still hold."""

from collections import Counter
from pathlib import Path

import pytest

from autoscale.analysis import analyse
from autoscale.analysis.results.catalogue import CATALOGUE, GROUPS
from autoscale.record.reader import read
from tests.fixtures.handmade import Record

FIXTURES = Path(__file__).parents[1] / "fixtures"


def test_every_measure_stands_in_one_group() -> None:
    """A measure that is added to the catalogue is shown to somebody, and once."""
    grouped = Counter(name for names in GROUPS.values() for name in names)
    assert grouped == Counter(CATALOGUE.keys())


def test_a_change_of_size_shows_the_target_of_its_time() -> None:
    """An HPA that is edited in mid-run: each decision stands beside the target it had, as kubectl shows it."""
    run = Record([[0, 20], [60, 20]]).mark("load-start", 0).scale(-1, 2).hpa(-1, 2, 40)
    run.hpa(20, 4, 116, current=2, target=60).scale(20, 4).hpa(40, 8, 58, current=4, target=30).scale(40, 8)
    assert [event.metric for event in analyse(run.rows()).scale_events] == ["cpu: 116%/60%", "cpu: 58%/30%"]


def test_a_metric_that_was_not_seen_is_unknown() -> None:
    """No figure is made up for a decision without one; where there is no HPA there is no target either."""
    run = Record([[0, 20], [60, 20]]).mark("load-start", 0).scale(-1, 2).hpa(20, 4, None, current=2).scale(20, 4)
    assert [event.metric for event in analyse(run.rows()).scale_events] == ["cpu: <unknown>/50%"]
    alone = Record([[0, 20], [60, 20]]).mark("load-start", 0).scale(-1, 2).scale(20, 4)
    assert [event.metric for event in analyse(alone.rows()).scale_events] == [None]


def test_a_pod_that_runs_waits_for_nothing() -> None:
    """Real pods passed through ContainerCreating; only those that ended carry a reason, that of their end."""
    pods = analyse(read(FIXTURES / "real-step.jsonl.gz")).pods
    assert {pod.reason for pod in pods if pod.removed_at is None and pod.ready_at is not None} == {None}
    assert "Completed" in {pod.reason for pod in pods}


@pytest.mark.parametrize(("restarts", "told"), [(0, None), (1, "OOMKilled")])
def test_why_a_container_was_restarted_is_kept(restarts: int, told: str | None) -> None:
    """A reason for waiting goes when the container runs; that of a restart stays, for it explains the count."""
    run = Record().pod("p", 0)
    row = run.body[-1]
    container = row["containers"][0]
    row["containers"] = [{**container, "reason": "OOMKilled", "restarts": restarts}]
    run.body.append({**row, "t": row["t"] + 10, "containers": [{**container, "restarts": restarts}]})
    assert [pod.reason for pod in analyse(run.rows()).pods] == [told]
