"""``--dry-run``: every object and every permission of a run, and what the API server says to them; nothing is made."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import yaml

from autoscale.base.errors import ClusterError
from autoscale.base.exits import ExitCode
from autoscale.cluster import lock, metrics, permissions
from autoscale.cluster.apply import run_labels
from autoscale.observe.table import NODE_EVENTS
from autoscale.run.loadjobs import load_objects, other_paths, with_path
from autoscale.run.open_cluster import OpenCluster
from autoscale.run.opening import opened
from autoscale.run.options import Existing, RunOptions
from autoscale.run.prepare import app_folder, existing_of, limit_pods, rendered, resolve
from autoscale.run.redact import redact_object
from autoscale.run.rights import made_kinds, needed, of_addons, of_node_events
from autoscale.run.scalers import SCALED, VPA, hpa_of
from autoscale.run.site import apply_own, load_jobs, refuse_active
from autoscale.run.target import Target, beside, brought, kind_and_name, kinds_beside, of_existing

LABEL = "dry-run"


def dry(options: RunOptions, out: Callable[[str], None]) -> ExitCode:
    """Print permissions, objects and the API server's answer; the exit code says whether a run would begin."""
    scenario = resolve(options)
    with opened(options, scenario) as place:
        existing, namespace = existing_of(options, scenario), place.namespace
        kind = kind_and_name(existing.target)[0] if existing else "Deployment"
        app = None if existing else app_folder(options, scenario)
        made, own = made_kinds(app), rendered(app, scenario, namespace, LABEL) if app else []
        selects = scenario.target.selector is not None
        wanted = needed(kind, made, kinds_beside(scenario.target, own), selects=selects)
        lacking = _permissions(place, namespace, wanted, out)
        others: Sequence[Target] = ()
        if existing is not None:
            target = of_existing(place.cluster, existing, namespace)
            if said := other_paths(scenario, existing.url):
                out(f"# {said}")
            scenario = with_path(scenario, existing.url)
            others = beside(place.cluster, target, scenario.target, [])
        else:
            target = _planned(own, namespace, brought(own, scenario.target))
        found = needed(kind, made, [one.kind for one in others], selects=selects)
        new = {one.what for one in found if one not in wanted}
        if more := [*(one for one in found if one.what in new), *of_addons([target, *others])]:
            _permissions(place, namespace, more, out, "# For what scales the workload, and for those beside it, also")
        if events := of_node_events(namespace):
            title = f"# Used in namespace {NODE_EVENTS}, where events about nodes are"
            _permissions(place, NODE_EVENTS, events, out, title)
        limit_pods(scenario, target.hpa)
        metrics.require(place.cluster, namespace)
        lock.refuse_held(place.cluster, namespace)
        refuse_active(place.cluster, namespace)
        objects = [*own, *load_objects(scenario, target, run_labels(LABEL))]
        out("\n# Objects that would be applied (the run's label and the Service's address filled in then)")
        out(
            yaml.safe_dump_all(
                [redact_object(obj, paths=options.redact_paths) for obj in objects], sort_keys=False
            ).rstrip()
        )
        over = [job["metadata"]["name"] for job in load_jobs(place.cluster, namespace)]
        applied = apply_own(place.cluster, [_beside(obj, over) for obj in objects], namespace, dry_run=True)
        for name in over:
            out(f"\nJob/{name} of an earlier run is over and would be replaced.")
        out(f"\nThe API server takes all {len(applied.objects)} objects (dry run). Nothing was made.")
        for warning in applied.warnings:
            out(f"Warning: {warning}")
    return ExitCode.CLUSTER_FAILED if lacking else ExitCode.PASS


def _permissions(
    place: OpenCluster,
    namespace: str,
    wanted: Sequence[permissions.Permission],
    out: Callable[[str], None],
    title: str = "",
) -> bool:
    """Print what is used and whether we have it; whether something needed is missing."""
    try:
        missing = permissions.denied(place.cluster, namespace, wanted)
    except ClusterError as error:
        out(f"# Permissions could not be asked for: {error.what}")
        missing = []
    out(title or f"# Permissions used in namespace {namespace} of {place.cluster.context.name}")
    for what in dict.fromkeys(item.what for item in wanted):
        verbs = permissions.verbs_on(what, wanted)
        lacks = [item for item in missing if item.what == what]
        note = ", ".join(f"{item.verb} is forbidden{' (done without)' if item.optional else ''}" for item in lacks)
        word = "NO " if any(not item.optional for item in lacks) else "yes"
        out(f"  {word}  {what}: {', '.join(verbs)}  {note}".rstrip())
    return any(not item.optional for item in missing)


def _beside(obj: dict[str, Any], over: Sequence[str]) -> dict[str, Any]:
    """An object as the dry run is asked for it: a Job that is there cannot be changed, so the new one is tried beside
    it, under another name; a run removes the old one first."""
    if obj["kind"] != "Job" or obj["metadata"]["name"] not in over:
        return obj
    return {**obj, "metadata": {**obj["metadata"], "name": f"{obj['metadata']['name']}-{LABEL}"}}


def _planned(objects: list[dict[str, Any]], namespace: str, wanted: Existing) -> Target:
    """What is brought along as it would be: its address is only known once it is there."""
    kind, name = kind_and_name(wanted.target)
    hpa = next((obj for obj in objects if obj["kind"] == "HorizontalPodAutoscaler"), None)
    scaled = next((obj for obj in objects if obj["kind"] == SCALED), None)
    return Target(
        kind=kind,
        name=name,
        namespace=namespace,
        url=wanted.url,
        host=urlsplit(wanted.url).netloc,
        service=urlsplit(wanted.url).hostname,
        labels="",
        selector={},
        hpa=hpa or hpa_of(scaled or {}),
        ours=True,
        scaled=scaled,
        vpa=next((obj for obj in objects if obj["kind"] == VPA), None),
    )
