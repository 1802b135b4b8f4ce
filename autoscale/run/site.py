"""Where runs take place: an open cluster with the service on it, and everything of ours removed on leaving."""

import os
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from autoscale.base.errors import AutoscaleError, ClusterError, InputError, Interrupted
from autoscale.cluster import lock, metrics, permissions
from autoscale.cluster.apply import Applied, apply, made_by_runs, persistent, remove, remove_jobs, run_labels, selector
from autoscale.cluster.client import Cluster
from autoscale.cluster.failures import Refused
from autoscale.cluster.resources import resource_of
from autoscale.kube.kinds import Object
from autoscale.kube.resource import Resource
from autoscale.observe.table import NODE_EVENTS, watched
from autoscale.run import target as targets
from autoscale.run.loadjobs import load_objects, other_paths, with_path
from autoscale.run.open_cluster import OpenCluster
from autoscale.run.opening import opened
from autoscale.run.options import RunOptions
from autoscale.run.prepare import app_folder, existing_of, limit_pods, rendered
from autoscale.run.redact import without_path_names
from autoscale.run.rights import made_kinds, needed, of_addons, of_node_events
from autoscale.run.target import Target
from loadtest import models
from loadtest.models import Resolved

UNHEARD = "events about nodes"
"""Events about what is in no namespace, as the header names them where they may not be read."""


@dataclass(frozen=True)
class Site:
    """A place with the service deployed. ``objects`` as the API server has them, ``load`` as they will be applied.

    ``left``: why what the run made could not be removed in the end, where it could not.
    """

    place: OpenCluster
    scenario: Resolved
    target: Target
    beside: tuple[Target, ...]
    objects: list[Object]
    load: list[Object]
    accepted: list[str]
    unseen: list[str]
    label: str
    left: list[ClusterError] = field(default_factory=list)


@contextmanager
def deployed(
    options: RunOptions, scenario: Resolved, label: str, stop: threading.Event | None = None
) -> Iterator[Site]:
    """The service on the cluster (brought along, or there already); on leaving, what the run made is removed.

    Interrupted where ``stop`` is set before anything was made.
    """
    left: list[ClusterError] = []
    with ExitStack() as stack:
        place = stack.enter_context(opened(options, scenario, stop))
        if stop is not None and stop.is_set():
            raise Interrupted("interrupted before anything was made")
        existing, namespace = existing_of(options, scenario), place.namespace
        kind = targets.kind_and_name(existing.target)[0] if existing else "Deployment"
        app = None if existing else app_folder(options, scenario)
        made = made_kinds(app)
        own = rendered(app, scenario, namespace, label) if app else []
        unseen = check(place, namespace, kind, made, scenario.target, own)
        there = targets.of_existing(place.cluster, existing, namespace) if existing else None
        stack.enter_context(lock.held(place.cluster, namespace, label))
        refuse_active(place.cluster, namespace)
        if options.keep:
            # An embedded cluster that the run has started has said how it is ended, with all that is in it.
            clean = f"`autoscale clean --context {options.context} -n {namespace}` removes it"
            options.say("The service stays (--keep)" + ("" if place.embedded else f"; {clean}") + ".")
        else:
            stack.callback(clear, place, namespace, label, made, options.say, left)
        if existing and there:
            loaded = _found(options, scenario, there, existing.url, place.cluster)
        else:
            loaded = _brought(options, scenario, place, own)
        for one in loaded.targets:
            limit_pods(loaded.scenario, one.hpa)
        unseen += _unseen(place.cluster, namespace, loaded.targets, unseen)
        load = load_objects(loaded.scenario, loaded.targets[0], run_labels(label))
        warnings = [*loaded.warnings, *tried(place.cluster, load, loaded.targets[0].namespace)]
        yield Site(
            place=place,
            scenario=loaded.scenario,
            target=loaded.targets[0],
            beside=loaded.targets[1:],
            objects=loaded.objects,
            load=load,
            accepted=list(dict.fromkeys(warnings)),
            unseen=list(dict.fromkeys(unseen)),
            label=label,
            left=left,
        )


class _Loaded(NamedTuple):
    """What a run loads: the target first of ``targets``, then those that are recorded beside it; their objects, and
    what the API server warned of when they were made."""

    scenario: Resolved
    targets: tuple[Target, ...]
    objects: list[Object]
    warnings: list[str]


def _found(options: RunOptions, scenario: Resolved, target: Target, url: str, cluster: Cluster) -> _Loaded:
    """A service that was there before the run."""
    if said := other_paths(scenario, url):
        options.say(said)
    scenario = with_path(scenario, url)
    scenario = without_path_names(scenario) if options.redact_paths else scenario
    all_of_them = (target, *targets.beside(cluster, target, scenario.target, []))
    return _Loaded(scenario, all_of_them, [obj for one in all_of_them for obj in existing_objects(cluster, one)], [])


def _brought(options: RunOptions, scenario: Resolved, place: OpenCluster, wanted: list[Object]) -> _Loaded:
    """A service that the run brings along, by its objects."""
    cluster, namespace = place.cluster, place.namespace
    options.say(f"Deploying the service to {options.context} (namespace {namespace}) ...")
    applied = apply_own(cluster, wanted, namespace)
    target = targets.of_objects(cluster, wanted, namespace, scenario.target)
    all_of_them = (target, *targets.beside(cluster, target, scenario.target, applied.objects))
    return _Loaded(scenario, all_of_them, applied.objects, applied.warnings)


def _unseen(cluster: Cluster, namespace: str, of: Sequence[Target], unseen: Collection[str]) -> list[str]:
    """What cannot be seen of the targets and their nodes, beside what is known to be ``unseen``."""
    lacking = permissions.denied(cluster, namespace, of_addons(of))
    names = (f"{item.resource}/{item.sub}" if item.sub else item.resource for item in lacking)
    more = [*dict.fromkeys(names), *targets.hidden(cluster, of)]
    return [*more, *unheard_of_nodes(cluster, namespace, [*unseen, *more])]


def unheard_of_nodes(cluster: Cluster, namespace: str, unseen: Collection[str]) -> list[str]:
    """What cannot be told of nodes that are recorded: events about them lie in a namespace of their own."""
    if namespace == NODE_EVENTS or "nodes" in unseen:
        return []
    lacking = permissions.denied(cluster, NODE_EVENTS, of_node_events(namespace))
    return [UNHEARD] if lacking else []


def check(
    place: OpenCluster, namespace: str, kind: str, made: Collection[str], wanted: models.Target, own: list[Object]
) -> list[str]:
    """Permissions and metrics, before anything is made; returns the resources that have to go unwatched."""
    others, selects = targets.kinds_beside(wanted, own), wanted.selector is not None
    missing = permissions.require(place.cluster, namespace, needed(kind, made, others, selects=selects))
    metrics.require(place.cluster, namespace)
    optional = [source for source in watched(kind) if source.optional and not source.addon]
    return [
        source.resource.plural
        for source in optional
        if not set(source.permissions).isdisjoint(missing) or not served(place.cluster, source.resource, namespace)
    ]


def served(cluster: Cluster, resource: Resource, namespace: str) -> bool:
    """Whether the cluster has that kind at all."""
    try:
        cluster.get(resource.path(namespace), limit=1)
    except Refused as error:
        if error.code == 404:
            return False
        raise
    return True


def load_jobs(cluster: Cluster, namespace: str) -> list[Object]:
    """The Jobs of runs in a namespace."""
    return list(cluster.list(resource_of("Job").path(namespace), labelSelector=selector())["items"])


def refuse_active(cluster: Cluster, namespace: str) -> None:
    """InputError where the load of an earlier run still goes on, though no run holds the namespace (--keep)."""
    active = [job for job in load_jobs(cluster, namespace) if (job.get("status") or {}).get("active")]
    if active:
        raise InputError(
            f"an earlier run still sends load in namespace {namespace} (Job/{active[0]['metadata']['name']} is active)",
            fix=f"end it: `autoscale clean --context {cluster.context.name} -n {namespace}`",
        )


def apply_own(cluster: Cluster, objects: list[Object], namespace: str, *, dry_run: bool = False) -> Applied:
    """Apply what the run brings along; InputError where the API server finds a mistake in it, since its author is the
    scenario's."""
    try:
        return apply(cluster, objects, namespace, dry_run=dry_run)
    except Refused as error:
        # A field that the schema lacks is told by Kubernetes' server-side apply as an error of its own, with code 500.
        if error.code not in (400, 422) and "typed patch object" not in error.message:
            raise
        fix = "correct target.manifests, or the scenario's patches"
        raise InputError(error.what, problems=error.problems, fix=fix) from None


def existing_objects(cluster: Cluster, target: Target) -> list[Object]:
    """Workload, what scales it and its Service, all of someone else's, as they are: a paused ScaledObject has no
    HPA."""
    paths = [resource_of(target.kind).path(target.namespace, target.name)]
    if target.service is not None:
        paths.append(resource_of("Service").path(target.namespace, target.service))
    scalers = [obj for obj in (target.hpa, target.scaled, target.vpa) if obj is not None and "uid" in obj["metadata"]]
    return [*(cluster.get(path) for path in paths), *scalers]


def tried(cluster: Cluster, load: list[Object], namespace: str) -> list[str]:
    """The load generator's objects in the API server's dry run: refused before the run begins, or what it warns of.

    Jobs of an earlier run go first: their pod templates cannot be changed.
    """
    jobs = load_jobs(cluster, namespace)
    remove_jobs(cluster, namespace, [job["metadata"]["name"] for job in jobs])
    return apply(cluster, load, namespace, dry_run=True).warnings


def clear(
    place: OpenCluster,
    namespace: str,
    label: str,
    made: Collection[str],
    say: Callable[[str], None],
    left: list[ClusterError],
    wait_s: float = 60.0,
) -> None:
    """Remove what the run made (of the kinds ``made``); where that fails say how to do it later, and never hide the
    run's own error."""
    try:
        place.alive()
    except ClusterError:
        return  # a dead embedded cluster has taken everything with it
    try:
        until = time.monotonic() + wait_s
        if not persistent(lambda: made_by_runs(place.cluster, namespace, label, made), until):
            return
        say("Removing what the run made ...")
        remove(place.cluster, namespace, label, kinds=made, deadline_s=wait_s)
    except ClusterError as error:
        left.append(error)
        say(f"Not everything could be removed: {error}")
        say(f"Later: autoscale clean --context {place.cluster.context.name} -n {namespace}")


def out_folder(options: RunOptions, name: str, stamp: str) -> str:
    """Make the run's own folder, ``OUT/<time>-<scenario>``; returns its name."""
    for suffix in ("", *(f"-{number}" for number in range(2, 100))):
        folder = options.out / f"{stamp}-{name}{suffix}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise AutoscaleError(
                f"cannot make the folder {folder}: {os.strerror(error.errno or 0)}", fix="choose another with --out"
            ) from error
        return folder.name
    raise AutoscaleError(f"{options.out} holds too many runs of this second", fix="choose another with --out")
