"""From an HPA as a dict (YAML or the API's JSON) to a ``Spec``, or to one error that lists every mistake."""

from collections.abc import Mapping
from typing import Any, cast

from autoscale.base.errors import InputError, Problem
from autoscale.hpa.config import Config
from autoscale.hpa.reading.defaults import from_v1, with_defaults
from autoscale.hpa.reading.field_errors import FieldError
from autoscale.hpa.reading.quantities import to_float, to_milli
from autoscale.hpa.reading.schema import shape_problems
from autoscale.hpa.reading.validation import validate
from autoscale.hpa.spec import (
    Behavior,
    MetricSpec,
    MetricTarget,
    ObjectReference,
    ScalingPolicy,
    ScalingRules,
    SelectPolicy,
    Spec,
)

_HIDDEN_IN_V1 = tuple(
    f"autoscaling.alpha.kubernetes.io/{name}"
    for name in ("metrics", "behavior", "scale-up-tolerance", "scale-down-tolerance")
)


def parse_spec(hpa: Mapping[str, Any], config: Config | None = None, file: str = "") -> Spec:
    """Read, complete and check an HPA of ``autoscaling/v2`` or ``v1``; its bare ``spec`` will do too.

    ``config`` gives release and gates to check against, ``file`` is named in the error. InputError with all mistakes.
    """
    whole = hpa if "spec" in hpa or "kind" in hpa else {"spec": hpa}
    problems = [*_kind_problems(whole, file), *shape_problems(whole, file)]
    if not problems:
        whole = complete(whole)
        problems = [_problem(error, file) for error in validate(whole, config)]
    if problems:
        raise InputError("This HorizontalPodAutoscaler is not valid.", problems=problems)
    return build_spec(whole)


def complete(hpa: Mapping[str, Any]) -> dict[str, Any]:
    """The HPA as ``autoscaling/v2`` with the API server's defaults."""
    whole = _as_json(hpa)
    return with_defaults(from_v1(whole) if whole.get("apiVersion") == "autoscaling/v1" else whole)


def _as_json(value: Any) -> Any:
    """What YAML reads as 5.0 is 5 in JSON, as which an API server gets it."""
    if isinstance(value, Mapping):
        return {name: _as_json(held) for name, held in value.items()}
    if isinstance(value, list):
        return [_as_json(held) for held in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def build_spec(hpa: Mapping[str, Any]) -> Spec:
    """The typed spec of a complete ``autoscaling/v2`` HPA; nothing is checked."""
    spec = hpa["spec"]
    behavior = spec.get("behavior")
    return Spec(
        target=_reference(spec.get("scaleTargetRef") or {}),
        max_replicas=spec.get("maxReplicas") or 0,
        metrics=tuple(_metric(metric) for metric in spec.get("metrics") or ()),
        min_replicas=spec.get("minReplicas"),
        behavior=behavior and Behavior(_rules(behavior["scaleUp"]), _rules(behavior["scaleDown"])),
    )


def _kind_problems(hpa: Mapping[str, Any], file: str) -> list[Problem]:
    prefix = f"{file}: " if file else ""
    found = []
    if hpa.get("kind") not in (None, "HorizontalPodAutoscaler"):
        found.append(Problem(f"{prefix}kind", repr(hpa["kind"]), "HorizontalPodAutoscaler"))
    if hpa.get("apiVersion") not in (None, "autoscaling/v2", "autoscaling/v1"):
        fix = "v2beta1 and v2beta2 were removed in Kubernetes 1.25 and 1.26."
        found.append(Problem(f"{prefix}apiVersion", repr(hpa["apiVersion"]), "autoscaling/v2 or autoscaling/v1", fix))
    return found + _annotation_problems(hpa, prefix)


def _annotation_problems(hpa: Mapping[str, Any], prefix: str) -> list[Problem]:
    """In ``autoscaling/v1`` metrics and behavior hide in annotations; they are refused rather than overlooked."""
    metadata = hpa.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    if hpa.get("apiVersion") != "autoscaling/v1" or not isinstance(annotations, Mapping):
        return []
    hidden = [name for name in annotations if str(name) in _HIDDEN_IN_V1]
    fix = "Fetch it as v2: kubectl get hpa.v2.autoscaling NAME -o yaml."
    return [
        Problem(f"{prefix}metadata.annotations[{name}]", "a part of the spec", "autoscaling/v2", fix) for name in hidden
    ]


def _problem(error: FieldError, file: str) -> Problem:
    where = f"{file}: {error.field}" if file else error.field
    if error.kind == "Required value":
        return Problem(where, "nothing", error.detail or "a value")
    if error.kind == "Forbidden":
        return Problem(where, "a value that may not be there", error.detail)
    return Problem(where, error.value or "nothing", error.detail)


def _reference(data: Mapping[str, Any]) -> ObjectReference:
    return ObjectReference(data.get("kind") or "", data.get("name") or "", data.get("apiVersion") or "")


def _metric(data: Mapping[str, Any]) -> MetricSpec:
    kind = data.get("type") or ""
    source: Mapping[str, Any] = data.get(kind[:1].lower() + kind[1:]) or {}
    identifier = source.get("metric") or {}
    described = source.get("describedObject")
    return MetricSpec(
        type=kind,
        name=source.get("name") or identifier.get("name") or "",
        target=_target(source.get("target") or {}),
        container=source.get("container") or "",
        selector=identifier.get("selector"),
        described_object=None if described is None else _reference(described),
    )


def _target(data: Mapping[str, Any]) -> MetricTarget:
    average, value = data.get("averageValue"), data.get("value")
    return MetricTarget(
        type=data.get("type") or "",
        average_utilization=data.get("averageUtilization"),
        average_value=None if average is None else to_milli(average),
        value=None if value is None else to_milli(value),
    )


def _rules(data: Mapping[str, Any]) -> ScalingRules:
    tolerance = data.get("tolerance")
    return ScalingRules(
        policies=tuple(
            ScalingPolicy(policy["type"], policy["value"], policy["periodSeconds"]) for policy in data["policies"]
        ),
        select_policy=cast(SelectPolicy, data["selectPolicy"]),
        stabilization_window_s=data.get("stabilizationWindowSeconds"),
        tolerance=None if tolerance is None else to_float(tolerance),
    )
