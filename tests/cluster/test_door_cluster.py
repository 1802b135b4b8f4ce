"""The door against the embedded cluster: apply, ownership, removal, permissions, metrics, clock, errors."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_api import serving

from autoscale.base.errors import ClusterError, InputError
from autoscale.base.exits import ExitCode
from autoscale.cluster import metrics, permissions
from autoscale.cluster.apply import apply, fetch, made_by_runs, persistent, remove, run_labels
from autoscale.cluster.client import Cluster, connect
from autoscale.cluster.clock import Bound, beyond, server_time
from autoscale.cluster.failures import Refused, Unreachable
from autoscale.cluster.resources import resource_of
from autoscale.embedded.launch import process
from autoscale.run.rights import needed


def config_map(name: str, labels: dict[str, str], **data: str) -> dict[str, object]:
    """A ConfigMap: the cheapest thing that can be applied."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default", "labels": labels},
        "data": data,
    }


def path(name: str) -> str:
    """Where a ConfigMap lies."""
    return resource_of("ConfigMap").path("default", name)


def test_applied_changed_and_removed_by_label(cluster: Cluster) -> None:
    """What a run applies is there, can be applied again with other values, and goes by the run's label alone."""
    apply(cluster, [config_map("a", run_labels("one"), key="1")], "default")
    apply(cluster, [config_map("a", run_labels("one"), key="2")], "default")
    apply(cluster, [config_map("b", run_labels("two"))], "default")
    found = fetch(cluster, path("a"))
    assert found is not None
    assert found["data"] == {"key": "2"}
    assert made_by_runs(cluster, "default", "one") == [("ConfigMap", "a", "one")]
    assert remove(cluster, "default", "one") == ["ConfigMap/a"]
    assert fetch(cluster, path("a")) is None
    assert remove(cluster, "default", None) == ["ConfigMap/b"]


def test_what_no_run_made_is_never_changed(cluster: Cluster) -> None:
    """An object of the same name without our label stops the whole apply before anything is made, and stays."""
    cluster.send("POST", resource_of("ConfigMap").path("default"), config_map("theirs", {}, key="theirs"))
    with pytest.raises(InputError, match="not ours") as caught:
        apply(cluster, [config_map("new", run_labels("r")), config_map("theirs", run_labels("r"))], "default")
    assert "ConfigMap/theirs" in str(caught.value)
    assert fetch(cluster, path("new")) is None
    assert remove(cluster, "default", None) == []
    found = fetch(cluster, path("theirs"))
    assert found is not None
    assert found["data"] == {"key": "theirs"}


def test_a_dry_run_makes_nothing_and_tells_what_is_not_enforced(cluster: Cluster) -> None:
    """The API server's dry run answers with the object and its warnings, each with the object's name."""
    pdb = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "p", "namespace": "default", "labels": run_labels("dry")},
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"a": "b"}}},
    }
    applied = apply(cluster, [pdb], "default", dry_run=True)
    assert applied.warnings[0].startswith("PodDisruptionBudget/p: accepted but not enforced")
    assert made_by_runs(cluster, "default", "dry") == []


def test_a_refused_object_names_every_wrong_field(cluster: Cluster) -> None:
    """What the API server refuses comes as one ClusterError with exit code 3 and the server's own words."""
    meta = {"name": "bad", "namespace": "default", "labels": run_labels("r")}
    bad = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": {"replicas": -1}}
    with pytest.raises(ClusterError) as caught:
        apply(cluster, [bad], "default")
    assert caught.value.exit_code == ExitCode.CLUSTER_FAILED
    assert "Deployment" in str(caught.value) or "deployments" in str(caught.value)


def test_a_missing_object_is_none_and_other_errors_are_raised(cluster: Cluster) -> None:
    """``fetch`` gives None for 404 only."""
    assert fetch(cluster, path("absent")) is None
    with pytest.raises(Refused) as caught:
        cluster.get("/api/v1/namespaces/default/nonsense")
    assert caught.value.code == 404


def test_permissions_and_metrics_are_there(cluster: Cluster) -> None:
    """The embedded cluster allows everything and serves pod metrics: a run may begin."""
    assert permissions.require(cluster, "default", needed("Deployment", ("Deployment", "ConfigMap"))) == []
    metrics.require(cluster, "default")


def test_the_role_that_is_asked_for_grants_what_is_missing() -> None:
    """Every namespaced permission of a run stands in the Role; what is of the whole cluster does not."""
    text = permissions.role(needed("Deployment", ()), "shop")
    assert "namespace: shop" in text
    assert "pods/log" in text
    assert "horizontalpodautoscalers" in text
    assert "nodes" not in text


def test_the_clock_of_this_machine_is_found(cluster: Cluster) -> None:
    """The embedded API server runs on our own clock: zero lies within what each of its answers allows."""
    for _ in range(3):
        sent = time.time()
        told = server_time(cluster)
        assert beyond(Bound(0.0, 0.0), sent, time.time(), told) == 0


def test_a_wrong_token_is_one_readable_error(cluster: Cluster, tmp_path: Path) -> None:
    """Refused credentials are told as such, with what to do."""
    original = (Path(process.folder_of("door").kubeconfig)).read_text()
    lines = [
        line if "token:" not in line else line.split("token:")[0] + "token: wrong" for line in original.splitlines()
    ]
    (tmp_path / "kubeconfig").write_text("\n".join(lines))
    with connect("embedded", tmp_path / "kubeconfig") as stranger, pytest.raises(Refused) as caught:
        stranger.get("/api/v1/pods")
    assert caught.value.code == 401
    assert "log in again" in caught.value.fix


def test_an_unknown_context_names_those_that_there_are(cluster: Cluster) -> None:
    """A context that is not in the file ends with the names of those that are."""
    with pytest.raises(InputError, match="contexts there: embedded"):
        connect("absent", process.folder_of("door").kubeconfig)


def failing(*errors: ClusterError) -> Callable[[], str]:
    """Something that fails with each of these, and then does what it should."""
    todo = list(errors)

    def attempt() -> str:
        if todo:
            raise todo.pop(0)
        return "done"

    return attempt


def test_a_server_that_is_away_for_a_while_hinders_no_clean_up() -> None:
    """No answer, 429 and 500 are tried again until the deadline; what is refused for good is told at once."""
    away, busy, broken = Unreachable("away"), refusal(429), refusal(500)
    assert persistent(failing(away, busy, broken), time.monotonic() + 60) == "done"
    with pytest.raises(Refused, match="403"):
        persistent(failing(away, refusal(403)), time.monotonic() + 60)
    with pytest.raises(Unreachable):
        persistent(failing(away), time.monotonic() - 1)


def refusal(code: int) -> Refused:
    """An error answer of the API server."""
    return Refused(f"HTTP {code}", code, {}, problems=(), fix="")


def test_what_is_no_api_server_is_told_so(tmp_path: Path) -> None:
    """A login page in front of the cluster answers 200 and no JSON: one readable error."""
    with serving(tmp_path) as (api, kubeconfig, _), connect("fake", kubeconfig) as cluster:
        api.set_fault("login")
        with pytest.raises(ClusterError, match="not as an API server: HTTP 200, text/html"):
            cluster.list("/api/v1/namespaces/shop/pods")
