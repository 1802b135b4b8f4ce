"""Patches and server-side apply as pure functions."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscale.kube.defaults import with_defaults
from autoscale.kube.kinds import RESOURCES
from autoscale.kube.patches import apply as server_side
from autoscale.kube.patches.ownership import Owner, after_update, fields_of, read_owners, write_owners
from autoscale.kube.patches.rfc import json_patch, merge_patch
from autoscale.kube.patches.strategic import PatchError, strategic_merge
from autoscale.kube.schema import type_of
from autoscale.kube.statuses import StatusError

documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)
labels = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("xyz"))
names = st.sets(st.sampled_from(["a", "b", "c"]))

POD = RESOURCES["Pod"]


def apply(live: Any, stated: Any, who: Owner, *, force: bool) -> Any:
    """Server-side apply of a pod."""
    return server_side.apply(live, stated, with_defaults(stated), who, POD, force=force)


def owner(manager: str, operation: str = "Apply") -> Owner:
    return Owner(manager, operation, "apps/v1", "2026-11-23T00:00:00Z", frozenset())


def pod(labels: dict[str, str], containers: set[str]) -> dict[str, Any]:
    listed = [{"name": name, "image": f"i-{name}"} for name in sorted(containers)]
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"name": "p", **({"labels": labels} if labels else {})},
        "spec": {"containers": listed} if listed else {},
    }


def shown(obj: dict[str, Any]) -> tuple[dict[str, str], set[str]]:
    """Labels and container names of a pod."""
    return obj["metadata"].get("labels", {}), {one["name"] for one in obj.get("spec", {}).get("containers", [])}


@given(documents, documents)
def test_a_merge_patch_is_idempotent_and_pure(target: Any, patch: Any) -> None:
    """Applied twice it is applied once, and neither target nor patch is changed."""
    before = copy.deepcopy((target, patch))
    once = merge_patch(target, patch)
    assert merge_patch(once, patch) == once
    assert (target, patch) == before


def test_json_patch_operations_in_order() -> None:
    """Add, replace, move, copy, test and remove, with escaped names and the end of a list."""
    target = {"a/b": [1, 2], "c": {"d": 1}}
    operations = [
        {"op": "add", "path": "/a~1b/-", "value": 3},
        {"op": "replace", "path": "/a~1b/0", "value": 0},
        {"op": "move", "from": "/c/d", "path": "/e"},
        {"op": "copy", "from": "/e", "path": "/a~1b/1"},
        {"op": "test", "path": "/e", "value": 1},
        {"op": "remove", "path": "/c"},
    ]
    assert json_patch(target, operations) == {"a/b": [0, 1, 2, 3], "e": 1}
    assert target == {"a/b": [1, 2], "c": {"d": 1}}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/missing"},
        {"op": "replace", "path": "/a/2", "value": 1},
        {"op": "test", "path": "/a/0", "value": 2},
        {"op": "jump", "path": "/a"},
        {"op": "add", "path": "a", "value": 1},
    ],
)
def test_a_json_patch_that_does_not_fit_is_refused(operation: dict[str, Any]) -> None:
    """422, and nothing of it is done."""
    with pytest.raises(StatusError) as refusal:
        json_patch({"a": [1, 2]}, [operation])
    assert refusal.value.code == 422


def test_strategic_directives() -> None:
    """$patch delete and replace, $retainKeys, $setElementOrder and deletion from a list of primitives."""
    spec = {"containers": [{"name": "a", "image": "1"}, {"name": "b", "image": "2"}]}
    type_ = type_of("PodSpec")
    done = strategic_merge(spec, {"containers": [{"name": "a", "$patch": "delete"}]}, type_)
    assert [one["name"] for one in done["containers"]] == ["b"]
    done = strategic_merge(spec, {"containers": [{"$patch": "replace"}, {"name": "c"}]}, type_)
    assert done["containers"] == [{"name": "c"}]
    order = {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}], "containers": [{"name": "a", "image": "9"}]}
    done = strategic_merge(spec, order, type_)
    assert [(one["name"], one["image"]) for one in done["containers"]] == [("b", "2"), ("a", "9")]
    strategy = {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}
    patch = {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}
    assert strategic_merge(strategy, patch, type_of("DeploymentSpec")) == {"strategy": {"type": "Recreate"}}
    metadata = {"finalizers": ["a", "b"]}
    patch = {"$deleteFromPrimitiveList/finalizers": ["a"]}
    assert strategic_merge(metadata, patch, type_of("ObjectMeta")) == {"finalizers": ["b"]}
    done = strategic_merge(metadata, {"finalizers": ["c", "b"]}, type_of("ObjectMeta"))
    assert done == {"finalizers": ["a", "b", "c"]}


def test_elements_that_share_a_merge_key_are_kept() -> None:
    """A Service's ports merge by number alone in patches of the API: of 53/TCP and 53/UDP the first is changed."""
    ports = [{"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]
    done = strategic_merge({"ports": ports}, {"ports": [{"port": 53, "name": "dns"}]}, type_of("ServiceSpec"))
    assert done["ports"] == [{"port": 53, "protocol": "TCP", "name": "dns"}, {"port": 53, "protocol": "UDP"}]


def test_a_list_item_without_its_merge_key_is_refused() -> None:
    """Which container is meant cannot be known."""
    with pytest.raises(PatchError, match="merge key 'name'"):
        strategic_merge({"containers": []}, {"containers": [{"image": "x"}]}, type_of("PodSpec"))


@pytest.mark.parametrize("before", ["x", ["x"], {"name": "x"}])
def test_what_is_patched_may_be_no_list_of_objects(before: object) -> None:
    """A manifest on disk has been checked by nobody; nothing there is as good as an empty list."""
    with pytest.raises(PatchError, match=r"no list|holds objects"):
        strategic_merge({"containers": before}, {"containers": [{"name": "x"}]}, type_of("PodSpec"))
    patched = strategic_merge({"containers": None}, {"containers": [{"name": "x"}]}, type_of("PodSpec"))
    assert patched == {"containers": [{"name": "x"}]}


@given(labels, names, labels, names)
def test_apply_ends_with_what_was_stated_last(
    first_labels: dict[str, str], first_names: set[str], second_labels: dict[str, str], second_names: set[str]
) -> None:
    """With one manager the object is exactly what it stated last, and stating it again changes nothing."""
    live = apply(None, pod(first_labels, first_names), owner("me"), force=False)
    done = apply(live, pod(second_labels, second_names), owner("me"), force=False)
    assert shown(done) == (second_labels, second_names)
    assert apply(done, pod(second_labels, second_names), owner("me"), force=False) == done


@given(labels, names, labels, names, names)
def test_apply_leaves_alone_what_others_own(
    mine: dict[str, str], my_names: set[str], theirs: dict[str, str], their_names: set[str], later: set[str]
) -> None:
    """What another manager states stays when I state less; shared fields go with their last owner."""
    live = apply(None, pod(mine, my_names), owner("me"), force=False)
    both = apply(live, pod(theirs, their_names), owner("they"), force=True)
    done = apply(both, pod({}, later), owner("me"), force=False)
    assert shown(done) == (theirs, their_names | later)


@given(labels, names)
def test_ownership_survives_writing_and_reading(given_labels: dict[str, str], containers: set[str]) -> None:
    """managedFields, read back, name the same fields."""
    obj = pod(given_labels, containers)
    owners = after_update(None, obj, owner("me", "Update"), POD.type)
    obj["metadata"]["managedFields"] = write_owners(owners)
    assert frozenset().union(*(one.fields for one in read_owners(obj))) == frozenset(fields_of(obj, POD.type))


def test_a_change_changes_its_owner() -> None:
    """Whoever changes a field owns it; the others keep what was not changed; what is gone has no owner."""
    before = pod({"a": "x", "b": "x", "c": "x"}, set())
    before["metadata"]["managedFields"] = write_owners(after_update(None, before, owner("one", "Update"), POD.type))
    after = {**before, "metadata": {**before["metadata"], "labels": {"a": "y", "b": "x"}}}
    owned = {one.manager: one.fields for one in after_update(before, after, owner("two", "Update"), POD.type)}
    root = ("f:metadata", "f:labels")
    assert owned["two"] == {(*root, "f:a")}
    assert owned["one"] == {(*root, "f:b"), ("f:spec",)}
