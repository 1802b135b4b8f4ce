"""What the contract is tried on: small workloads, the same manifests on every cluster."""

from typing import Any

Object = dict[str, Any]

IMAGE = "autoscale-app:dev"
SPIN = ["python", "-c", "while True: pass"]
SLEEP = ["python", "-c", "import time; time.sleep(3600)"]
# More callers than the pods have threads, each asking for CPU, so that the pods' own probes wait in the queue.
STORM = """
import os, threading, urllib.request
url = f"http://{os.environ['BLIND_SERVICE_HOST']}:8080/work?cpu_ms=100"
def call():
    while True:
        try: urllib.request.urlopen(url, timeout=30).read()
        except Exception: pass
callers = [threading.Thread(target=call) for _ in range(64)]
[caller.start() for caller in callers]
[caller.join() for caller in callers]
"""


def deployment(name: str, container: Object, *, replicas: int = 1) -> Object:
    """A Deployment of one container, whose pods end as soon as they are told to."""
    labels = {"app": name}
    base = {"name": name, "image": IMAGE, "imagePullPolicy": "IfNotPresent"}
    spec = {"containers": [base | container], "terminationGracePeriodSeconds": 5}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


def cpu(request: str, limit: str | None = None) -> Object:
    """The resources of a container; memory is the same for all."""
    limits = {"limits": {"cpu": limit}} if limit else {}
    return {"resources": {"requests": {"cpu": request, "memory": "32Mi"}, **limits}}


def service(name: str) -> Object:
    """A Service on port 8080 for the Deployment of that name."""
    ports = [{"name": "http", "port": 8080, "targetPort": 8080}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": name}, "ports": ports},
    }


def autoscaler(name: str, *, target: str | None = None, most: int = 3, percent: int = 50) -> Object:
    """An HPA on CPU utilisation for the Deployment of that name."""
    metric = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": percent}}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": target or name},
            "minReplicas": 1,
            "maxReplicas": most,
            "metrics": [{"type": "Resource", "resource": metric}],
        },
    }


def served(**extra: Any) -> Object:
    """A container that runs our app on port 8080, ready when its admin port says so."""
    env = [
        {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}
        for name, path in (("POD_NAME", "metadata.name"), ("POD_IP", "status.podIP"))
    ]
    probe = {"httpGet": {"path": "/readyz", "port": 8081}, "periodSeconds": 1}
    return {"command": ["python", "-m", "app"], "env": env, "readinessProbe": probe, **cpu("20m"), **extra}


def everything() -> list[Object]:
    """All workloads of the contract, applied at once so that their slow parts pass together."""
    busy = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 1, "timeoutSeconds": 1}
    return [
        deployment("web", served(lifecycle={"preStop": {"sleep": {"seconds": 2}}}), replicas=2),
        service("web"),
        deployment("idle", {"command": SLEEP, **cpu("20m")}, replicas=2),
        autoscaler("idle"),
        deployment("burn", {"command": SPIN, **cpu("50m", "100m")}),
        autoscaler("burn"),
        deployment("blind", served(readinessProbe=busy, **cpu("50m", "100m")), replicas=2),
        service("blind"),
        autoscaler("blind"),
        deployment("storm", {"command": ["python", "-c", STORM], **cpu("20m", "100m")}),
        deployment("crash", {"command": ["python", "-c", "raise SystemExit(3)"], **cpu("20m")}),
        deployment("huge", {"command": SLEEP, **cpu("4096")}),
        deployment("unknown-image", {"image": "nobody-has-this:1", "command": SLEEP, **cpu("20m")}),
        autoscaler("unknown-image"),
        deployment("no-request", {"command": SLEEP}),
        autoscaler("no-request"),
        autoscaler("idle-again", target="web"),
        autoscaler("idle-too", target="web"),
        deployment("sized", {"command": SLEEP, **cpu("20m")}),
        counting_job(),
    ]


def counting_job() -> Object:
    """An Indexed Job of three, each pod printing its index."""
    container = {
        "name": "count",
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python", "-c", "import os; print('index', os.environ['JOB_COMPLETION_INDEX'])"],
        **cpu("20m"),
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "count"},
        "spec": {
            "completions": 3,
            "parallelism": 3,
            "completionMode": "Indexed",
            "backoffLimit": 0,
            "template": {"spec": {"restartPolicy": "Never", "containers": [container]}},
        },
    }
