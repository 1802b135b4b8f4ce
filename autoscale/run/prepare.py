"""What is decided before a cluster is touched: the scenario, its objectives and its limits."""

import os
from pathlib import Path
from typing import Any

from autoscale import objectives
from autoscale.base.errors import InputError, Problem, input_error
from autoscale.base.resources import manifests
from autoscale.cluster.apply import run_labels
from autoscale.cluster.kustomize.render import render
from autoscale.kube.kinds import Object
from autoscale.objectives.reach import check_reach
from autoscale.run.address import service_of
from autoscale.run.options import Existing, RunOptions
from autoscale.run.redact import without_path_names
from autoscale.run.target import base_folder, brought, kind_and_name
from loadtest import scenario as scenarios
from loadtest.errors import ScenarioError
from loadtest.models import Resolved


def resolve(options: RunOptions) -> Resolved:
    """The scenario with its plan drawn, checked whole, its objectives and its target included, as far as no cluster is
    needed for it. InputError with every mistake."""
    try:
        resolved = scenarios.resolve(scenarios.load(options.scenario, options.overrides))
    except ScenarioError as error:
        raise input_error(error) from error
    if resolved.files and options.redact_paths:
        raise InputError(
            "--redact-paths cannot keep the paths of a locustfile's requests out of the record",
            fix="leave it out, and give requests a name= in the locustfile",
        )
    parsed = objectives.parse(resolved.objectives, [stage.name for stage in resolved.stages])
    check_reach(parsed, [request.model_dump() for request in resolved.requests])
    check_target(options, resolved)
    return without_path_names(resolved) if options.redact_paths else resolved


def existing_of(options: RunOptions, scenario: Resolved) -> Existing | None:
    """The workload of someone else's that is to be loaded: from the options, else from the scenario; else None."""
    if options.existing is not None:
        return options.existing
    target = scenario.target
    if target.workload is None or target.manifests is not None:
        return None
    if not target.url:
        raise InputError("the scenario names a workload but no target.url", fix="say how it is reached: target.url")
    return Existing(target.workload, target.url)


def check_target(options: RunOptions, scenario: Resolved) -> None:
    """InputError where no cluster could make the target one: words of another form, manifests that cannot be rendered
    or hold nothing to scale, more pods than the scenario allows."""
    existing = existing_of(options, scenario)
    if existing is None:
        objects = rendered(app_folder(options, scenario), scenario, options.namespace or "default", scenario.name)
        existing = brought(objects, scenario.target)
        for obj in objects:
            if obj["kind"] == "HorizontalPodAutoscaler":
                limit_pods(scenario, obj)
    kind_and_name(existing.target)
    service_of(existing.url, "")


def rendered(app: Path, scenario: Resolved, namespace: str, label: str) -> list[Object]:
    """The manifests in a folder with the scenario's patches and the run's labels."""
    return render(
        app,
        labels=run_labels(label),
        namespace=namespace,
        patches=[patch.model_dump() for patch in scenario.patches],
    )


def app_folder(options: RunOptions, scenario: Resolved) -> Path:
    """The kustomization that the run deploys: the scenario's own, beside its file, one of this project's examples, or
    that of its app."""
    wanted = scenario.target.manifests
    if wanted is None:
        return base_folder(options.context)
    beside = scenarios.find(options.scenario).parent / wanted
    ours = manifests() / wanted
    return ours if wanted.startswith("examples/") and os.path.isdir(ours) and not os.path.exists(beside) else beside


def limit_pods(scenario: Resolved, hpa: dict[str, Any]) -> None:
    """InputError where the HPA may go beyond the scenario's limit of pods."""
    limit, most = scenario.limits.pods, (hpa.get("spec") or {}).get("maxReplicas")
    if limit is not None and isinstance(most, int) and most > limit:
        where = f"HorizontalPodAutoscaler/{hpa['metadata']['name']}: spec.maxReplicas"
        raise InputError(
            "the autoscaler may start more pods than the scenario allows",
            problems=[Problem(where, str(most), f"at most {limit} (limits.pods)")],
        )
