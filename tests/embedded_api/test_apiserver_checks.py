"""Values that contradict, or have the wrong type, where people run into them: each is refused by name."""

from typing import Any

import pytest

from tests.embedded_api.harness import Server

DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


@pytest.mark.parametrize(
    ("surge", "unavailable", "causes"),
    [
        (1, "0%", {}),
        ("100%", "100%", {}),
        (-1, 1, {"maxSurge": "Invalid value: -1: must be greater than or equal to 0"}),
        ("1", 1, {"maxSurge": 'Invalid value: "1": a valid percent string must be a numeric string'}),
        (1, "x%", {"maxUnavailable": 'Invalid value: "x%": a valid percent string must be a numeric string'}),
        (1, "101%", {"maxUnavailable": 'Invalid value: "101%": must not be greater than 100%'}),
        ("00%", 0, {"maxUnavailable": "Invalid value: 0: may not be 0 when `maxSurge` is 0"}),
    ],
)
def test_the_bounds_of_a_rolling_update_are_counts_or_percentages(
    server: Server, deployment: dict[str, Any], surge: Any, unavailable: Any, causes: dict[str, str]
) -> None:
    """Not below 0, not more than all of them unavailable, and not both 0; 422 in Kubernetes' words."""
    rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
    deployment["spec"]["strategy"] = {"type": "RollingUpdate", "rollingUpdate": rolling}
    code, answer = server.call("POST", DEPLOYMENTS, deployment)
    assert code == (422 if causes else 201)
    found = {cause["field"]: cause["message"] for cause in answer.get("details", {}).get("causes", [])}
    assert found.keys() == {f"spec.strategy.rollingUpdate.{name}" for name in causes}
    assert all(found[f"spec.strategy.rollingUpdate.{name}"].startswith(text) for name, text in causes.items())


@pytest.mark.parametrize(
    ("hook", "field"),
    [
        ({"sleep": {"seconds": 1}}, ""),
        ({"httpGet": {"port": 80}}, ""),
        ({}, "preStop"),
        ({"sleep": {"seconds": -1}}, "preStop.sleep.seconds"),
        ({"sleep": {"seconds": 1}, "exec": {"command": ["true"]}}, "preStop.sleep"),
        ({"httpGet": {"port": "admin"}}, "preStop.httpGet.port"),
        ({"httpGet": {"port": 70000}}, "preStop.httpGet.port"),
    ],
)
def test_a_pre_stop_hook_does_one_thing(
    server: Server, deployment: dict[str, Any], hook: dict[str, Any], field: str
) -> None:
    """Exactly one handler, with a port that is there."""
    deployment["spec"]["template"]["spec"]["containers"][0]["lifecycle"] = {"preStop": hook}
    code, answer = server.call("POST", DEPLOYMENTS, deployment)
    assert code == (422 if field else 201)
    found = [cause["field"] for cause in answer.get("details", {}).get("causes", [])]
    assert found == ([f"spec.template.spec.containers[0].lifecycle.{field}"] if field else [])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"gracePeriodSeconds": "5"}, 400),
        ({"gracePeriodSeconds": [1]}, 400),
        ({"gracePeriodSeconds": True}, 400),
        ({"preconditions": "x"}, 400),
        ({"preconditions": {"uid": 3}}, 400),
        ({"propagationPolicy": []}, 400),
        ({"preconditions": {"uid": "another"}}, 409),
        ({"gracePeriodSeconds": 5, "preconditions": {}}, 200),
    ],
)
def test_options_of_a_deletion_are_read_as_what_they_are(server: Server, body: dict[str, Any], code: int) -> None:
    """What has the wrong type is 400, and nothing is deleted; right options are followed."""
    pods = "/api/v1/namespaces/default/pods"
    spec = {"nodeName": "n", "containers": [{"name": "c", "image": "i"}]}
    server.call("POST", pods, {"metadata": {"name": "p"}, "spec": spec})
    assert server.call("DELETE", f"{pods}/p", body)[0] == code
    metadata = server.call("GET", f"{pods}/p")[1]["metadata"]
    assert metadata.get("deletionGracePeriodSeconds") == (5 if code == 200 else None)
