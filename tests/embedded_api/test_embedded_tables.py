"""Tables: statuses of pods, ages, HPA targets, and a table for every kind."""

from typing import Any

import pytest

from autoscale.base.times import format_time
from autoscale.embedded.apiserver.tables.pods import human_duration, pod_cells
from autoscale.embedded.apiserver.tables.table import table
from autoscale.kube.kinds import RESOURCES
from autoscale.kube.targets import targets

NOW = 1_795_000_000.0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "<invalid>"), (-1, "0s"), (0, "0s"), (119, "119s"), (120, "2m"), (185, "3m5s"), (600, "10m"),
        (10_799, "179m"), (10_800, "3h"), (11_100, "3h5m"), (28_800, "8h"), (172_799, "47h"), (172_800, "2d"),
        (180_000, "2d2h"), (700_000, "8d"), (63_072_000, "2y"), (63_158_400, "2y1d"),
    ],
)  # fmt: skip
def test_ages_read_as_kubectl_writes_them(seconds: float, text: str) -> None:
    """Two units at most, seconds up to two minutes, as k8s.io/apimachinery's HumanDuration."""
    assert human_duration(seconds) == text


def container(
    name: str = "c", ready: bool = False, restarts: int = 0, last: Any = None, **state: Any
) -> dict[str, Any]:
    status = {"name": name, "ready": ready, "restartCount": restarts, "state": state}
    return status | ({"lastState": {"terminated": last}} if last else {})


ENDED = {"exitCode": 1, "reason": "Error", "finishedAt": format_time(NOW - 30)}


@pytest.mark.parametrize(
    ("status", "metadata", "cells"),
    [
        ({"phase": "Pending"}, {}, ["0/1", "Pending", "0"]),
        (
            {"phase": "Pending", "containerStatuses": [container(waiting={"reason": "ContainerCreating"})]},
            {},
            ["0/1", "ContainerCreating", "0"],
        ),
        (
            {"phase": "Running", "containerStatuses": [container(ready=True, running={})]},
            {},
            ["1/1", "Running", "0"],
        ),
        (
            {
                "phase": "Running",
                "containerStatuses": [container(restarts=3, last=ENDED, waiting={"reason": "CrashLoopBackOff"})],
            },
            {},
            ["0/1", "CrashLoopBackOff", "3 (30s ago)"],
        ),
        (
            {"phase": "Running", "containerStatuses": [container(ready=True, running={})]},
            {"deletionTimestamp": format_time(NOW)},
            ["1/1", "Terminating", "0"],
        ),
        (
            {"phase": "Succeeded", "containerStatuses": [container(terminated={"exitCode": 0, "reason": "Completed"})]},
            {"deletionTimestamp": format_time(NOW)},
            ["0/1", "Completed", "0"],
        ),
        (
            {"phase": "Failed", "containerStatuses": [container(terminated={"exitCode": 137})]},
            {},
            ["0/1", "ExitCode:137", "0"],
        ),
        ({"phase": "Failed", "reason": "Evicted"}, {}, ["0/1", "Evicted", "0"]),
        (
            {"phase": "Pending", "initContainerStatuses": [container("i", terminated=ENDED)]},
            {},
            ["0/1", "Init:Error", "0"],
        ),
        ({"phase": "Pending", "initContainerStatuses": [container("i", running={})]}, {}, ["0/1", "Init:0/1", "0"]),
    ],
)
def test_a_pods_status_in_one_word(status: dict[str, Any], metadata: dict[str, Any], cells: list[str]) -> None:
    """READY, STATUS and RESTARTS as the real printer makes them of phase, containers and deletion."""
    spec = {"containers": [{"name": "c"}], "initContainers": [{"name": "i"}]}
    pod = {"metadata": {"name": "p", "creationTimestamp": format_time(NOW), **metadata}, "spec": spec, "status": status}
    assert pod_cells(pod, NOW)[1:4] == cells


def test_targets_of_an_hpa() -> None:
    """Current and target by kind of metric; unknown where there is no current one; two are shown."""
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 60}}}
    memory = {"type": "Resource", "resource": {"name": "memory", "target": {"averageValue": "64Mi"}}}
    pods = {"type": "Pods", "pods": {"metric": {"name": "rps"}, "target": {"averageValue": "10"}}}
    now = {"type": "Resource", "resource": {"current": {"averageUtilization": 43}}}
    assert targets([], []) == "<none>"
    assert targets([cpu], []) == "cpu: <unknown>/60%"
    assert targets([cpu, memory], [now]) == "cpu: 43%/60%, memory: <unknown>/64Mi"
    assert targets([cpu, memory, pods], [now]) == "cpu: 43%/60%, memory: <unknown>/64Mi + 1 more..."
    assert targets([pods], []) == "<unknown>/10"


def test_every_kind_has_a_table() -> None:
    """As many cells as columns, a Name column, and the metadata that kubectl needs."""
    template = {"spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"containers": [], "template": template, "scaleTargetRef": {"kind": "D", "name": "n"}, "maxReplicas": 1}
    spec |= {"schedule": "@daily", "jobTemplate": {"spec": {"template": template}}}
    for kind, row in RESOURCES.items():
        obj = {"kind": kind, "metadata": {"name": "n"}, "spec": spec, "involvedObject": {}, "value": 1}
        shown = table(row, [obj], 7, NOW)
        columns = [column["name"] for column in shown["columnDefinitions"]]
        assert "Name" in columns
        assert len(shown["rows"][0]["cells"]) == len(columns), kind
        assert shown["rows"][0]["object"]["metadata"] == {"name": "n"}
