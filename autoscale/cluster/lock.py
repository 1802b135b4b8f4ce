"""One run at a time in a namespace: a ConfigMap that the run renews while it lives, made and removed by it.

Ages are measured by the API server's clock on both sides, so no machine's own clock matters. A ConfigMap and not a
Lease: a run may make ConfigMaps anyway, so it needs no permission more.
"""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from shlex import quote
from typing import Any

from autoscale.base.errors import ClusterError, InputError
from autoscale.cluster.apply import OWNER, OWNER_LABEL, delete
from autoscale.cluster.client import Cluster
from autoscale.cluster.clock import answered_at
from autoscale.cluster.failures import Refused, parse_status, refused
from autoscale.cluster.resources import resource_of

NAME = "autoscale-run"
RENEW_S = 10.0
STALE_S = 60.0


@dataclass(frozen=True)
class Holder:
    """The run that holds a namespace; ``age_s``: how long ago it last said that it lives."""

    run: str
    age_s: float

    @property
    def alive(self) -> bool:
        """Whether it has been heard of lately: a run that crashed has not."""
        return self.age_s < STALE_S

    @property
    def left_s(self) -> float:
        """How long it still counts as alive though it is not heard of any more."""
        return max(0.0, STALE_S - self.age_s)


def holder(cluster: Cluster, namespace: str) -> Holder | None:
    """Who holds a namespace, or None. Raises ClusterError."""
    return _look(cluster, namespace)[0]


def refuse_held(cluster: Cluster, namespace: str) -> None:
    """InputError where another run holds the namespace, or crashed while it did."""
    found = holder(cluster, namespace)
    if found is None:
        return
    clean = f"autoscale clean --context {quote(cluster.context.name)} -n {namespace} --run {quote(found.run)}"
    if found.alive:
        raise InputError(
            f"another run ({found.run}, heard of {found.age_s:.0f} s ago) is going on in namespace {namespace}",
            fix=f"wait for its end, or choose another namespace with -n. If it was lost, its lock holds for another "
            f"{math.ceil(found.left_s)} s; `{clean}` takes it at once, and ends that run",
        )
    raise InputError(
        f"the run {found.run} crashed in namespace {namespace} and left its objects there",
        fix=f"remove them: `{clean}`",
    )


@contextmanager
def held(cluster: Cluster, namespace: str, run: str, *, renew_s: float = RENEW_S) -> Iterator[None]:
    """Hold a namespace. InputError, before anything else is made, where another run does."""
    refuse_held(cluster, namespace)
    server_now = _server_clock(cluster, namespace)
    try:
        cluster.send("POST", resource_of("ConfigMap").path(namespace), _lock(run, server_now()))
    except Refused as error:
        if error.code == 409:  # another run was a moment faster
            refuse_held(cluster, namespace)
        raise
    stop = threading.Event()
    thread = threading.Thread(
        target=_renew, args=(cluster, namespace, server_now, stop, renew_s), name="lock", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        with suppress(ClusterError):  # the API is away: the lock goes stale by itself, and `clean` removes it
            release(cluster, namespace, run)


def release(cluster: Cluster, namespace: str, run: str | None = None) -> bool:
    """Remove the lock of a run (None: of any); whether there was one."""
    found = holder(cluster, namespace)
    return found is not None and run in (None, found.run) and delete(cluster, "ConfigMap", namespace, NAME)


def _path(namespace: str) -> str:
    return resource_of("ConfigMap").path(namespace, NAME)


def _lock(run: str, renewed: float) -> dict[str, Any]:
    """The lock as an object. It carries no run label: it goes last, when everything else of the run has gone."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": NAME, "labels": {OWNER_LABEL: OWNER}},
        "data": {"run": run, "renewed": f"{renewed:.0f}"},
    }


def _look(cluster: Cluster, namespace: str) -> tuple[Holder | None, float]:
    """The holder, and the API server's time (epoch seconds)."""
    path = _path(namespace)
    answer = cluster.call("GET", path)
    now = answered_at(answer)
    if answer.status == 404:
        return None, now
    if answer.status >= 400:
        raise refused("GET", path, answer.status, parse_status(answer.body))
    data = answer.json().get("data") or {}
    return Holder(str(data.get("run", "?")), _age(str(data.get("renewed", "")), now)), now


def _age(renewed: str, now: float) -> float:
    """How long ago a lock was renewed, in seconds; one that says no time, or a time to come, holds nothing any more."""
    age = now - float(renewed) if renewed.isascii() and renewed.isdigit() else STALE_S
    return max(0.0, age) if age > -STALE_S else STALE_S


def _server_clock(cluster: Cluster, namespace: str) -> Callable[[], float]:
    """The API server's time from now on, whatever is done to this machine's clock."""
    ahead = _look(cluster, namespace)[1] - time.monotonic()
    return lambda: time.monotonic() + ahead


def _renew(
    cluster: Cluster, namespace: str, server_now: Callable[[], float], stop: threading.Event, renew_s: float
) -> None:
    """Say again and again that the run lives; an API that is away for a while is asked again."""
    while not stop.wait(renew_s):
        with suppress(ClusterError):
            cluster.send(
                "PATCH",
                _path(namespace),
                {"data": {"renewed": f"{server_now():.0f}"}},
                content_type="application/merge-patch+json",
            )
