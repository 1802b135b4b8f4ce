"""kopf: an operator that marks each ConfigMap, and fills in the status of a custom kind. Prints each step that works; a
traceback where one does not."""

import asyncio
import json
import os
import threading

import kopf
from kubernetes import client, config

namespace = os.environ["NAMESPACE"]
OPEN = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
SCHEMA = {"type": "object", "properties": {"spec": OPEN, "status": OPEN}}
VERSION = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": SCHEMA}}
GROUP, PLURAL = f"{namespace}.example.com", "things"
DEFINITION = {
    "metadata": {"name": f"{PLURAL}.{GROUP}"},
    "spec": {
        "group": GROUP,
        "scope": "Namespaced",
        "names": {"plural": PLURAL, "kind": "Thing"},
        "versions": [{**VERSION, "subresources": {"status": {}}}],
    },
}
seen, ready, stop = threading.Event(), threading.Event(), threading.Event()


@kopf.on.create("configmaps")
def made(patch: kopf.Patch, **_: object) -> None:
    patch.metadata.labels["seen"] = "yes"
    seen.set()


@kopf.on.create(GROUP, "v1", PLURAL)
@kopf.on.update(GROUP, "v1", PLURAL)
def measured(spec: kopf.Spec, patch: kopf.Patch, **_: object) -> None:
    patch.status["doubled"] = 2 * spec["size"]


def operate() -> None:
    ends = {"ready_flag": ready, "stop_flag": stop}
    asyncio.run(kopf.operator(standalone=True, namespaces=[namespace], **ends))


config.load_kube_config()
core, things = client.CoreV1Api(), client.CustomObjectsApi()
client.ApiextensionsV1Api().create_custom_resource_definition(DEFINITION)
thread = threading.Thread(target=operate)
thread.start()
try:
    assert ready.wait(60)
    print("start")
    core.create_namespaced_config_map(namespace, {"metadata": {"name": "x"}, "data": {"a": "b"}})
    assert seen.wait(60)
    print("watch")
    while (core.read_namespaced_config_map("x", namespace).metadata.labels or {}).get("seen") != "yes":
        stop.wait(0.1)
    print("patch")
    kept = core.read_namespaced_config_map("x", namespace).metadata
    while not any("kopf" in name for name in (kept.annotations or {})):
        stop.wait(0.1)
        kept = core.read_namespaced_config_map("x", namespace).metadata
    assert json.loads(next(text for name, text in kept.annotations.items() if "last-handled" in name))
    print("annotations")
    thing = {"apiVersion": f"{GROUP}/v1", "kind": "Thing", "metadata": {"name": "x"}, "spec": {"size": 3}}
    things.create_namespaced_custom_object(GROUP, "v1", namespace, PLURAL, thing)
    for size in (3, 5):
        change = {"spec": {"size": size}}
        things.patch_namespaced_custom_object(GROUP, "v1", namespace, PLURAL, "x", change)
        while thing.get("status", {}).get("doubled") != 2 * size:
            stop.wait(0.1)
            thing = things.get_namespaced_custom_object(GROUP, "v1", namespace, PLURAL, "x")
    print("custom")
finally:
    stop.set()
    thread.join(30)
