"""What the API server refuses although it has the right shape: names, missing fields, values that contradict.

A part of upstream's rules (k8s.io/kubernetes, pkg/apis/*/validation): those that people run into. Each finding is a
cause as ``Status.details.causes`` has it.
"""

import re
from collections.abc import Iterator
from typing import Any

from autoscale.base.quantities import parse_quantity
from autoscale.embedded.objects import RESOURCES, Object
from autoscale.embedded.selectors import selector_matches
from autoscale.embedded.statuses import StatusError
from autoscale.embedded.validation_types import missing

Finding = tuple[str, str, str]
"""(reason, field, message)"""

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_SERVICE = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_RBAC_NAME = re.compile(r"[^/%]+")
_LABEL_NAME = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")


def invalid(kind: str, name: str, findings: list[Finding]) -> StatusError:
    """422 with every finding: ``Deployment.apps "web" is invalid: ...``."""
    resource = RESOURCES[kind]
    qualified = f"{kind}.{resource.group}" if resource.group else kind
    texts = [f"{field}: {message}" for _, field, message in findings]
    text = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    causes = [{"reason": reason, "message": message, "field": field} for reason, field, message in findings]
    details = {"name": name, "group": resource.group, "kind": kind, "causes": causes}
    return StatusError(422, "Invalid", f'{qualified} "{name}" is invalid: {text}', details)


def required(field: str, why: str = "") -> Finding:
    """A field that has to be there."""
    return "FieldValueRequired", field, f"Required value{f': {why}' if why else ''}"


def wrong(field: str, value: Any, why: str) -> Finding:
    """A value that cannot be."""
    shown = f'"{value}"' if isinstance(value, str) else str(value)
    return "FieldValueInvalid", field, f"Invalid value: {shown}: {why}"


def unsupported(field: str, value: Any, known: tuple[str, ...]) -> Finding:
    """A value outside a fixed set."""
    listed = ", ".join(f'"{one}"' for one in known)
    return "FieldValueNotSupported", field, f'Unsupported value: "{value}": supported values: {listed}'


def findings(obj: Object) -> list[Finding]:
    """Everything that is wrong with a new or changed object (defaults filled in)."""
    absent = [required(path) for path in missing(obj, obj["kind"])]
    if obj["kind"] == "Service" and "spec" not in obj:
        absent.append(required("spec"))
    found = [*_metadata(obj), *absent]
    # The rules below read the fields that have to be there.
    if not absent and (rule := _RULES.get(obj["kind"])):
        found += rule(obj)
    return found


def _metadata(obj: Object) -> Iterator[Finding]:
    metadata, kind = obj["metadata"], obj["kind"]
    name = metadata.get("name", "")
    pattern = {"Namespace": LABEL, "Service": _SERVICE}.get(kind, _SUBDOMAIN)
    if RESOURCES[kind].group.startswith("rbac"):
        pattern = _RBAC_NAME
    if not name:
        yield required("metadata.name", "name or generateName is required")
    elif not pattern.fullmatch(name) or len(name) > (63 if kind in ("Namespace", "Service") else 253):
        yield wrong("metadata.name", name, "must be lower case letters, digits and '-' (or '.'), as DNS names are")
    yield from _labels(metadata.get("labels") or {}, "metadata.labels")


def _labels(labels: Object, field: str) -> Iterator[Finding]:
    for name, value in labels.items():
        if not _LABEL_NAME.fullmatch(name):
            yield wrong(field, name, "not a label name: [prefix/]name of letters, digits, '-', '_' and '.'")
        if not isinstance(value, str) or not _LABEL_VALUE.fullmatch(value):
            yield wrong(field, value, "a label value has at most 63 letters, digits, '-', '_' and '.'")


def _at_least(spec: Object, path: str, least: int, *names: str) -> Iterator[Finding]:
    for name in names:
        value = spec.get(name)
        if value is not None and value < least:
            yield wrong(f"{path}.{name}", value, f"must be greater than or equal to {least}")


def _template(spec: Object, path: str, policies: tuple[str, ...]) -> Iterator[Finding]:
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


def _workload(obj: Object) -> Iterator[Finding]:
    yield from _at_least(
        obj["spec"], "spec", 0, "replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"
    )
    yield from _template(obj["spec"], "spec", ("Always",))
    strategy = obj["spec"].get("strategy", {})
    if strategy.get("type", "RollingUpdate") not in ("RollingUpdate", "Recreate"):
        yield unsupported("spec.strategy.type", strategy["type"], ("Recreate", "RollingUpdate"))
    if strategy.get("type") == "Recreate" and strategy.get("rollingUpdate"):
        yield ("FieldValueForbidden", "spec.strategy.rollingUpdate",
               "Forbidden: may not be specified when strategy `type` is 'Recreate'")  # fmt: skip


def _job(obj: Object) -> Iterator[Finding]:
    spec = obj["spec"]
    names = ("parallelism", "completions", "backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished")
    yield from _at_least(spec, "spec", 0, *names)
    if spec.get("completionMode") not in ("NonIndexed", "Indexed"):
        yield unsupported("spec.completionMode", spec.get("completionMode"), ("Indexed", "NonIndexed"))
    if spec.get("completionMode") == "Indexed" and spec.get("completions") is None:
        yield required("spec.completions", "when completion mode is Indexed")
    yield from _template(spec, "spec", ("OnFailure", "Never"))


def _pod(obj: Object) -> Iterator[Finding]:
    policy = obj["spec"].get("restartPolicy")
    if policy not in ("Always", "OnFailure", "Never"):
        yield unsupported("spec.restartPolicy", policy, ("Always", "OnFailure", "Never"))
    yield from pod_spec(obj["spec"], "spec")


def pod_spec(spec: Object, path: str) -> Iterator[Finding]:
    """What is wrong with a PodSpec."""
    if not spec.get("containers"):
        yield required(f"{path}.containers")
    yield from _at_least(spec, path, 0, "terminationGracePeriodSeconds")
    yield from _at_least(spec, path, 1, "activeDeadlineSeconds")
    names: set[str] = set()
    for group in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(group) or []):
            at = f"{path}.{group}[{index}]"
            if container["name"] in names:
                yield "FieldValueDuplicate", f"{at}.name", f'Duplicate value: "{container["name"]}"'
            names.add(container["name"])
            yield from _container(container, at)


def _container(container: Object, at: str) -> Iterator[Finding]:
    if not LABEL.fullmatch(container["name"]) or len(container["name"]) > 63:
        yield wrong(f"{at}.name", container["name"], "must be lower case letters, digits and '-'")
    if not container.get("image"):
        yield required(f"{at}.image")
    if container.get("imagePullPolicy") not in ("Always", "IfNotPresent", "Never"):
        yield unsupported(f"{at}.imagePullPolicy", container.get("imagePullPolicy"),
                          ("Always", "IfNotPresent", "Never"))  # fmt: skip
    yield from _ports(container.get("ports") or [], f"{at}.ports", "containerPort")
    yield from _resources(container.get("resources") or {}, f"{at}.resources")
    ports = {port.get("name") for port in container.get("ports") or []}
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        if name in container:
            yield from _probe(container[name], f"{at}.{name}", ports)
            if name != "readinessProbe" and container[name].get("successThreshold", 1) != 1:
                yield wrong(f"{at}.{name}.successThreshold", container[name]["successThreshold"], "must be 1")


def _ports(ports: list[Object], at: str, field: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, port in enumerate(ports):
        if not 1 <= port[field] <= 65535:
            yield wrong(f"{at}[{index}].{field}", port[field], "must be between 1 and 65535, inclusive")
        name = port.get("name")
        if name and name in seen:
            yield "FieldValueDuplicate", f"{at}[{index}].name", f'Duplicate value: "{name}"'
        seen.add(name or "")


def _probe(probe: Object, at: str, ports: set[str | None]) -> Iterator[Finding]:
    handlers = [name for name in ("exec", "httpGet", "tcpSocket", "grpc") if name in probe]
    if not handlers:
        yield required(at, "must specify a handler type")
    for extra in handlers[1:]:
        yield "FieldValueForbidden", f"{at}.{extra}", "Forbidden: may not specify more than 1 handler type"
    yield from _at_least(probe, at, 0, "initialDelaySeconds")
    yield from _at_least(probe, at, 1, "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
    for name in handlers:
        port = probe[name].get("port")
        if isinstance(port, str) and port not in ports:
            yield wrong(f"{at}.{name}.port", port, "no port of the container has this name")
        elif isinstance(port, int) and not 1 <= port <= 65535:
            yield wrong(f"{at}.{name}.port", port, "must be between 1 and 65535, inclusive")


def _resources(resources: Object, at: str) -> Iterator[Finding]:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for group, values in (("limits", limits), ("requests", requests)):
        for name, value in values.items():
            if parse_quantity(value) < 0:
                yield wrong(f"{at}.{group}.{name}", value, "must be greater than or equal to 0")
    for name, value in requests.items():
        if name in limits and parse_quantity(value) > parse_quantity(limits[name]):
            yield wrong(f"{at}.requests", value, f"must be less than or equal to {name} limit of {limits[name]}")


def _service(obj: Object) -> Iterator[Finding]:
    spec = obj["spec"]
    ports = spec.get("ports") or []
    if not ports and spec.get("clusterIP") != "None":
        yield required("spec.ports")
    yield from _ports(ports, "spec.ports", "port")
    for index, port in enumerate(ports):
        if len(ports) > 1 and not port.get("name"):
            yield required(f"spec.ports[{index}].name")


_REASONS = {
    "Invalid value": "FieldValueInvalid",
    "Required value": "FieldValueRequired",
    "Forbidden": "FieldValueForbidden",
    "Unsupported value": "FieldValueNotSupported",
}


def _hpa(obj: Object) -> Iterator[Finding]:
    # The rule knows every mistake; imported here because only HPAs need it.
    from autoscale.hpa import complete, validate

    for error in validate(complete(obj)):
        yield _REASONS[error.kind], error.field, str(error).removeprefix(f"{error.field}: ")


def _priority_class(obj: Object) -> Iterator[Finding]:
    if obj["metadata"].get("name", "").startswith("system-"):
        yield "FieldValueForbidden", "metadata.name", "Forbidden: names with 'system-' are the system's own"


_RULES = {
    "Deployment": _workload,
    "ReplicaSet": _workload,
    "Job": _job,
    "Pod": _pod,
    "Service": _service,
    "HorizontalPodAutoscaler": _hpa,
    "PriorityClass": _priority_class,
}


def changes(old: Object, new: Object) -> list[Finding]:
    """What a change must not touch: selectors, a pod's spec, a job's template, a cluster IP."""
    fixed = [path for path in _FIXED.get(new["kind"], ()) if _at(old, path) != _at(new, path)]
    found = [wrong(path, _at(new, path), "field is immutable") for path in fixed]
    if new["kind"] == "Pod" and _frozen(old["spec"]) != _frozen(new["spec"]):
        text = "Forbidden: pod updates may not change fields other than `spec.containers[*].image` and a few more"
        found.append(("FieldValueForbidden", "spec", text))
    return found


_FIXED = {
    "Deployment": ("spec.selector",),
    "ReplicaSet": ("spec.selector",),
    "Job": ("spec.selector", "spec.template", "spec.completionMode"),
    "Service": ("spec.clusterIP",),
    "Secret": ("type",),
    "RoleBinding": ("roleRef",),
    "ClusterRoleBinding": ("roleRef",),
}


def _at(obj: Any, path: str) -> Any:
    for name in path.split("."):
        obj = obj.get(name) if isinstance(obj, dict) else None
    return obj


def _frozen(spec: Object) -> Object:
    """A pod's spec without what may change."""
    rest = {name: value for name, value in spec.items() if name not in ("activeDeadlineSeconds", "tolerations")}
    rest["containers"] = [{**container, "image": ""} for container in spec.get("containers", [])]
    return rest
