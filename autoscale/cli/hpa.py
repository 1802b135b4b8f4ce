"""``autoscale hpa``: explain one decision, or check manifests before anything is deployed."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import yaml

from autoscale.base.errors import InputError
from autoscale.base.exits import ExitCode
from autoscale.cli.manifests import documents, manifests
from autoscale.cli.say import echo
from autoscale.hpa import Decision, decide, explain
from autoscale.hpa.case import read_case
from autoscale.hpa.check.faults import Fault, Manifest
from autoscale.hpa.check.manifests import check
from autoscale.hpa.config import RELEASES, Release

File = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
_SCALERS = ("HorizontalPodAutoscaler", "ScaledObject")
Manifests = click.Path(exists=True, allow_dash=True, path_type=Path)


@click.group(name="hpa")
def command() -> None:
    """Explain an HPA decision, or check HPA manifests."""


@command.command(name="explain")
@click.argument("file", type=File)
@click.option("--json", "as_json", is_flag=True, help="Print the decision with every step and number.")
def explain_command(file: Path, as_json: bool) -> None:
    """Say what the HPA controller decides in one pass, and why.

    FILE is JSON or YAML with now, hpa, scale, pods, podMetrics, and optionally state and config (docs/hpa.md).
    """
    found = documents(file)
    case = read_case(found[0] if found else None, str(file))
    decision = decide(case.spec, case.config, case.state, case.observation)
    if as_json:
        echo(json.dumps(_decision_dict(decision), indent=2))
        return
    size = "unknown" if decision.desired is None else str(decision.desired)
    echo(f"Desired replicas: {size}{'' if decision.rescale else ' (no change)'}")
    echo(explain(decision))
    for event in decision.events:
        echo(f"{event.type} {event.reason}: {event.message}")


@command.command(name="check")
@click.argument("files", type=Manifests, nargs=-1, required=True)
@click.option("--release", type=click.Choice(RELEASES), help="Kubernetes release of the cluster they are for.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def check_command(files: tuple[Path, ...], release: Release | None, as_json: bool) -> int:
    """Validate the HPAs in FILES and warn of settings that cannot work.

    Those that KEDA will make of ScaledObjects are checked too. FILES are YAML or JSON files, folders of them, a folder
    with a kustomization, or - for standard input. Workloads, LimitRanges, quotas and VerticalPodAutoscalers in them are
    read too: they decide whether an HPA can work. Exit code 2 where one is invalid or cannot work, 0 where there are
    only warnings.

    \b
    autoscale hpa check k8s/
    helm template shop ./chart | autoscale hpa check - --release 1.36
    """
    found = [manifest for file in files for manifest in manifests(file)]
    if not any(manifest.kind in _SCALERS for manifest in found):
        raise InputError(
            "There is no HorizontalPodAutoscaler or ScaledObject in these files.",
            fix="Name the file in which it is written.",
        )
    faults = check(found, release)
    if as_json:
        echo(json.dumps([asdict(fault) for fault in faults], indent=2))
    else:
        _print_faults(faults, found)
    failed = any(fault.level == "error" for fault in faults)
    return ExitCode.BAD_INPUT if failed else ExitCode.PASS


def _decision_dict(decision: Decision) -> dict[str, Any]:
    return {
        "desired": decision.desired,
        "rescale": decision.rescale,
        "explanation": explain(decision),
        "steps": [asdict(step) for step in decision.steps],
        "status": decision.status.to_dict(),
        "events": [asdict(event) for event in decision.events],
        "state": decision.state.to_dict(),
        "error": decision.error,
    }


def _print_faults(faults: list[Fault], found: list[Manifest]) -> None:
    for fault in faults:
        echo(f"{fault.level}: {fault.where}: {fault.what}")
        if fault.fix:
            echo(f"  {fault.fix}")
        if fault.patch is not None:
            text = yaml.safe_dump(fault.patch, sort_keys=False)
            echo("".join(f"    {line}\n" for line in text.splitlines()), nl=False)
    counts = [(kind, sum(manifest.kind == kind for manifest in found)) for kind in _SCALERS]
    if not faults:
        shown = " and ".join(f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in counts if count)
        echo(f"{shown} checked, nothing found.")
