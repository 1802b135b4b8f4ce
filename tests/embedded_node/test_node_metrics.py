"""The metrics pipeline: when it samples, what it keeps, what it publishes."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscale.base.times import format_time
from autoscale.plane.metrics import Housekeeping, Point, Scraped, node_metrics, pod_metrics, rates, scrape

START = 1_800_000_000.0
KEY = ("u", "web")
POD = {"metadata": {"uid": "u", "name": "web-1", "namespace": "default", "labels": {"app": "web"}}}


def at(seconds: float, cpu_s: float = 0.0, start: float = 0.0) -> Point:
    """A point ``seconds`` after START of a container that began at ``start``."""
    return Point(START + seconds, START + start, cpu_s, 2**20)


def after(*points: Point | None) -> Scraped:
    """The state after one scrape for each point (None: nothing runs)."""
    kept = Scraped()
    for point in points:
        kept = scrape(kept, {KEY: point} if point else {}, 15.0, 10.0)
    return kept


def test_a_container_is_sampled_at_once_and_then_every_10_to_20_s() -> None:
    """The gaps lie between the base and twice the base, with a mean of 1.5; a restart is sampled at once."""
    keeping, now, seen = Housekeeping(10.0, random.Random(3)), START, []
    for _ in range(2000):
        for key in keeping.ready({KEY: START}, now):
            seen.append(now)
            keeping.add(key, at(now - START), now)
        due = keeping.next_due()
        assert due is not None
        now = due
    gaps = [b - a for a, b in itertools.pairwise(seen)]
    assert seen[0] == START
    assert min(gaps) >= 10
    assert max(gaps) <= 20
    assert sum(gaps) / len(gaps) == pytest.approx(15, abs=0.3)
    assert keeping.ready({KEY: START}, now - 1) == []
    assert keeping.ready({KEY: START + 5}, now - 1) == [KEY]


def test_a_container_that_ended_is_forgotten() -> None:
    """Its last point is not scraped again."""
    keeping = Housekeeping(10.0)
    keeping.ready({KEY: START}, START)
    keeping.add(KEY, at(0), START)
    keeping.ready({}, START + 1)
    assert keeping.newest == {}
    assert keeping.next_due() is None


def test_usage_is_the_difference_of_the_last_two_points() -> None:
    """3 s of CPU within 12 s are a quarter of a core, published with timestamp and window."""
    (made,) = pod_metrics(after(at(30, 5.0), at(42, 8.0)), [POD])
    assert made["timestamp"] == format_time(START + 42)
    assert made["window"] == "12s"
    assert made["containers"] == [{"name": "web", "usage": {"cpu": "250000000n", "memory": "1024Ki"}}]
    assert made["metadata"]["labels"] == {"app": "web"}


def test_one_point_is_no_metric() -> None:
    """Neither a first point nor the same point again gives a usage."""
    assert rates(after(at(30)), "u") is None
    assert rates(after(at(30), at(30)), "u") is None
    assert pod_metrics(after(at(30)), [POD]) == []


def test_a_scrape_without_a_new_point_changes_nothing() -> None:
    """The pair stays as it was."""
    assert after(at(30, 1), at(45, 2), at(45, 2)) == after(at(30, 1), at(45, 2))


@pytest.mark.parametrize(("age", "window"), [(9.9, None), (10.0, 10.0), (14.9, 14.9), (15.0, None)])
def test_a_fresh_container_counts_from_its_start(age: float, window: float | None) -> None:
    """Between 10 s of age and the resolution, one point is enough: it covers the start-up."""
    found = rates(after(at(age, 3.0)), "u")
    assert (found["web"].window_s if found else None) == (pytest.approx(window) if window else None)
    if found:
        assert found["web"].cpu == pytest.approx(3.0 / age)


def test_a_restart_begins_anew() -> None:
    """Points from before the restart are not paired with those after it."""
    assert rates(after(at(30, 9.0), at(50, 0.1, start=45)), "u") is None
    found = rates(after(at(30, 9.0), at(50, 0.1, start=45), at(65, 1.1, start=45)), "u")
    assert found is not None
    assert found["web"].cpu == pytest.approx(1.0 / 15)


def test_a_pod_with_one_container_lacking_is_left_out() -> None:
    """Both containers need two points; then the older time is published."""
    other = ("u", "side")
    kept = scrape(Scraped(), {KEY: at(30)}, 15, 10)
    kept = scrape(kept, {KEY: at(45, 1.0), other: at(46)}, 15, 10)
    assert pod_metrics(kept, [POD]) == []
    kept = scrape(kept, {KEY: at(60, 2.0), other: at(63)}, 15, 10)
    (made,) = pod_metrics(kept, [POD])
    assert made["timestamp"] == format_time(START + 60)


def test_what_no_longer_runs_has_no_metrics() -> None:
    """One scrape without it is enough."""
    assert pod_metrics(after(at(30), at(45), None), [POD]) == []


@given(st.lists(st.tuples(st.floats(0.5, 30), st.floats(0, 10)), min_size=2, max_size=30))
def test_usage_is_never_negative_and_windows_are_gaps(steps: list[tuple[float, float]]) -> None:
    """Whatever the points, the usage is what was used between the last two of them."""
    kept, now, cpu, previous = Scraped(), 100.0, 0.0, 100.0
    for gap, used in steps:
        previous, now, cpu = now, now + gap, cpu + used
        kept = scrape(kept, {KEY: at(now, cpu)}, 15, 10)
    found = rates(kept, "u")
    assert found is not None
    assert found["web"].window_s == pytest.approx(now - previous, abs=1e-5)
    assert found["web"].cpu * found["web"].window_s == pytest.approx(steps[-1][1], abs=1e-4)


def test_the_nodes_metrics_go_the_same_way() -> None:
    """Kept under the node's name; nothing before the second point."""
    key = ("node", "")
    kept = scrape(Scraped(), {key: at(1000)}, 15, 10)
    assert node_metrics(kept, "node") == []
    kept = scrape(kept, {key: at(1010, 5.0)}, 15, 10)
    assert node_metrics(kept, "node")[0]["usage"]["cpu"] == "500000000n"
