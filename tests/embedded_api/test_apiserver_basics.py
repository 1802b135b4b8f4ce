"""The API server over raw requests: tokens, objects, refusals."""

from typing import Any

from tests.embedded_api.harness import Server

DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


def test_without_the_token_there_is_no_answer(server: Server) -> None:
    """No token and a wrong one get 401 and a Status; the right one gets in."""
    assert server.call("GET", "/api/v1/pods", Authorization="")[0] == 401
    code, status = server.call("GET", "/api/v1/pods", Authorization="Bearer a-tokem")
    assert (code, status["kind"], status["reason"]) == (401, "Status", "Unauthorized")
    assert server.call("GET", "/api/v1/pods")[0] == 200


def test_create_get_list_delete(server: Server, deployment: dict[str, Any]) -> None:
    """What was created can be read alone and in a list, and is gone after its delete."""
    code, made = server.call("POST", DEPLOYMENTS, deployment)
    assert (code, made["spec"]["strategy"]["type"]) == (201, "RollingUpdate")
    assert server.call("GET", f"{DEPLOYMENTS}/web")[1] == made
    listed = server.call("GET", "/apis/apps/v1/deployments?labelSelector=app%3Dweb")[1]
    assert (listed["kind"], listed["items"]) == ("DeploymentList", [made])
    code, status = server.call("DELETE", f"{DEPLOYMENTS}/web")
    assert (code, status["status"], status["details"]["uid"]) == (200, "Success", made["metadata"]["uid"])
    assert server.call("GET", f"{DEPLOYMENTS}/web")[1]["reason"] == "NotFound"
