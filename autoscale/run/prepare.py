"""What is decided before a cluster is touched: the scenario, its objectives and its limits."""

from typing import Any

from autoscale import objectives
from autoscale.base.errors import InputError, Problem, input_error
from autoscale.objectives.reach import check_reach
from autoscale.run.options import Existing, RunOptions
from loadtest import scenario as scenarios
from loadtest.errors import ScenarioError
from loadtest.models import Resolved

_SECRET_HEADERS = {"accept", "accept-encoding", "content-type", "user-agent"}
REDACTED = "(redacted)"
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def resolve(options: RunOptions) -> Resolved:
    """The scenario with its plan drawn, checked whole, its objectives included. InputError with every mistake."""
    try:
        resolved = scenarios.resolve(scenarios.load(options.scenario, options.overrides))
    except ScenarioError as error:
        raise input_error(error) from error
    parsed = objectives.parse(resolved.objectives, [stage.name for stage in resolved.stages])
    check_reach(parsed, [request.model_dump() for request in resolved.requests])
    return resolved


def existing_of(options: RunOptions, scenario: Resolved) -> Existing | None:
    """The workload of someone else's that is to be loaded: from the options, else from the scenario; else None."""
    if options.existing is not None:
        return options.existing
    target = scenario.target
    if target.workload is None:
        return None
    if not target.url:
        raise InputError("the scenario names a workload but no target.url", fix="say how it is reached: target.url")
    return Existing(target.workload, target.url)


def limit_pods(scenario: Resolved, hpa: dict[str, Any]) -> None:
    """InputError where the HPA may go beyond the scenario's limit of pods."""
    limit, most = scenario.limits.pods, hpa["spec"]["maxReplicas"]
    if limit is not None and most > limit:
        where = f"HorizontalPodAutoscaler/{hpa['metadata']['name']}: spec.maxReplicas"
        raise InputError(
            "the autoscaler may start more pods than the scenario allows",
            problems=[Problem(where, str(most), f"at most {limit} (limits.pods)")],
        )


def redact_scenario(scenario: Resolved) -> dict[str, Any]:
    """The scenario in its plain form, without what could be secret: header values, bodies stay out of the record."""
    plain = scenario.model_dump()
    for request in plain["requests"]:
        request["body"] = None if request["body"] is None else REDACTED
        request["headers"] = {
            name: value if name.lower() in _SECRET_HEADERS else REDACTED for name, value in request["headers"].items()
        }
    return plain


def redact_object(obj: dict[str, Any]) -> dict[str, Any]:
    """A manifest without what could be secret: environment values, data of ConfigMaps; and without bookkeeping."""
    meta = {key: value for key, value in obj["metadata"].items() if key != "managedFields"}
    if "annotations" in meta:
        meta["annotations"] = {key: value for key, value in meta["annotations"].items() if key != _LAST_APPLIED}
    clean = {key: meta if key == "metadata" else value for key, value in obj.items() if key != "status"}
    if "data" in clean:
        clean["data"] = dict.fromkeys(clean["data"], REDACTED)
    return dict(_redact_env(clean))


def _redact_env(value: Any) -> Any:
    """Every ``env`` entry's literal value taken out, however deep."""
    if isinstance(value, list):
        return [_redact_env(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: [{**entry, "value": REDACTED} if "value" in entry else entry for entry in item]
        if key == "env" and isinstance(item, list)
        else _redact_env(item)
        for key, item in value.items()
    }
