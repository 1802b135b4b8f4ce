"""Server-side apply of what a run needs, and its removal by label: nothing of anybody else's is ever touched."""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from autoscale.base.errors import ClusterError, InputError, Problem
from autoscale.cluster.client import Cluster, Query
from autoscale.cluster.failures import Refused, passes
from autoscale.cluster.resources import RESOURCES, path_of, resource_of
from autoscale.kube.conditions import controller_of
from autoscale.kube.kinds import Object

MANAGER = "autoscale"
OWNER_LABEL = "autoscale-loadtest/owner"
RUN_LABEL = "autoscale-loadtest/run"
OWNER = "autoscale-loadtest"
# Kinds that a run may have made, in the order in which they go: what makes pods first.
REMOVED = tuple(
    resource.kind
    for resource in reversed(RESOURCES)
    if resource.kind not in ("Node", "Namespace", "Pod", "ReplicaSet", "EndpointSlice", "Event", "PriorityClass")
)

T = TypeVar("T")


@dataclass(frozen=True)
class Applied:
    """What the API server made of the manifests, and what it warned of (``Kind/name: text``)."""

    objects: list[Object]
    warnings: list[str]


def run_labels(run: str) -> dict[str, str]:
    """The labels that every object of a run carries."""
    return {OWNER_LABEL: OWNER, RUN_LABEL: run}


def selector(run: str | None = None) -> str:
    """The label selector of one run's objects, or of every run's."""
    return f"{OWNER_LABEL}={OWNER}" + (f",{RUN_LABEL}={run}" if run else "")


def apply(cluster: Cluster, objects: Sequence[Object], namespace: str, *, dry_run: bool = False) -> Applied:
    """Apply objects in an order that works; ``dry_run`` asks the API server and changes nothing.

    Raises InputError before anything is changed when an object of that name exists and is not ours,
    ClusterError when the API server refuses one, or does not know a field of it (as for kubectl, a mistake).
    """
    order = {resource.kind: number for number, resource in enumerate(RESOURCES)}
    ordered = sorted(objects, key=lambda obj: order[resource_of(obj["kind"]).kind])
    _refuse_foreign(cluster, ordered, namespace)
    applied, warnings = [], []
    # `force`: a field of ours that the autoscaler has taken over (replicas) starts anew; the objects are ours.
    query: Query = {
        "fieldManager": MANAGER,
        "fieldValidation": "Strict",
        "force": True,
        "dryRun": "All" if dry_run else None,
    }
    for obj in ordered:
        answer, said = cluster.send(
            "PATCH", path_of(obj, namespace), obj, query=query, content_type="application/apply-patch+yaml"
        )
        applied.append(answer)
        warnings += [f"{obj['kind']}/{obj['metadata']['name']}: {text}" for text in said]
    return Applied(applied, warnings)


def _refuse_foreign(cluster: Cluster, objects: Sequence[Object], namespace: str) -> None:
    """InputError naming every object that exists already and was not made by a run."""
    foreign = []
    for obj in objects:
        there = fetch(cluster, path_of(obj, namespace))
        if there is not None and (there["metadata"].get("labels") or {}).get(OWNER_LABEL) != OWNER:
            where = f"{obj['kind']}/{obj['metadata']['name']} in namespace {namespace}"
            foreign.append(Problem(where, "an object that no run made", "none of that name"))
    if foreign:
        raise InputError(
            "objects of these names exist already and are not ours to change",
            problems=foreign,
            fix="choose another namespace with -n, or load what is there with --target",
        )


def fetch(cluster: Cluster, path: str) -> Object | None:
    """One object, or None where there is none."""
    try:
        return cluster.get(path)
    except Refused as error:
        if error.code == 404:
            return None
        raise


def delete(cluster: Cluster, kind: str, namespace: str, name: str) -> bool:
    """Delete one object and, in the background, what it owns; whether it was there."""
    try:
        cluster.send(
            "DELETE",
            resource_of(kind).path(namespace, name),
            {"propagationPolicy": "Background", "kind": "DeleteOptions"},
        )
    except Refused as error:
        if error.code == 404:
            return False
        raise
    return True


def made_by_runs(
    cluster: Cluster, namespace: str, run: str | None = None, kinds: Collection[str] = REMOVED
) -> list[tuple[str, str, str]]:
    """What runs left in a namespace: (kind, name, run). Passes over kinds that are not served or may not be listed."""
    found = []
    for kind in (kind for kind in REMOVED if kind in kinds):
        try:
            items = cluster.list(resource_of(kind).path(namespace), labelSelector=selector(run))["items"]
        except Refused as error:
            if error.code in (403, 404, 405):
                continue
            raise
        found += [(kind, item["metadata"]["name"], item["metadata"]["labels"].get(RUN_LABEL, "")) for item in items]
    return found


def remove(
    cluster: Cluster,
    namespace: str,
    run: str | None,
    *,
    kinds: Collection[str] = REMOVED,
    deadline_s: float = 60.0,
    clock: Callable[[], float] = time.monotonic,
) -> list[str]:
    """Remove everything of these kinds that one run (None: any run) made, and wait until its pods are gone.

    An API server that is away for a while is asked again until the deadline. Returns ``Kind/name`` of what was
    removed. Raises ClusterError: what the API server says at last, or which pods are still there at the deadline.
    """
    until, removed = clock() + deadline_s, []

    def delete_all() -> None:
        for kind, name, _ in made_by_runs(cluster, namespace, run, kinds):
            if delete(cluster, kind, namespace, name):
                removed.append(f"{kind}/{name}")
        removed.extend(_remove_alone(cluster, namespace, run))

    def left() -> list[str]:
        return persistent(lambda: _pods(cluster, namespace, run), until, clock)

    persistent(delete_all, until, clock)
    await_gone(left, namespace, deadline_s=deadline_s, clock=clock)
    return list(dict.fromkeys(removed))


def persistent(attempt: Callable[[], T], until: float, clock: Callable[[], float] = time.monotonic) -> T:
    """What ``attempt()`` gives, tried again until the moment ``until`` while the API server is away or busy."""
    pause = 0.2
    while True:
        try:
            return attempt()
        except ClusterError as error:
            if not passes(error) or clock() > until:
                raise
        time.sleep(pause)
        pause = min(pause * 1.5, 5.0)


def await_gone(
    left: Callable[[], list[str]],
    namespace: str,
    *,
    deadline_s: float = 60.0,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Wait until ``left()`` names no pod any more. ClusterError naming those that are there at the deadline."""
    until, pause = clock() + deadline_s, 0.1
    while names := left():
        if clock() > until:
            raise ClusterError(
                f"these pods do not end: {', '.join(names)}",
                fix=f"kubectl delete pod -n {namespace} --force {' '.join(names)}",
            )
        time.sleep(pause)
        pause = min(pause * 1.5, 2.0)


def remove_jobs(cluster: Cluster, namespace: str, names: Sequence[str]) -> None:
    """Remove Jobs and wait until their pods are gone, so that Jobs of the same names can be made anew."""
    gone = [name for name in names if delete(cluster, "Job", namespace, name)]
    if gone:
        pods = resource_of("Pod").path(namespace)
        labels = f"job-name in ({','.join(gone)})"
        await_gone(
            lambda: [pod["metadata"]["name"] for pod in cluster.list(pods, labelSelector=labels)["items"]], namespace
        )


def _remove_alone(cluster: Cluster, namespace: str, run: str | None) -> list[str]:
    """Delete pods of the run that nothing controls any more, as somebody changed their labels: none else would. Where
    that is not allowed they stay, and are told of as what stays."""
    items = cluster.list(resource_of("Pod").path(namespace), labelSelector=selector(run))["items"]
    names = [pod["metadata"]["name"] for pod in items if controller_of(pod) is None]
    try:
        return [f"Pod/{name}" for name in names if delete(cluster, "Pod", namespace, name)]
    except Refused as error:
        if error.code == 403:
            return []
        raise


def _pods(cluster: Cluster, namespace: str, run: str | None) -> list[str]:
    """Pods of the run that are still there."""
    items = cluster.list(resource_of("Pod").path(namespace), labelSelector=selector(run))["items"]
    return [item["metadata"]["name"] for item in items]
