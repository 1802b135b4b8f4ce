"""The store: versions, optimistic writes, deletion, history, events."""

import asyncio
import json

import pytest

from autoscale.kube.statuses import StatusError
from autoscale.plane.store import Create, Delete, Emit, Remove, Store, Update, UpdateStatus

NOW = 1_795_000_000.0


def pod(name: str = "a", **spec: object) -> dict:
    return {"kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [], **spec}}


def test_create_fills_in_what_the_server_sets() -> None:
    """A new object has uid, creation time, version, namespace and the API server's first status."""
    store = Store()
    made = store.apply(Create(pod() | {"status": {"phase": "Running"}}), NOW)
    assert made["metadata"]["namespace"] == "default"
    assert made["metadata"]["generation"] == 1
    assert made["metadata"]["resourceVersion"] == "1"
    assert made["apiVersion"] == "v1"
    assert made["status"] == {"phase": "Pending", "qosClass": "BestEffort"}
    with pytest.raises(StatusError) as refusal:
        store.apply(Create(pod()), NOW)
    assert (refusal.value.code, refusal.value.reason) == (409, "AlreadyExists")


def test_generate_name_makes_distinct_names() -> None:
    """Objects with only a generateName get distinct names of five more letters."""
    store = Store(seed=1)
    names = {
        store.apply(Create({"kind": "Pod", "metadata": {"generateName": "web-"}}), NOW)["metadata"]["name"]
        for _ in range(20)
    }
    assert len(names) == 20
    assert all(len(name) == len("web-") + 5 for name in names)


def test_update_is_optimistic_and_keeps_status_and_identity() -> None:
    """A stale resourceVersion is a Conflict; the current one or none is taken; uid and status stay."""
    store = Store()
    first = store.apply(Create(pod()), NOW)
    store.apply(UpdateStatus(first | {"status": {"phase": "Running"}}), NOW)
    with pytest.raises(StatusError) as refusal:
        store.apply(Update(first), NOW)
    assert refusal.value.reason == "Conflict"
    second = store.apply(Update(pod(nodeName="n")), NOW)
    assert second["status"] == {"phase": "Running"}
    assert second["metadata"]["uid"] == first["metadata"]["uid"]
    assert second["metadata"]["generation"] == 2


def test_a_write_that_changes_nothing_is_no_change() -> None:
    """An equal update makes no new version, so that controllers may write what they want to be true."""
    store = Store()
    made = store.apply(Create(pod()), NOW)
    assert store.apply(Update(made), NOW) is made
    assert store.apply(UpdateStatus(made), NOW) is made
    assert store.version == 1


def test_a_running_pod_is_given_its_grace_and_an_unscheduled_one_goes_at_once() -> None:
    """Delete marks a pod that a node has, and removes one that no node has, a finished one, or with grace 0."""
    store = Store()
    store.apply(Create(pod("on-node", nodeName="n", terminationGracePeriodSeconds=7)), NOW)
    store.apply(Create(pod("pending")), NOW)
    marked = store.apply(Delete("Pod", "default", "on-node"), NOW)
    assert marked["metadata"]["deletionGracePeriodSeconds"] == 7
    assert store.apply(Delete("Pod", "default", "on-node", 30), NOW) == marked, "a later end is not taken"
    assert store.apply(Delete("Pod", "default", "pending"), NOW) is None
    assert store.apply(Delete("Pod", "default", "on-node", 0), NOW) is None
    assert store.objects.list("Pod") == []


def test_finalizers_hold_an_object_until_the_last_is_gone() -> None:
    """An object with a finalizer is only marked; taking the last finalizer off removes it."""
    store = Store()
    store.apply(Create({"kind": "ConfigMap", "metadata": {"name": "c", "finalizers": ["a/b"]}}), NOW)
    marked = store.apply(Delete("ConfigMap", "default", "c"), NOW)
    assert marked["metadata"]["deletionTimestamp"]
    assert store.apply(Update({**marked, "metadata": {**marked["metadata"], "finalizers": []}}), NOW) is None
    assert store.objects.get("ConfigMap", "default", "c") is None


def test_history_replays_and_forgets() -> None:
    """Changes after a version come in order; what is too old is refused with 410."""
    store = Store(history=2)
    for name in "abc":
        store.apply(Create(pod(name)), NOW)
    assert [change.key[2] for change in store.changes(1)] == ["b", "c"]
    assert store.changes(3) == []
    with pytest.raises(StatusError) as refusal:
        store.changes(0)
    assert refusal.value.code == 410


def test_what_was_read_stays_as_it_was_read() -> None:
    """A later write never changes a dict that somebody holds, and the change carries the one before."""
    store = Store()
    first = store.apply(Create(pod()), NOW)
    before = json.dumps(first)
    store.apply(UpdateStatus(first | {"status": {"phase": "Running"}}), NOW)
    store.apply(Remove("Pod", "default", "a"), NOW)
    assert json.dumps(first) == before
    assert [change.type for change in store.changes(0)] == ["ADDED", "MODIFIED", "DELETED"]
    assert store.changes(1)[0].previous is first


def test_equal_events_are_counted_in_one() -> None:
    """The same event again raises count and lastTimestamp; another message is another event."""
    store = Store()
    about = store.apply(Create(pod()), NOW)
    store.apply(Emit(about, "Warning", "Unhealthy", "probe failed", "kubelet"), NOW)
    store.apply(Emit(about, "Warning", "Unhealthy", "probe failed", "kubelet"), NOW + 10)
    store.apply(Emit(about, "Warning", "Unhealthy", "probe failed otherwise", "kubelet"), NOW + 10)
    counts = sorted((event["message"], event["count"]) for event in store.objects.list("Event"))
    assert counts == [("probe failed", 2), ("probe failed otherwise", 1)]


def test_events_are_forgotten_after_an_hour() -> None:
    """An event not seen for an hour goes when the next is written."""
    store = Store()
    about = store.apply(Create(pod()), NOW)
    store.apply(Emit(about, "Normal", "Old", "old", "kubelet"), NOW)
    store.apply(Emit(about, "Normal", "New", "new", "kubelet"), NOW + 3601)
    assert [event["reason"] for event in store.objects.list("Event")] == ["New"]


def test_waiting_ends_with_the_next_change() -> None:
    """A waiter sees the new version; one that waits in vain gets the old version when its time is up."""

    async def wait() -> tuple[int, int]:
        store = Store()
        waiting = asyncio.ensure_future(store.wait_change(0, 30))
        await asyncio.sleep(0)
        store.apply(Create(pod()), NOW)
        return await waiting, await store.wait_change(1, 0.01)

    assert asyncio.run(wait()) == (1, 1)


def test_a_watch_hears_of_its_place_alone_and_learns_what_it_has_missed() -> None:
    """Changes of another kind or namespace do not wait for it; more than the history keeps are 410, as in the past."""
    store = Store(history=2)

    def config(name: str, namespace: str = "a") -> Create:
        return Create({"kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}})

    with store.subscribed("ConfigMap", "a", 0) as here, store.subscribed("ConfigMap", None, 0) as everywhere:
        store.apply(config("x"), 0.0)
        store.apply(config("y", "b"), 0.0)
        store.apply(Create({"kind": "Secret", "metadata": {"name": "z", "namespace": "a"}}), 0.0)
        assert [one.key[2] for one in here.take()] == ["x"]
        assert [one.key[2] for one in everywhere.take()] == ["x", "y"]
        for name in "123":
            store.apply(config(name), 0.0)
        with pytest.raises(StatusError, match="too old resource version"):
            here.take()
    with pytest.raises(StatusError, match="too old resource version"), store.subscribed("ConfigMap", "a", 1):
        pass
