"""What the API server refuses although it has the right shape: names, missing fields, values that contradict.

A part of upstream's rules (k8s.io/kubernetes, pkg/apis/*/validation): those that people run into. Each finding is a
cause as ``Status.details.causes`` has it.
"""

import re
from collections.abc import Iterator
from typing import Any
from zoneinfo import available_timezones

from autoscale.embedded.apiserver.custom.definition import definition
from autoscale.embedded.apiserver.validation.causes import LABEL, Cause, at_least, required, unsupported, wrong
from autoscale.embedded.apiserver.validation.pods import pod_spec, port_list
from autoscale.embedded.apiserver.validation.types import missing
from autoscale.kube.cron import ScheduleError, parse_schedule
from autoscale.kube.kinds import RESOURCES, Object
from autoscale.kube.release import MINOR
from autoscale.kube.resource import Resource
from autoscale.kube.selectors import selector_matches
from autoscale.kube.statuses import StatusError
from autoscale.plane.adapter.rules import FILE, RuleError, is_adapters, read_rules

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_SERVICE = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_PERCENT = re.compile(r"[0-9]+%")
_NO_PERCENT = (
    "a valid percent string must be a numeric string followed by an ending '%' "
    "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
)
_RBAC_NAME = re.compile(r"[^/%]+")
_LABEL_NAME = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")


def invalid(resource: Resource, name: str, causes: list[Cause]) -> StatusError:
    """422 with every finding: ``Deployment.apps "web" is invalid: ...``."""
    qualified = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
    texts = [f"{field}: {message}" for _, field, message in causes]
    text = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    listed = [{"reason": reason, "message": message, "field": field} for reason, field, message in causes]
    details = {"name": name, "group": resource.group, "kind": resource.kind, "causes": listed}
    return StatusError(422, "Invalid", f'{qualified} "{name}" is invalid: {text}', details)


def causes(obj: Object) -> list[Cause]:
    """Everything that is wrong with a new or changed object (defaults filled in)."""
    absent = [required(path) for path in missing(obj, obj["kind"])]
    if obj["kind"] == "Service" and "spec" not in obj:
        absent.append(required("spec"))
    found = [*metadata_causes(obj, RESOURCES[obj["kind"]]), *absent]
    # The rules below read the fields that have to be there.
    if not absent and (rule := _RULES.get(obj["kind"])):
        found += rule(obj)
    return found


def metadata_causes(obj: Object, resource: Resource) -> Iterator[Cause]:
    """What is wrong with an object's name and labels."""
    metadata, kind = obj["metadata"], resource.shelf
    name = metadata.get("name", "")
    pattern = {"Namespace": LABEL, "Service": _SERVICE}.get(kind, _SUBDOMAIN)
    if resource.group.startswith("rbac"):
        pattern = _RBAC_NAME
    if not name:
        yield required("metadata.name", "name or generateName is required")
    elif not pattern.fullmatch(name) or len(name) > (63 if kind in ("Namespace", "Service") else 253):
        yield wrong("metadata.name", name, "must be lower case letters, digits and '-' (or '.'), as DNS names are")
    yield from _labels(metadata.get("labels") or {}, "metadata.labels")


def _labels(labels: Object, field: str) -> Iterator[Cause]:
    for name, value in labels.items():
        if not _LABEL_NAME.fullmatch(name):
            yield wrong(field, name, "not a label name: [prefix/]name of letters, digits, '-', '_' and '.'")
        if not isinstance(value, str) or not _LABEL_VALUE.fullmatch(value):
            yield wrong(field, value, "a label value has at most 63 letters, digits, '-', '_' and '.'")


def _template(spec: Object, path: str, policies: tuple[str, ...]) -> Iterator[Cause]:
    if "template" not in spec:  # a ReplicaSet's is optional in the schema
        yield required(f"{path}.template")
        return
    template, selector = spec["template"], spec.get("selector") or {}
    labels = (template.get("metadata") or {}).get("labels") or {}
    yield from _labels(labels, f"{path}.template.metadata.labels")
    if "spec" not in template:
        yield required(f"{path}.template.spec")
        return
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        yield wrong(f"{path}.selector", selector, "empty selector is invalid for workloads")
    elif not selector_matches(selector, labels):
        yield wrong(f"{path}.template.metadata.labels", labels, "`selector` does not match template `labels`")
    policy = template["spec"].get("restartPolicy")
    if policy not in policies:
        yield unsupported(f"{path}.template.spec.restartPolicy", policy, policies)
    yield from pod_spec(template["spec"], f"{path}.template.spec")


def _workload(obj: Object) -> Iterator[Cause]:
    yield from at_least(
        obj["spec"], "spec", 0, "replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"
    )
    yield from _template(obj["spec"], "spec", ("Always",))
    strategy = obj["spec"].get("strategy", {})
    if strategy.get("type", "RollingUpdate") not in ("RollingUpdate", "Recreate"):
        yield unsupported("spec.strategy.type", strategy["type"], ("Recreate", "RollingUpdate"))
    if strategy.get("type") == "Recreate" and strategy.get("rollingUpdate"):
        yield (
            "FieldValueForbidden",
            "spec.strategy.rollingUpdate",
            "Forbidden: may not be specified when strategy `type` is 'Recreate'",
        )
    elif strategy.get("rollingUpdate"):
        yield from _rolling_update(strategy["rollingUpdate"], "spec.strategy.rollingUpdate")


def _rolling_update(rolling: Object, at: str) -> Iterator[Cause]:
    """Counts or percentages, and one of them more than 0: otherwise no pod could ever be replaced."""
    for name in ("maxUnavailable", "maxSurge"):
        value = rolling.get(name, "25%")
        if isinstance(value, int):
            yield from at_least(rolling, at, 0, name)
        elif not _PERCENT.fullmatch(value):
            yield wrong(f"{at}.{name}", value, _NO_PERCENT)
    unavailable, surge = (rolling.get(name, "25%") for name in ("maxUnavailable", "maxSurge"))
    if _is_zero(unavailable) and _is_zero(surge):
        yield wrong(f"{at}.maxUnavailable", unavailable, "may not be 0 when `maxSurge` is 0")
    if isinstance(unavailable, str) and _PERCENT.fullmatch(unavailable) and int(unavailable[:-1]) > 100:
        yield wrong(f"{at}.maxUnavailable", unavailable, "must not be greater than 100%")


def _is_zero(value: int | str) -> bool:
    return value == 0 or (isinstance(value, str) and bool(re.fullmatch("0+%", value)))


def _job(obj: Object) -> Iterator[Cause]:
    spec = obj["spec"]
    names = ("parallelism", "completions", "backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished")
    yield from at_least(spec, "spec", 0, *names)
    if spec.get("completionMode") not in ("NonIndexed", "Indexed"):
        yield unsupported("spec.completionMode", spec.get("completionMode"), ("Indexed", "NonIndexed"))
    if spec.get("completionMode") == "Indexed" and spec.get("completions") is None:
        yield required("spec.completions", "when completion mode is Indexed")
    yield from _template(spec, "spec", ("OnFailure", "Never"))


def _stateful_set(obj: Object) -> Iterator[Cause]:
    spec = obj["spec"]
    yield from at_least(spec, "spec", 0, "replicas", "minReadySeconds", "revisionHistoryLimit")
    yield from at_least(spec.get("ordinals") or {}, "spec.ordinals", 0, "start")
    policies = ("OrderedReady", "Parallel")
    if spec.get("podManagementPolicy") not in policies:
        yield unsupported("spec.podManagementPolicy", spec.get("podManagementPolicy"), policies)
    yield from _update_strategy(spec)
    yield from at_least((spec["updateStrategy"].get("rollingUpdate") or {}), _ROLLING, 0, "partition")
    yield from _template(spec, "spec", ("Always",))


_ROLLING = "spec.updateStrategy.rollingUpdate"


def _daemon_set(obj: Object) -> Iterator[Cause]:
    spec = obj["spec"]
    yield from at_least(spec, "spec", 0, "minReadySeconds", "revisionHistoryLimit")
    yield from _update_strategy(spec)
    rolling = spec["updateStrategy"].get("rollingUpdate")
    if rolling:
        yield from _rolling_update(rolling, _ROLLING)
    yield from _template(spec, "spec", ("Always",))


def _update_strategy(spec: Object) -> Iterator[Cause]:
    kinds = ("RollingUpdate", "OnDelete")
    if spec["updateStrategy"].get("type") not in kinds:
        yield unsupported("spec.updateStrategy.type", spec["updateStrategy"].get("type"), kinds)


def _cron_job(obj: Object) -> Iterator[Cause]:
    spec = obj["spec"]
    counts = ("startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit")
    yield from at_least(spec, "spec", 0, *counts)
    try:
        parse_schedule(spec["schedule"])
    except ScheduleError as error:
        yield wrong("spec.schedule", spec["schedule"], str(error))
    if "timeZone" in spec and spec["timeZone"] not in available_timezones():
        yield wrong("spec.timeZone", spec["timeZone"], f"unknown time zone {spec['timeZone']}")
    policies = ("Allow", "Forbid", "Replace")
    if spec.get("concurrencyPolicy") not in policies:
        yield unsupported("spec.concurrencyPolicy", spec.get("concurrencyPolicy"), policies)
    if len(obj["metadata"].get("name", "")) > _CRON_NAME:
        yield wrong("metadata.name", obj["metadata"]["name"], f"must be no more than {_CRON_NAME} characters")
    yield from _job_template(spec["jobTemplate"])


_CRON_NAME = 52
"""Its Jobs' names have 11 characters more, and become labels."""


def _job_template(template: Object) -> Iterator[Cause]:
    at = "spec.jobTemplate.spec.template"
    pod = (template.get("spec") or {}).get("template") or {}
    if "spec" not in pod:
        yield required(f"{at}.spec")
        return
    policy = pod["spec"].get("restartPolicy")
    if policy not in ("OnFailure", "Never"):
        yield unsupported(f"{at}.spec.restartPolicy", policy, ("OnFailure", "Never"))
    yield from pod_spec(pod["spec"], f"{at}.spec")


def _pod(obj: Object) -> Iterator[Cause]:
    policy = obj["spec"].get("restartPolicy")
    if policy not in ("Always", "OnFailure", "Never"):
        yield unsupported("spec.restartPolicy", policy, ("Always", "OnFailure", "Never"))
    yield from pod_spec(obj["spec"], "spec")


def _service(obj: Object) -> Iterator[Cause]:
    spec = obj["spec"]
    ports = spec.get("ports") or []
    if not ports and spec.get("clusterIP") != "None":
        yield required("spec.ports")
    yield from port_list(ports, "spec.ports", "port")
    for index, port in enumerate(ports):
        if len(ports) > 1 and not port.get("name"):
            yield required(f"spec.ports[{index}].name")


_REASONS = {
    "Invalid value": "FieldValueInvalid",
    "Required value": "FieldValueRequired",
    "Forbidden": "FieldValueForbidden",
    "Unsupported value": "FieldValueNotSupported",
}


def _hpa(obj: Object) -> Iterator[Cause]:
    # The rule knows every mistake; imported here because only HPAs need it.
    from autoscale.hpa import Config, complete, validate

    for error in validate(complete(obj), Config(release=MINOR)):
        yield _REASONS[error.kind], error.field, str(error).removeprefix(f"{error.field}: ")


def _config_map(obj: Object) -> Iterator[Cause]:
    """The rules of the adapter are read when they are written, as nobody looks at its log."""
    if not is_adapters(obj):
        return
    try:
        read_rules(obj["data"][FILE])
    except RuleError as error:
        for field, what in error.mistakes:
            yield "FieldValueInvalid", f"data[{FILE}]: {field}", what


def _priority_class(obj: Object) -> Iterator[Cause]:
    if obj["metadata"].get("name", "").startswith("system-"):
        yield "FieldValueForbidden", "metadata.name", "Forbidden: names with 'system-' are the system's own"


_RULES = {
    "Deployment": _workload,
    "ReplicaSet": _workload,
    "StatefulSet": _stateful_set,
    "DaemonSet": _daemon_set,
    "CronJob": _cron_job,
    "Job": _job,
    "Pod": _pod,
    "Service": _service,
    "HorizontalPodAutoscaler": _hpa,
    "PriorityClass": _priority_class,
    "ConfigMap": _config_map,
    "CustomResourceDefinition": definition,
}


def beginnings(obj: Object) -> Iterator[Cause]:
    """What a new object must not have: a pod's ephemeral containers come by a subresource of their own."""
    if obj["kind"] == "Pod" and (obj.get("spec") or {}).get("ephemeralContainers"):
        yield "FieldValueForbidden", "spec.ephemeralContainers", "Forbidden: cannot be set on create"


def changes(old: Object, new: Object) -> list[Cause]:
    """What a change must not touch: selectors, a pod's spec, a job's template, a cluster IP."""
    fixed = [path for path in RESOURCES[new["kind"]].immutable if _at(old, path) != _at(new, path)]
    found = [wrong(path, _at(new, path), "field is immutable") for path in fixed]
    if new["kind"] == "Pod" and _frozen(old["spec"]) != _frozen(new.get("spec") or {}):
        text = "Forbidden: pod updates may not change fields other than `spec.containers[*].image` and a few more"
        found.append(("FieldValueForbidden", "spec", text))
    return found


def _at(obj: Any, path: str) -> Any:
    for name in path.split("."):
        obj = obj.get(name) if isinstance(obj, dict) else None
    return obj


def _frozen(spec: Object) -> Object:
    """A pod's spec without what may change."""
    rest = {name: value for name, value in spec.items() if name not in ("activeDeadlineSeconds", "tolerations")}
    rest["containers"] = [{**container, "image": ""} for container in spec.get("containers", [])]
    return rest
