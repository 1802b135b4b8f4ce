"""``autoscale hpa``: explain one decision, or check manifests before anything is deployed."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import yaml

from autoscale.base.errors import InputError, Problem
from autoscale.base.exits import ExitCode
from autoscale.hpa import Decision, decide, explain
from autoscale.hpa.case import read_case
from autoscale.hpa.check.faults import Fault, Manifest
from autoscale.hpa.check.manifests import check

File = click.Path(exists=True, dir_okay=False, path_type=Path)


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
    documents = _documents(file)
    case = read_case(documents[0] if documents else None, str(file))
    decision = decide(case.spec, case.config, case.state, case.observation)
    if as_json:
        click.echo(json.dumps(_decision_dict(decision), indent=2))
        return
    size = "unknown" if decision.desired is None else str(decision.desired)
    click.echo(f"Desired replicas: {size}{'' if decision.rescale else ' (no change)'}")
    click.echo(explain(decision))
    for event in decision.events:
        click.echo(f"{event.type} {event.reason}: {event.message}")


@command.command(name="check")
@click.argument("files", type=File, nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def check_command(files: tuple[Path, ...], as_json: bool) -> int:
    """Validate the HPAs in FILES and warn of settings that cannot work.

    Workloads in the same files are read too: requests and limits decide whether a target can be reached. Exit code 2
    where an HPA is invalid or cannot work, 0 where there are only warnings.
    """
    manifests = [manifest for file in files for manifest in _manifests(file)]
    if not any(manifest.kind == "HorizontalPodAutoscaler" for manifest in manifests):
        raise InputError(
            "There is no HorizontalPodAutoscaler in these files.", fix="Name the file in which it is written."
        )
    findings = check(manifests)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        _print_findings(findings, manifests)
    failed = any(finding.level == "error" for finding in findings)
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


def _documents(file: Path) -> list[Any]:
    """The documents of a YAML or JSON file; JSON is YAML."""
    try:
        return [document for document in yaml.safe_load_all(file.read_text()) if document is not None]
    except RecursionError:
        problem = Problem(str(file), "lists or keys nested too deeply", "fewer levels")
        raise InputError(f"{file} cannot be read.", problems=[problem]) from None
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, ArithmeticError) as error:
        # PyYAML lets through whatever Python raises at a value that is none, such as the date 2024-13-45
        lines = " ".join(str(error).split())
        raise InputError(f"{file} is neither YAML nor JSON.", problems=[Problem(str(file), lines)]) from error


def _manifests(file: Path) -> Iterable[Manifest]:
    for document in _documents(file):
        listed = isinstance(document, dict) and document.get("kind") == "List"
        for entry in (document.get("items") or ()) if listed else (document,):
            if not isinstance(entry, dict):
                raise InputError(f"{file} is not a manifest.", problems=[Problem(str(file), repr(entry), "a mapping")])
            yield Manifest(str(file), entry)


def _print_findings(findings: list[Fault], manifests: list[Manifest]) -> None:
    for finding in findings:
        click.echo(f"{finding.level}: {finding.where}: {finding.what}")
        if finding.fix:
            click.echo(f"  {finding.fix}")
        if finding.patch is not None:
            text = yaml.safe_dump(finding.patch, sort_keys=False)
            click.echo("".join(f"    {line}\n" for line in text.splitlines()), nl=False)
    count = sum(manifest.kind == "HorizontalPodAutoscaler" for manifest in manifests)
    if not findings:
        click.echo(f"{count} HorizontalPodAutoscaler{'' if count == 1 else 's'} checked, nothing found.")
