"""The load generator's objects with this run's scenario, target and number of workers filled in."""

import copy
import json
import secrets
from typing import Any

from autoscale.base.resources import manifests
from autoscale.cluster.client import Cluster
from autoscale.cluster.kustomize.render import render
from autoscale.cluster.proxy import Fetch, pod_fetch
from autoscale.kube.kinds import Object
from autoscale.run.target import Target
from loadtest.models import Resolved

MASTER = "loadtest-master"
WORKER = "loadtest-worker"
COMPONENT = "app.kubernetes.io/component"
WEB_UI_PORT = 8089
TOKEN = "LOADTEST_TOKEN"
START_DEADLINE_S = 90
FILES = "loadtest-scenario"  # the ConfigMap
PART = 100_000


def load_objects(scenario: Resolved, target: Target, labels: dict[str, str]) -> list[Object]:
    """The manifests of k8s/loadtest for one run."""
    objects = render(manifests() / "loadtest", labels=labels, namespace=target.namespace)
    return [fill(obj, scenario, target) for obj in objects]


def fill(obj: Object, scenario: Resolved, target: Target) -> Object:
    """One manifest with the run's values; what needs none comes back as it is."""
    filled = copy.deepcopy(obj)
    if obj["kind"] == "ConfigMap":
        filled["data"] = {"scenario.json": json.dumps(scenario.model_dump()), **_parts(scenario)}
    if obj["kind"] == "Job":
        _fill_job(filled, scenario, target)
    return filled


def _fill_job(job: Object, scenario: Resolved, target: Target) -> None:
    """Deadline, number of workers, environment, and whose nodes to keep away from."""
    workers = scenario.load.workers
    spec = job["spec"]
    # A run that is never cleaned up ends by itself.
    spec["activeDeadlineSeconds"] = int(scenario.duration_s) + START_DEADLINE_S + 300
    if spec.get("completionMode") == "Indexed":
        spec["completions"] = spec["parallelism"] = workers
    pod = spec["template"]["spec"]
    values = {
        "LOADTEST_URL": target.url,
        "LOADTEST_HOST": target.host,
        "LOADTEST_WORKERS": str(workers),
        "LOADTEST_START_DEADLINE": str(START_DEADLINE_S),
        TOKEN: secrets.token_urlsafe(16),
    }
    for container in pod["containers"]:
        container.setdefault("env", []).extend(
            {"name": name, "valueFrom": {"configMapKeyRef": {"name": FILES, "key": name}}} for name in _parts(scenario)
        )
        for entry in container.get("env") or []:
            if entry["name"] in values:
                entry["value"] = values[entry["name"]]
    for term in _affinity_terms(pod):
        term["podAffinityTerm"]["labelSelector"] = target.selector


def _parts(scenario: Resolved) -> dict[str, str]:
    """The packed locustfile in parts, each for a variable of the load pods: no more than Linux takes in one."""
    text = scenario.files or ""
    return {f"LOADTEST_FILES_{n}": text[at : at + PART] for n, at in enumerate(range(0, len(text), PART))}


def _affinity_terms(pod: Object) -> list[Object]:
    """The pod's preferred anti-affinity terms."""
    affinity = (pod.get("affinity") or {}).get("podAntiAffinity") or {}
    return list(affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or [])


def with_path(scenario: Resolved, url: str) -> Resolved:
    """The scenario with its requests replaced by the path of ``--url``, where that names one."""
    path = "/" + url.split("://", 1)[-1].partition("/")[2]
    if path == "/" or not scenario.requests:
        return scenario
    name = f"GET {path.split('?')[0]}"
    change: dict[str, Any] = {"name": name, "method": "GET", "path": path, "headers": {}, "body": None, "weight": 1.0}
    return scenario.model_copy(update={"requests": [scenario.requests[0].model_copy(update=change)]})


def other_paths(scenario: Resolved, url: str) -> str | None:
    """What to tell who gave a URL without a path, where the scenario asks for other paths than ``/``; None: nothing."""
    path, asked = url.split("://", 1)[-1].partition("/")[2], [request.path for request in scenario.requests]
    if path or not asked or "/" in asked:
        return None
    listed = ", ".join(dict.fromkeys(asked))
    return (
        f"The load asks for {listed}, as the scenario has it, not for /. Another path: --url .../PATH; "
        "or --set 'requests=[{path: /}]'."
    )


def container_of(pod: Object) -> str:
    """The name of a load pod's own container: whatever an admission webhook has put beside it."""
    return str(pod["metadata"]["labels"][COMPONENT])


def is_master(pod: Object) -> bool:
    """Whether a load pod is the master."""
    return (pod["metadata"].get("labels") or {}).get(COMPONENT) == "master"


def master_fetch(cluster: Cluster, namespace: str, pod: Object, *, read_s: float = 30.0) -> Fetch:
    """HTTP to a master's page, which answers only to who has the token that its pod was given."""
    given = [entry for container in pod["spec"]["containers"] for entry in container.get("env") or []]
    token = next((str(entry.get("value", "")) for entry in given if entry["name"] == TOKEN), "")
    headers = {"x-autoscale-token": token}
    return pod_fetch(cluster, namespace, pod["metadata"]["name"], WEB_UI_PORT, with_headers=headers, read_s=read_s)
