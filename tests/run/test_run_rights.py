"""What ``--dry-run`` lists is what a run uses: runs under a Role made from its output, every request held to it."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import urllib3

from autoscale.base.resources import manifests
from autoscale.cluster.apply import apply, made_by_runs
from autoscale.cluster.client import Cluster, connect
from autoscale.cluster.kustomize.render import render
from autoscale.cluster.resources import path_of
from autoscale.record.rows.kinds import Row
from autoscale.run.dry import dry
from autoscale.run.execute import execute
from autoscale.run.options import Existing, RunOptions
from tests.run.shops import Shop

pytestmark = pytest.mark.e2e
ANYBODYS = "create selfsubjectaccessreviews.authorization.k8s.io"
"""What every user may do (system:basic-user), so no Role has to grant it."""


@dataclass
class Door:
    """Lets through what a Role grants (``verb resource``, None for everything), and notes what was used of it."""

    granted: set[str] | None = None
    used: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)

    def stands_before(self, patch: pytest.MonkeyPatch) -> None:
        """Hold every request of this process to the Role."""
        send = Cluster._send

        def held(
            cluster: Cluster, method: str, path: str, query: Mapping[str, Any] | None, *rest: Any
        ) -> urllib3.BaseHTTPResponse:
            asked = right(method, path, query or {})
            if asked is None or asked == ANYBODYS or self.granted is None or asked in self.granted:
                answer = send(cluster, method, path, query, *rest)
                # A server-side apply that makes an object needs the right to create it too.
                made = {f"create {asked.split()[1]}"} if asked and method == "PATCH" and answer.status == 201 else set()
                self.used |= {asked} - {None, ANYBODYS} | made
                return answer
            self.refused.add(asked)
            status = {"kind": "Status", "code": 403, "reason": "Forbidden", "message": f"no right to {asked}"}
            return urllib3.HTTPResponse(json.dumps(status).encode(), status=403, preload_content=False)

        patch.setattr(Cluster, "_send", held)


def right(method: str, path: str, query: Mapping[str, Any]) -> str | None:
    """``get pods/log``, ``watch deployments.apps``: what a request needs; None for what has no resource (/version).

    Source: k8s.io/apiserver/pkg/endpoints/request/requestinfo.go
    """
    parts = path.strip("/").split("/")
    group, rest = (parts[1], parts[3:]) if parts[0] == "apis" else ("", parts[2:])
    rest = rest[2:] if rest[:1] == ["namespaces"] and len(rest) > 2 else rest
    if not rest:
        return None
    many = "watch" if query.get("watch") else "list"
    verb = {"GET": many if len(rest) == 1 else "get", "POST": "create", "PATCH": "patch", "DELETE": "delete"}[method]
    return f"{verb} {'/'.join([rest[0], *rest[2:3]])}{f'.{group}' if group else ''}"


def listed(options: RunOptions) -> set[str]:
    """The rights that the dry run says are used."""
    lines: list[str] = []
    dry(options, lines.append)
    rows = [line.split("yes", 1)[1].split(":") for line in lines if line.startswith("  yes ")]
    return {f"{verb.strip()} {what.strip()}" for what, verbs in rows for verb in verbs.split(",")}


@pytest.mark.parametrize(
    ("existing", "heard", "folder"),
    [
        (None, {"event"}, "base"),
        (Existing("deployment/web", "http://web:8080"), set(), "base"),  # what was there already has nothing to tell
        (Existing("deployment/web", "http://web:8080"), {"metric"}, "examples/scale-by-requests"),
    ],
    ids=["ours", "target", "requests"],
)
def test_a_run_uses_exactly_what_the_dry_run_lists(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, existing: Existing | None, heard: set[str], folder: str
) -> None:
    """Under that Role a run that is ended early (its Stop goes through the API) is whole, is refused nothing, leaves
    nothing, and has used every right in it."""
    options = RunOptions(
        "smoke",
        context="shop",
        kubeconfig=str(shop.kubeconfig),
        out=tmp_path,
        overrides=("objectives=[]",),
        existing=existing,
    )
    with connect("shop", shop.kubeconfig) as cluster:
        there = [] if existing is None else render(manifests() / folder, namespace="default")
        apply(cluster, there, "default")
        door = Door(listed(options))
        door.stands_before(monkeypatch)
        missing = {"pod", "workload", "hpa", "usage", "endpoint", "node", "load"} | heard
        stop = threading.Event()

        def end_when_all_was_heard(row: Row) -> None:
            missing.discard(row["k"])
            if not missing:
                stop.set()

        result = execute(options, [end_when_all_was_heard], stop)
        rows = [json.loads(line) for line in result.record.read_text().splitlines()]
        assert (rows[-1]["reason"], missing, door.refused) == ("interrupted", set(), set())
        assert door.granted == door.used
        monkeypatch.undo()
        assert made_by_runs(cluster, "default") == []
        for obj in there:
            cluster.send("DELETE", path_of(obj, "default"))


def test_the_door_holds_to_the_role(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check can fail: a verb that was not granted is refused by its name, one beside it is not."""
    door = Door({"list pods"})
    door.stands_before(monkeypatch)
    with connect("shop", shop.kubeconfig) as cluster:
        cluster.list("/api/v1/namespaces/default/pods")
        assert cluster.call("GET", "/api/v1/namespaces/default/pods/web/log").status == 403
    assert (door.used, door.refused) == ({"list pods"}, {"get pods/log"})
