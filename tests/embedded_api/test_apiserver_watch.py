"""Watches: replay, selections, bookmarks, what is too old, and tables."""

import json
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from autoscale.base.times import parse_time
from autoscale.plane.store import Create, Remove, Update
from tests.embedded_api.harness import Server

PODS = "/api/v1/namespaces/default/pods"


def pod(name: str, **labels: str) -> dict[str, Any]:
    return {"kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": {"containers": [{"name": "c"}]}}


def watch(server: Server, query: str, **headers: str) -> Iterator[dict[str, Any]]:
    """The events of a watch, as they come."""
    with server.open("GET", f"{PODS}?watch=true&{query}", **headers) as answer:
        for line in answer:
            yield json.loads(line)


def test_a_watch_replays_what_came_after_a_version_and_then_follows(server: Server) -> None:
    """Nothing is lost between a list and a watch that begins at its version."""
    server.apply(Create(pod("before")))
    version = server.call("GET", PODS)[1]["metadata"]["resourceVersion"]
    server.apply(Create(pod("between")))
    events = watch(server, f"resourceVersion={version}&timeoutSeconds=5")
    assert (first := next(events))["type"] == "ADDED"
    assert first["object"]["metadata"]["name"] == "between"
    server.apply(Remove("Pod", "default", "between"))
    gone = next(events)
    assert gone["type"] == "DELETED"
    assert int(gone["object"]["metadata"]["resourceVersion"]) > int(first["object"]["metadata"]["resourceVersion"])
    events.close()


@pytest.mark.parametrize("value", ["true", "True", "1", "t", "yes"])
def test_whatever_is_given_but_nothing_0_and_false_is_a_watch(server: Server, value: str) -> None:
    """Clients write booleans in their own way: Python's say ``True``."""
    server.apply(Create(pod("a")))
    with server.open("GET", f"{PODS}?watch={value}&timeoutSeconds=5") as answer:
        assert json.loads(answer.readline())["type"] == "ADDED"


@pytest.mark.parametrize("value", ["false", "False", "FALSE", "0", ""])
def test_a_watch_that_is_false_is_a_list(server: Server, value: str) -> None:
    """A client may say that it does not watch."""
    assert server.call("GET", f"{PODS}?watch={value}")[1]["kind"] == "PodList"


def test_a_watch_without_a_version_begins_with_what_is_there(server: Server) -> None:
    """It tells of every present object as ADDED first."""
    for name in "ab":
        server.apply(Create(pod(name)))
    events = watch(server, "timeoutSeconds=5")
    assert [(one["type"], one["object"]["metadata"]["name"]) for one in (next(events), next(events))] == [
        ("ADDED", "a"),
        ("ADDED", "b"),
    ]
    events.close()


def test_entering_and_leaving_a_selection_is_added_and_deleted(server: Server) -> None:
    """An object that gets the label is ADDED, one that loses it DELETED; others are not told at all."""
    made = server.apply(Create(pod("a")))
    server.apply(Create(pod("other", app="web")))
    events = watch(server, f"labelSelector=app%3Dx&resourceVersion={server.store.version}&timeoutSeconds=5")
    for labels in ({"app": "x"}, {"app": "x", "b": "1"}, {"app": "y"}):
        server.apply(Update({**made, "metadata": {"name": "a", "labels": labels}}))
    told = [next(events) for _ in range(3)]
    assert [one["type"] for one in told] == ["ADDED", "MODIFIED", "DELETED"]
    metas = [one["object"]["metadata"] for one in told]
    assert metas[2] == {**metas[1], "resourceVersion": str(server.store.version)}  # as it was while it was selected
    events.close()


def test_one_name_and_one_namespace_are_watched_alone(server: Server) -> None:
    """metadata.name selects one object; objects of another namespace are not told."""
    events = watch(server, "fieldSelector=metadata.name%3Db&timeoutSeconds=5&resourceVersion=2")
    server.apply(Create(pod("a")))
    server.apply(Create({**pod("b"), "metadata": {"name": "b", "namespace": "other"}}))
    server.apply(Create(pod("b")))
    assert next(events)["object"]["metadata"]["namespace"] == "default"
    events.close()


def test_what_is_too_old_ends_in_an_expired_error(server: Server) -> None:
    """A version from the future or beyond the history gives an ERROR event with a 410 Status, and the watch ends."""
    events = list(watch(server, "resourceVersion=999999&timeoutSeconds=5"))
    assert [(one["type"], one["object"]["code"], one["object"]["reason"]) for one in events] == [
        ("ERROR", 410, "Expired")
    ]


def test_initial_events_end_with_a_bookmark(server: Server) -> None:
    """sendInitialEvents: the present objects, then a bookmark that says they were all (what newer clients ask for)."""
    server.apply(Create(pod("a")))
    query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=5"
    events = watch(server, query)
    assert next(events)["type"] == "ADDED"
    bookmark = next(events)
    assert bookmark["type"] == "BOOKMARK"
    assert bookmark["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert bookmark["object"]["metadata"]["resourceVersion"] == str(server.store.version)
    events.close()


def test_a_quiet_watch_ends_when_its_time_is_up(server: Server) -> None:
    """timeoutSeconds ends a watch cleanly, without an event."""
    assert list(watch(server, "resourceVersion=2&timeoutSeconds=1")) == []


def test_a_watch_says_that_it_is_there_whatever_happens_elsewhere(server: Server) -> None:
    """Bookmarks come as often as they are asked for, though other kinds change all the time, each with the version up
    to which it is told all."""
    events = watch(server, "resourceVersion=2&allowWatchBookmarks=true&bookmarkSeconds=0.01&timeoutSeconds=30")
    versions = []
    for n in range(3):
        server.apply(Create({"kind": "ConfigMap", "metadata": {"name": f"c{n}", "namespace": "default"}}))
        wanted = server.store.version
        while (event := next(events))["object"]["metadata"]["resourceVersion"] != str(wanted):
            assert event["type"] == "BOOKMARK"
        versions.append(int(event["object"]["metadata"]["resourceVersion"]))
    assert versions == sorted(set(versions))
    events.close()


def test_a_machines_clock_that_is_set_changes_no_time(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is made before and after it is dated in order, and so are the answers."""

    def made(name: str) -> float:
        body = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": name}}
        code, obj = server.call("POST", "/api/v1/namespaces/default/configmaps", body)
        assert code == 201
        return parse_time(obj["metadata"]["creationTimestamp"])

    before, real = made("before"), time.time
    monkeypatch.setattr(time, "time", lambda: real() - 3600)
    assert before <= made("after") < before + 3000
    with server.open("GET", "/version") as answer:
        assert parsedate_to_datetime(answer.headers["Date"]).timestamp() >= before


def test_a_table_watch_has_one_row_an_event(server: Server) -> None:
    """With Accept as=Table every event carries a Table of one row, as kubectl get -w prints it."""
    events = watch(server, "timeoutSeconds=5", Accept="application/json;as=Table;v=v1;g=meta.k8s.io,application/json")
    server.apply(Create(pod("a")))
    shown = next(events)
    assert shown["object"]["kind"] == "Table"
    assert [row["cells"][:3] for row in shown["object"]["rows"]] == [["a", "0/1", "Pending"]]
    events.close()
