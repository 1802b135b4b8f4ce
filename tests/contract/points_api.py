"""The contract of the API server: what it answers to what it does not take."""

import json
from typing import Any

from autoscale.cluster.answers import Answer
from autoscale.cluster.resources import resource_of
from tests.contract.workloads import autoscaler, deployment
from tests.contract.world import World


def api_errors(world: World) -> list[str]:
    """What the API server answers to what it does not take."""
    pods, deployments = resource_of("Pod"), resource_of("Deployment")
    wrong = autoscaler("wrong") | {}
    wrong["spec"] = {**wrong["spec"], "minReplicas": 5, "maxReplicas": 2}
    misspelt = deployment("misspelt", {"command": ["true"]})
    misspelt["spec"]["replica"] = 2
    hpas = resource_of("HorizontalPodAutoscaler").path(world.namespace)
    again = deployment("web", {"command": ["true"]})
    return [
        _status(world.cluster.call("GET", pods.path(world.namespace, "nobody"))),
        _status(_post(world, deployments.path(world.namespace), again)),
        _status(_post(world, hpas, wrong)),
        _status(_post(world, deployments.path(world.namespace) + "?fieldValidation=Strict", misspelt)),
        _status(world.cluster.call("GET", "/apis/no.such.group/v1/things")),
        _status(world.cluster.call("GET", pods.path(world.namespace), query={"labelSelector": "a=(b"})),
    ]


def _post(world: World, path: str, obj: dict[str, Any]) -> Answer:
    headers = {"content-type": "application/json"}
    return world.cluster.call("POST", path, body=json.dumps(obj).encode(), headers=headers)


def _status(answer: Answer) -> str:
    try:
        value = json.loads(answer.body)
    except ValueError:
        return f"{answer.status} {answer.body.decode().strip()}"
    return f"{answer.status} {value.get('reason')}: {value.get('message')}"
