"""Lists in pages: ``limit`` and ``continue``."""

from typing import Any

import pytest

from autoscale.embedded.apiserver.matching import Selection
from autoscale.embedded.apiserver.pages import page
from autoscale.kube.kinds import RESOURCES
from autoscale.kube.statuses import StatusError
from autoscale.plane.store import Create, Remove, Store, Update
from tests.embedded_api.harness import NOW, Server

PATH = "/api/v1/namespaces/default/configmaps"
ALL = Selection(RESOURCES["ConfigMap"], None, "", "").matcher()


def config_map(name: str, **more: Any) -> dict[str, Any]:
    return {"kind": "ConfigMap", "metadata": {"name": name, "namespace": "default", **more}}


def store_of(*names: str, history: int = 100) -> Store:
    store = Store(seed=1, history=history)
    for name in names:
        store.apply(Create(config_map(name)), NOW)
    return store


def names(items: Any) -> list[str]:
    return [(one.obj if hasattr(one, "obj") else one)["metadata"]["name"] for one in items]


def test_pages_make_up_the_list(server: Server) -> None:
    """Each page has the first one's version, and the next one's key while something is left."""
    for name in "edcba":
        server.apply(Create(config_map(name, labels={"even": str(name in "bd")})))
    first = server.call("GET", f"{PATH}?limit=2")[1]
    assert (names(first["items"]), first["metadata"]["remainingItemCount"]) == (["a", "b"], 3)
    second = server.call("GET", f"{PATH}?limit=2&continue={first['metadata']['continue']}")[1]
    third = server.call("GET", f"{PATH}?limit=2&continue={second['metadata']['continue']}")[1]
    assert names(second["items"] + third["items"]) == ["c", "d", "e"]
    assert third["metadata"] == {"resourceVersion": first["metadata"]["resourceVersion"]}
    some = server.call("GET", f"{PATH}?limit=1&labelSelector=even%3DTrue")[1]
    assert (names(some["items"]), "remainingItemCount" in some["metadata"]) == (["b"], False)
    table = server.call("GET", f"{PATH}?limit=2", Accept="application/json;as=Table;g=meta.k8s.io;v=v1")[1]
    assert (len(table["rows"]), table["metadata"]["continue"]) == (2, first["metadata"]["continue"])
    assert len(server.call("GET", f"{PATH}?limit=2&resourceVersion=0")[1]["items"]) == 5
    assert server.call("GET", f"{PATH}?limit=2&continue=x")[0] == 400
    assert server.call("GET", f"{PATH}?limit=x")[0] == 400


def test_pages_show_the_collection_as_it_was_at_the_first() -> None:
    """Between two pages one object comes, one changes and one goes: the list knows nothing of it."""
    store = store_of("a", "b", "c", "d")
    first = page(store, ALL, 1, "")
    store.apply(Create(config_map("bb")), NOW)
    store.apply(Update({**config_map("c"), "data": {"x": "y"}}), NOW)
    store.apply(Remove("ConfigMap", "default", "d"), NOW)
    rest = page(store, ALL, 0, first.token)
    assert names(rest.items) == ["b", "c", "d"]
    assert [one.obj.get("data") for one in rest.items] == [None] * 3
    assert rest.version == first.version < page(store, ALL, 0, "").version


def test_a_key_that_is_too_old_is_gone() -> None:
    """What the history has forgotten cannot be listed on: 410, by which clients begin a new list."""
    store = store_of("a", "b", history=2)
    token = page(store, ALL, 1, "").token
    for name in "cde":
        store.apply(Create(config_map(name)), NOW)
    with pytest.raises(StatusError, match="new list without the continue parameter") as gone:
        page(store, ALL, 1, token)
    assert (gone.value.code, gone.value.reason) == (410, "Expired")
