"""The contract of the wire: protobuf, pages, switches in the query, applies of an object's parts."""

import json
from typing import Any

from autoscale.cluster.resources import resource_of
from tests.contract.asking import APPLY, JSON, MERGE, ask, owners, told
from tests.contract.workloads import SLEEP, cpu, deployment
from tests.contract.world import World
from tests.embedded_api.protobuf_writer import PROTOBUF, encoded

Object = dict[str, Any]


def config_map(name: str, **more: Any) -> Object:
    """A ConfigMap."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, **more}


def protobuf(world: World) -> list[str]:
    """Bodies in protobuf: what is stored of right ones, and how others are refused"""
    maps = resource_of("ConfigMap").path(world.namespace)
    whole = encoded(config_map("proto", data={"a": "b"}))
    made = ask(world, "POST", maps, whole, PROTOBUF)
    seen = [told(world, made), json.dumps(made.json()["data"])]
    body = encoded({"apiVersion": "apps/v1", **deployment("proto", {"command": SLEEP, **cpu("250m")}, replicas=0)})
    answer = ask(world, "POST", resource_of("Deployment").path(world.namespace) + "?dryRun=All", body, PROTOBUF)
    (container,) = answer.json()["spec"]["template"]["spec"]["containers"]
    seen += [told(world, answer), json.dumps(container["resources"], sort_keys=True), str(container["command"])]
    other = encoded({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "proto-other"}})
    for body in (whole[: len(whole) // 2], b"{}", b"k8s\0", other):
        seen.append(told(world, ask(world, "POST", maps, body, PROTOBUF)))
    seen.append(told(world, ask(world, "PATCH", f"{maps}/proto", whole, PROTOBUF)))
    seen.append(told(world, ask(world, "POST", maps, b"a: b", "text/plain")))
    both = ask(world, "GET", f"{maps}/proto", accept=f"{PROTOBUF},{JSON}")
    return [*seen, f"GET that takes both: {both.status}"]


def pages(world: World) -> list[str]:
    """Lists in pages: limit, continue, what is left, and objects that come and go between two pages"""
    maps = resource_of("ConfigMap").path(world.namespace)
    for name in "edcba":
        ask(world, "POST", maps, _paged(name))
    mine = f"{maps}?labelSelector=paged%3Dyes"
    first = ask(world, "GET", f"{mine}&limit=2").json()
    ask(world, "POST", maps, _paged("bb"))
    ask(world, "DELETE", f"{maps}/page-d")
    second = ask(world, "GET", f"{mine}&limit=2&continue={first['metadata']['continue']}").json()
    rest = ask(world, "GET", f"{mine}&continue={second['metadata']['continue']}").json()
    seen = [_page(one) for one in (first, second, rest)]
    versions = {one["metadata"]["resourceVersion"] for one in (first, second, rest)}
    seen.append(f"one version: {len(versions) == 1}")
    table = ask(world, "GET", f"{mine}&limit=1", accept="application/json;as=Table;g=meta.k8s.io;v=v1").json()
    seen.append(f"Table of {len(table['rows'])}, continued: {'continue' in table['metadata']}")
    counted = ask(world, "GET", f"{maps}?limit=1").json()["metadata"]
    seen.append(f"what is left is told where nothing is selected: {'remainingItemCount' in counted}")
    wrong = told(world, ask(world, "GET", f"{mine}&limit=2&continue=x"))
    seen.append(f"continue=x: {wrong.rpartition(':')[0]}")
    for query in ("limit=x", "limit=-1", "limit=2&resourceVersion=0"):
        answer = ask(world, "GET", f"{mine}&{query}")
        seen.append(f"{query}: {told(world, answer)}" + (f" {_page(answer.json())}" if answer.status == 200 else ""))
    return seen


def _paged(name: str) -> Object:
    return config_map("", metadata={"name": f"page-{name}", "labels": {"paged": "yes"}})


def _page(listed: Object) -> str:
    names = " ".join(one["metadata"]["name"] for one in listed["items"])
    about = listed["metadata"]
    return f"{names}; continued: {bool(about.get('continue'))}, left: {about.get('remainingItemCount', 'not told')}"


def switches(world: World) -> list[str]:
    """Switches in the query, and methods that a path does not take"""
    maps = resource_of("ConfigMap").path(world.namespace)
    ask(world, "POST", maps, config_map("switch"))
    seen = []
    for word in ("true", "True", "1", "yes", "false", "False", "0"):
        text = f"{maps}?watch={word}&timeoutSeconds=1&fieldSelector=metadata.name%3Dswitch"
        answer = ask(world, "GET", text)
        found = json.loads(answer.body.splitlines()[0]) if answer.body else {}
        seen.append(f"watch={word}: {'a watch' if found.get('type') else found.get('kind')}")
    body = config_map("switch-too")
    queries = ("dryRun=All", "dryRun=Some", "fieldValidation=Loud", "fieldManager=" + "x" * 200)
    seen += [f"{query[:20]}: {told(world, ask(world, 'POST', f'{maps}?{query}', body))}" for query in queries]
    ways = (("POST", f"{maps}/switch"), ("PUT", maps))
    return seen + [f"{method}: {told(world, ask(world, method, path, body))}" for method, path in ways]


def applied_parts(world: World) -> list[str]:
    """Server-side apply of a Deployment's scale and status: who owns what, and whose values conflict"""
    path = resource_of("Deployment").path(world.namespace, "parts")
    body = deployment("parts", {"command": SLEEP, **cpu("10m")}, replicas=0)
    head = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "parts"}}
    scale = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "parts"}}
    status = {"conditions": [{"type": "Contract", "status": "True", "reason": "Kept", "message": "for the contract"}]}
    seen = []
    for part, manager, one in (
        ("", "contract", body),
        ("", "contract-too", {**head, "spec": {"replicas": 1}}),
        ("/scale", "contract-scale", {**scale, "spec": {"replicas": 1}}),
        ("/scale", "contract-scale&force=true", {**scale, "spec": {"replicas": 1}}),
        ("/scale", "contract-scale", {**scale, "spec": {"replicas": 0}}),
        ("/status", "contract-status", {**head, "status": status}),
        ("/status", "contract-status", {**head, "spec": {"replicas": 9}, "status": status}),
        ("/scale", "contract-scale", {**head, "spec": {"replicas": 1}}),
        ("", "", body),
    ):
        answer = ask(world, "PATCH", f"{path}{part}?fieldManager={manager}", one, APPLY)
        seen.append(f"{part or 'object'} by {manager or 'nobody'}: {told(world, answer)}")
    scaled = ask(world, "PATCH", f"{path}/scale?fieldManager=contract-merge", {"spec": {"replicas": 0}}, MERGE)
    return [*seen, told(world, scaled), *owners(world, ask(world, "GET", path).json())]
