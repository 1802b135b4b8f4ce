"""What is heard late on a connection that never breaks, under a virtual clock."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self, cast

import pytest

from autoscale.base.times import format_time
from autoscale.cluster.client import Cluster
from autoscale.cluster.resources import resource_of
from autoscale.cluster.watch import Change, Lost, Watch
from autoscale.observe.fold import ClockRead, Fold
from autoscale.observe.lateness import Silence
from autoscale.observe.scope import Scope

BEGIN = 1_795_400_000.0


def pod(name: str, version: int, written: float | None = None, created: float = BEGIN - 3600) -> dict[str, Any]:
    """A pod of the target as the API server sends it, with the time of its last write."""
    managed = [] if written is None else [{"manager": "kubelet", "time": format_time(written)}]
    return {
        "metadata": {
            "name": name,
            "uid": name,
            "resourceVersion": str(version),
            "creationTimestamp": format_time(created),
            "managedFields": [{"manager": "kcm", "time": format_time(created)}, *managed],
        },
        "status": {"phase": "Running"},
    }


BOOKMARK = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "9"}}}
CHANGED = {"type": "MODIFIED", "object": pod("a", 10)}


@dataclass
class Scripted:
    """An API server with one pod, whose one watch sends ``lines``, each so many seconds after the one before."""

    lines: list[tuple[float, dict[str, Any]]]
    now: float = BEGIN
    over: threading.Event = field(default_factory=threading.Event)

    def list(self, _path: str, **_: Any) -> dict[str, Any]:
        """The collection."""
        return {"metadata": {"resourceVersion": "5"}, "items": [pod("a", 5)]}

    def stream(self, _path: str, **_: Any) -> Self:
        """The watch."""
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()

    def __iter__(self) -> Iterator[bytes]:
        for pause, event in self.lines:
            self.now += pause
            yield json.dumps(event).encode()

    def cancel(self) -> None:
        """Nothing waits."""


def heard(lines: list[tuple[float, dict[str, Any]]]) -> list[Change | Lost]:
    """What the watch says until its server ends it."""
    server = Scripted(lines)
    watch = Watch(cast("Cluster", server), resource_of("Pod"), "shop", clock=lambda: server.now)
    said = []
    for item in watch.changes():
        said.append(item)
        if len([one for one in said if isinstance(one, Change)]) > sum(e["type"] != "BOOKMARK" for _, e in lines):
            watch.cancel()
    return said


def lost(lines: list[tuple[float, dict[str, Any]]]) -> list[tuple[str, float, float]]:
    """The gaps: source, beginning and end in seconds from the list on."""
    gaps = [item for item in heard(lines) if isinstance(item, Lost)]
    return [(gap.source, round(gap.since - BEGIN, 3), round(gap.until - BEGIN, 3)) for gap in gaps]


BEAT = [(0.4, BOOKMARK)] * 5  # two seconds of a server that sends bookmarks often


def test_a_stalled_connection_is_told_by_the_bookmarks_that_did_not_come() -> None:
    """Of a server that sends one a second: from the last thing heard to the end of the silence, before the change."""
    lines = [*BEAT, (4.0, BOOKMARK), (0.1, CHANGED)]
    assert lost(lines) == [("pods", 2.0, 6.0)]
    said = heard(lines)
    assert isinstance(said[1], Lost)
    assert isinstance(said[2], Change)


def test_a_change_that_ends_the_silence_itself_is_late_as_well() -> None:
    """No bookmark need come before it."""
    assert lost([*BEAT, (2.1, CHANGED)]) == [("pods", 2.0, 4.1)]


@pytest.mark.parametrize(
    "lines",
    [
        [*BEAT, (1.9, CHANGED)],  # up to two seconds late is not late
        [*BEAT, (4.0, BOOKMARK), (0.9, CHANGED)],  # nothing came with its end
        [(60.0, BOOKMARK), (60.0, BOOKMARK), (20.0, CHANGED)],  # a server that is heard once a minute
        [(0.1, CHANGED), (0.1, BOOKMARK), (20.0, CHANGED)],  # one bookmark, by chance soon after a change
    ],
)
def test_a_quiet_connection_is_no_stalled_one(lines: list[tuple[float, dict[str, Any]]]) -> None:
    """Without a change that was held back, or a server that is heard each second, silence is no gap."""
    assert lost(lines) == []


@pytest.mark.parametrize(
    ("event", "written"),
    [
        ({"type": "MODIFIED", "object": pod("a", 6, BEGIN + 7)}, BEGIN + 7),
        ({"type": "ADDED", "object": pod("b", 6, created=BEGIN + 3)}, BEGIN + 3),
        ({"type": "MODIFIED", "object": pod("a", 6)}, None),  # a binding: no manager's time is new
        ({"type": "DELETED", "object": pod("a", 6)}, None),
    ],
)
def test_a_change_tells_when_it_was_written(event: dict[str, Any], written: float | None) -> None:
    """By the newest time among the field managers' that was not there before; else it does not tell."""
    change = heard([(10.0, event)])[1]
    assert isinstance(change, Change)
    assert change.written == written


def folded(*seen: Change | Lost | ClockRead | Silence) -> list[tuple[str, float, float]]:
    """The gap rows of what was seen, in seconds from BEGIN on."""
    fold = Fold(Scope("Deployment", "web", "web", "web", BEGIN))
    rows = [row for item in seen for row in fold.rows(item)]
    gaps = [row for row in rows if row["k"] == "gap"]
    return [(gap["source"], round(gap["since"] - BEGIN, 3), round(gap["until"] - BEGIN, 3)) for gap in gaps]


def change(t: float, written: float | None, kind: str = "Pod") -> Change:
    """A change heard ``t`` seconds after BEGIN, written at a time of the server's clock."""
    return Change(kind, "MODIFIED", pod("web-1", 1), BEGIN + t, None if written is None else BEGIN + written)


EXACT, AHEAD = ClockRead("api", 0.0, 0.0, BEGIN), ClockRead("api", 30.0, 0.1, BEGIN)


@pytest.mark.parametrize("late", [2.01, 2.6, 3.99, 9.6])
def test_what_came_more_than_two_seconds_after_its_writing_is_a_gap(late: float) -> None:
    """Wherever in its second it was written: from the writing at the earliest until it was heard."""
    for fraction in (0.0, 0.5, 0.99):
        (gap,) = folded(EXACT, change(20 + fraction + late, 20.0))
        assert gap == ("pods", 20.0, round(20 + fraction + late, 3))


def test_what_came_within_a_second_of_its_writing_is_none() -> None:
    """Nor does an object say anything that has no new time, or whose clock is not known yet."""
    assert folded(EXACT, change(21.0, 20.0), change(21.99, 20.0)) == []
    assert folded(EXACT, change(30.0, None)) == []
    assert folded(change(30.0, 20.0)) == []


def test_lateness_is_counted_by_the_servers_own_clock() -> None:
    """One that is half a minute ahead writes later times; its error speaks for the connection."""
    assert folded(AHEAD, change(21.5, 50.0)) == []
    assert folded(AHEAD, change(24.0, 50.0)) == [("pods", 19.9, 24.0)]


def test_a_stall_is_one_gap_a_source() -> None:
    """What comes in one burst is told once; a gap that the watch told itself is not told again."""
    burst = [change(30.0 + n / 100, 20.0 + n / 10) for n in range(10)]
    assert folded(EXACT, *burst) == [("pods", 20.0, 30.0)]
    assert len(folded(EXACT, *burst, change(50.0, 40.0))) == 2
    assert len(folded(EXACT, Lost("pods", BEGIN + 20, BEGIN + 30, "the connection stalled"), *burst)) == 1


def test_a_silence_of_the_server_counts_where_something_came_with_its_end() -> None:
    """Deletions tell no time, but were not heard while a server that is asked each second did not answer."""
    silence = Silence("api", BEGIN + 20, BEGIN + 24)
    assert folded(EXACT, change(24.1, None), silence) == [("api", 20.0, 24.0)]
    assert folded(EXACT, change(23.9, None), silence) == [("api", 20.0, 24.0)]
    assert folded(EXACT, change(19.9, None), change(25.0, None), silence) == []


def test_a_gap_says_what_it_hides() -> None:
    """In words of the report, from the table of what is watched."""
    fold = Fold(Scope("Deployment", "web", "web", "web", BEGIN))
    gaps = {
        source: fold.rows(Lost(source, BEGIN, BEGIN + 3, "broke"))[0]
        for source in ("pods", "horizontalpodautoscalers", "api", "usage", "log/loadtest-worker-0", "load/0")
    }
    assert all(gap["k"] == "gap" and gap["hides"] for gap in gaps.values())
    assert "ready" in gaps["pods"]["hides"]  # type: ignore[typeddict-item]
    assert "decisions" in gaps["horizontalpodautoscalers"]["hides"]  # type: ignore[typeddict-item]
