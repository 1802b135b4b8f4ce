"""kopf: an operator that marks each ConfigMap. Prints each step that works; a traceback where one does not."""

import asyncio
import json
import os
import threading

import kopf
from kubernetes import client, config

namespace = os.environ["NAMESPACE"]
seen, ready, stop = threading.Event(), threading.Event(), threading.Event()


@kopf.on.create("configmaps")
def made(patch: kopf.Patch, **_: object) -> None:
    patch.metadata.labels["seen"] = "yes"
    seen.set()


def operate() -> None:
    ends = {"ready_flag": ready, "stop_flag": stop}
    asyncio.run(kopf.operator(standalone=True, namespaces=[namespace], **ends))


thread = threading.Thread(target=operate)
thread.start()
config.load_kube_config()
core = client.CoreV1Api()
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
finally:
    stop.set()
    thread.join(30)
