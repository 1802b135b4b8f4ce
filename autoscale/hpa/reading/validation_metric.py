"""The API server's rules for one metric of an HPA, and for references to objects."""

from collections.abc import Callable, Mapping
from typing import Any

from autoscale.hpa.reading.field_errors import FieldError, forbidden, invalid, invalid_name, not_supported, required
from autoscale.hpa.reading.quantities import show_quantity
from autoscale.kube.names import dns_label_errors, label_key_errors, path_segment_errors
from autoscale.kube.quantities import parse_quantity

TYPES = ("ContainerResource", "External", "Object", "Pods", "Resource")
_SOURCE = {
    "Object": "object",
    "External": "external",
    "Pods": "pods",
    "Resource": "resource",
    "ContainerResource": "containerResource",
}
_CONTAINER_RESOURCES = ("cpu", "memory", "ephemeral-storage")
_QUOTA_RESOURCES = (
    *(f"{kind}.{name}" for kind in ("requests", "limits") for name in _CONTAINER_RESOURCES),
    *("requests.storage", "storage", "pods", "resourcequotas", "services", "replicationcontrollers", "secrets"),
    *("configmaps", "persistentvolumeclaims", "services.nodeports", "services.loadbalancers"),
)


def reference_errors(
    reference: Mapping[str, Any], path: str, *, any_version: bool, group_needed: bool
) -> list[FieldError]:
    """What is wrong with a reference to an object."""
    errors = []
    for name in ("kind", "name"):
        value = reference.get(name) or ""
        if not value:
            errors.append(required(f"{path}.{name}", ""))
        errors += [invalid(f"{path}.{name}", value, text) for text in path_segment_errors(value)]
    error = None if any_version else api_version_error(reference, group_needed=group_needed)
    if error is not None:
        errors.append(invalid(f"{path}.apiVersion", reference.get("apiVersion") or "", error))
    return errors


def api_version_error(reference: Mapping[str, Any], *, group_needed: bool) -> str | None:
    """What is wrong with a reference's ``apiVersion``."""
    version = reference.get("apiVersion") or ""
    if version.count("/") > 1:
        return f"unexpected GroupVersion string: {version}"
    group = version.partition("/")[0] if "/" in version else ""
    return "apiVersion must specify API group" if group_needed and not group else None


def metric_errors(metric: Mapping[str, Any], path: str, *, any_version: bool) -> list[FieldError]:
    """What is wrong with one metric; of several sources only the first is looked into."""
    kind = metric.get("type") or ""
    errors = []
    if not kind:
        errors.append(required(f"{path}.type", "must specify a metric source type"))
    if kind not in TYPES:
        errors.append(not_supported(f"{path}.type", kind, TYPES))
    present = [name for name in _SOURCE.values() if metric.get(name) is not None]
    if present:
        errors += _source_errors(present[0], metric[present[0]], f"{path}.{present[0]}", any_version)
    expected = _SOURCE.get(kind)
    if expected is None:
        errors.append(not_supported(f"{path}.type", kind, TYPES))
    elif expected not in present:
        errors.append(required(f"{path}.{expected}", "must populate information for the given metric source"))
    if len(present) > 1:
        others = sorted(name for name in present if name != expected)
        errors += [forbidden(f"{path}.{name}", "must populate the given metric source only") for name in others]
    return errors


def _source_errors(name: str, source: Mapping[str, Any], path: str, any_version: bool) -> list[FieldError]:
    if name == "object":
        return _object_errors(source, path, any_version)
    check: Callable[[Mapping[str, Any], str], list[FieldError]] = {
        "external": _external_errors,
        "pods": _pods_errors,
        "resource": _resource_errors,
        "containerResource": _container_resource_errors,
    }[name]
    return check(source, path)


def _object_errors(source: Mapping[str, Any], path: str, any_version: bool) -> list[FieldError]:
    described, target = source.get("describedObject") or {}, source.get("target") or {}
    errors = reference_errors(described, f"{path}.describedObject", any_version=any_version, group_needed=False)
    errors += _identifier_errors(source, path) + _target_errors(target, f"{path}.target")
    if target.get("value") is None and target.get("averageValue") is None:
        errors.append(required(f"{path}.target.averageValue", "must set either a target value or averageValue"))
    return errors


def _external_errors(source: Mapping[str, Any], path: str) -> list[FieldError]:
    target = source.get("target") or {}
    errors = _identifier_errors(source, path) + _target_errors(target, f"{path}.target")
    value, average = target.get("value"), target.get("averageValue")
    if value is None and average is None:
        text = "must set either a target value for metric or a per-pod target"
        errors.append(required(f"{path}.target.averageValue", text))
    if value is not None and average is not None:
        text = "may not set both a target value for metric and a per-pod target"
        errors.append(forbidden(f"{path}.target.value", text))
    return errors


def _pods_errors(source: Mapping[str, Any], path: str) -> list[FieldError]:
    target = source.get("target") or {}
    errors = _identifier_errors(source, path) + _target_errors(target, f"{path}.target")
    if target.get("averageValue") is None:
        errors.append(required(f"{path}.target.averageValue", "must specify a positive target averageValue"))
    return errors


def _resource_errors(source: Mapping[str, Any], path: str) -> list[FieldError]:
    errors = [] if source.get("name") else [required(f"{path}.name", "must specify a resource name")]
    return errors + _resource_target_errors(source.get("target") or {}, f"{path}.target")


def _container_resource_errors(source: Mapping[str, Any], path: str) -> list[FieldError]:
    name, container = source.get("name") or "", source.get("container") or ""
    errors = _resource_name_errors(name, f"{path}.name")
    if not name:
        errors = [required(f"{path}.name", "must specify a resource name")]
    if not container:
        errors.append(required(f"{path}.container", "must specify a container"))
    else:
        errors += [invalid(f"{path}.container", container, text) for text in dns_label_errors(container)]
    return errors + _resource_target_errors(source.get("target") or {}, f"{path}.target")


def _resource_name_errors(name: str, path: str) -> list[FieldError]:
    errors = [invalid_name(path, name, text) for text in label_key_errors(name)]
    if "/" in name:
        extended = not name.startswith("requests.") and not label_key_errors(f"requests.{name}")
        if "kubernetes.io/" not in name and not extended:
            errors.append(invalid_name(path, name, "doesn't follow extended resource name standard"))
        return errors
    if name in _CONTAINER_RESOURCES or name.startswith("hugepages-"):
        return errors
    if not errors and name not in _QUOTA_RESOURCES and not name.startswith("requests.hugepages-"):
        errors.append(invalid_name(path, name, "must be a standard resource type or fully qualified"))
    return [*errors, invalid_name(path, name, "must be a standard resource for containers")]


def _resource_target_errors(target: Mapping[str, Any], path: str) -> list[FieldError]:
    errors = _target_errors(target, path)
    percent, average = target.get("averageUtilization"), target.get("averageValue")
    if percent is None and average is None:
        text = "must set either a target raw value or a target utilization"
        errors.append(required(f"{path}.averageUtilization", text))
    if percent is not None and average is not None:
        text = "may not set both a target raw value and a target utilization"
        errors.append(forbidden(f"{path}.averageValue", text))
    return errors


def _target_errors(target: Mapping[str, Any], path: str) -> list[FieldError]:
    kind = target.get("type") or ""
    errors = []
    if not kind:
        errors.append(required(f"{path}.type", "must specify a metric target type"))
    if kind not in ("Utilization", "Value", "AverageValue"):
        errors.append(invalid_name(f"{path}.type", kind, "must be either Utilization, Value, or AverageValue"))
    for name in ("value", "averageValue"):
        quantity = target.get(name)
        if quantity is not None and parse_quantity(quantity) <= 0:
            errors.append(invalid(f"{path}.{name}", show_quantity(quantity), "must be positive"))
    percent = target.get("averageUtilization")
    if percent is not None and percent < 1:
        errors.append(invalid(f"{path}.averageUtilization", percent, "must be greater than 0"))
    return errors


def _identifier_errors(source: Mapping[str, Any], path: str) -> list[FieldError]:
    name = (source.get("metric") or {}).get("name") or ""
    if not name:
        return [required(f"{path}.metric.name", "must specify a metric name")]
    return [invalid(f"{path}.metric.name", name, text) for text in path_segment_errors(name)]
