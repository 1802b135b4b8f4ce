"""What the API server fills in where a client says nothing, per type.

Source: the ``defaults.go`` files of k8s.io/kubernetes (pkg/apis/*/v*). Pure: the result is new.
"""

import base64
from collections.abc import Callable, Mapping
from typing import Any

from autoscale.kube.kinds import Object
from autoscale.kube.schema import Type, type_of

_POD_SPEC = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 30,
    "dnsPolicy": "ClusterFirst",
    "securityContext": {},
    "schedulerName": "default-scheduler",
}

_CONTAINER = {
    "resources": {},
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
}

FIXED: Mapping[str, Mapping[str, Any]] = {
    "PodSpec": _POD_SPEC,
    "Container": _CONTAINER,
    "EphemeralContainer": _CONTAINER,
    "ContainerPort": {"protocol": "TCP"},
    "Probe": {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3},
    "HTTPGetAction": {"path": "/", "scheme": "HTTP"},
    "ObjectFieldSelector": {"apiVersion": "v1"},
    "DeploymentSpec": {
        "replicas": 1,
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
        "strategy": {"type": "RollingUpdate"},
    },
    "DeploymentStrategy": {"type": "RollingUpdate"},
    "RollingUpdateDeployment": {"maxUnavailable": "25%", "maxSurge": "25%"},
    "ReplicaSetSpec": {"replicas": 1},
    "StatefulSetSpec": {
        "replicas": 1,
        "podManagementPolicy": "OrderedReady",
        "revisionHistoryLimit": 10,
        "updateStrategy": {"type": "RollingUpdate"},
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
    },
    "RollingUpdateStatefulSetStrategy": {"partition": 0},
    "DaemonSetSpec": {"revisionHistoryLimit": 10, "updateStrategy": {"type": "RollingUpdate"}},
    "RollingUpdateDaemonSet": {"maxUnavailable": 1, "maxSurge": 0},
    "CronJobSpec": {
        "concurrencyPolicy": "Allow",
        "suspend": False,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
    },
    "JobSpec": {
        "backoffLimit": 6,
        "completionMode": "NonIndexed",
        "suspend": False,
        "manualSelector": False,
        "podReplacementPolicy": "TerminatingOrFailed",
    },
    "ServiceSpec": {
        "type": "ClusterIP",
        "sessionAffinity": "None",
        "internalTrafficPolicy": "Cluster",
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
    },
    "ServicePort": {"protocol": "TCP"},
    "CustomResourceDefinitionSpec": {"conversion": {"strategy": "None"}},
    "HorizontalPodAutoscalerSpec": {"minReplicas": 1},
    "Secret": {"type": "Opaque"},
    "Namespace": {"spec": {"finalizers": ["kubernetes"]}},
    "PriorityClass": {"preemptionPolicy": "PreemptLowerPriority"},
    "ConfigMapVolumeSource": {"defaultMode": 420},
    "SecretVolumeSource": {"defaultMode": 420},
    "DownwardAPIVolumeSource": {"defaultMode": 420},
    "ProjectedVolumeSource": {"defaultMode": 420},
}
"""Constant defaults by type. Added where the field is absent or null."""


def with_defaults(obj: Object) -> Object:
    """An object of a known kind with every default filled in."""
    filled: Object = _fill(obj, type_of(obj["kind"]))
    return filled


def _fill(value: Any, type_: Type | None) -> Any:
    if type_ is None or not isinstance(value, dict):
        return value
    given = {name: held for name, held in value.items() if held is not None}
    result = {**given, **{name: held for name, held in FIXED.get(type_.name, {}).items() if name not in given}}
    special = _SPECIAL.get(type_.name)
    if special:
        special(result)
    for name, held in result.items():
        field = type_.fields.get(name)
        inner = type_of(field.type) if field else None
        if field is None or inner is None:
            continue
        if field.shape == "one":
            result[name] = _fill(held, inner)
        elif field.shape == "list" and isinstance(held, list):
            result[name] = [_fill(one, inner) for one in held]
    return result


def _container(container: Object) -> None:
    image = str(container.get("image", ""))
    tag = image.rsplit("/", 1)[-1].partition(":")[2]
    latest = "@" not in image and tag in ("", "latest")
    container.setdefault("imagePullPolicy", "Always" if latest else "IfNotPresent")
    resources = container["resources"]
    limits = resources.get("limits") if isinstance(resources, dict) else None
    if isinstance(limits, dict):
        container["resources"] = {**resources, "requests": {**limits, **(resources.get("requests") or {})}}


def _strategy(strategy: Object) -> None:
    if strategy.get("type") == "RollingUpdate":
        strategy.setdefault("rollingUpdate", {})


def _job_labels(job: Object) -> None:
    labels = (job.get("spec", {}).get("template", {}).get("metadata") or {}).get("labels")
    if labels and not job["metadata"].get("labels"):
        job["metadata"] = {**job["metadata"], "labels": dict(labels)}


def _job(spec: Object) -> None:
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)


def _limits(item: Object) -> None:
    """Of a container's limits: what is not said follows from the greatest, then from the default, then the least."""
    if item.get("type") != "Container":
        return
    default = {**(item.get("max") or {}), **(item.get("default") or {})}
    request = {**(item.get("min") or {}), **default, **(item.get("defaultRequest") or {})}
    item |= {name: value for name, value in (("default", default), ("defaultRequest", request)) if value}


def _service_port(port: Object) -> None:
    if not port.get("targetPort"):  # Go's JSON has a 0 where nothing was set
        port["targetPort"] = port.get("port")


def _secret(secret: Object) -> None:
    """What was written as plain text, kept as the rest is; it wins over ``data``, and cannot be read back."""
    plain = secret.pop("stringData", None)
    if plain:
        encoded = {key: base64.b64encode(text.encode()).decode() for key, text in plain.items()}
        secret["data"] = {**(secret.get("data") or {}), **encoded}


def _pod_spec(spec: Object) -> None:
    if "serviceAccountName" in spec:
        spec.setdefault("serviceAccount", spec["serviceAccountName"])


def _hpa(spec: Object) -> None:
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]


def _custom_names(names: Object) -> None:
    if kind := names.get("kind"):
        names.setdefault("singular", str(kind).lower())
        names.setdefault("listKind", f"{kind}List")


def _behavior(behavior: Object) -> None:
    """Only where a behaviour is given: without one the controller uses the same values."""
    for name, fixed in _RULES.items():
        given = {key: value for key, value in (behavior.get(name) or {}).items() if value is not None}
        behavior[name] = {**fixed, **given}


_RULES: Mapping[str, Mapping[str, Any]] = {
    "scaleUp": {
        "stabilizationWindowSeconds": 0,
        "selectPolicy": "Max",
        "policies": [
            {"type": "Pods", "value": 4, "periodSeconds": 15},
            {"type": "Percent", "value": 100, "periodSeconds": 15},
        ],
    },
    "scaleDown": {
        "selectPolicy": "Max",
        "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
    },
}

_SPECIAL: Mapping[str, Callable[[Object], None]] = {
    **dict.fromkeys(("Container", "EphemeralContainer"), _container),
    "CustomResourceDefinitionNames": _custom_names,
    **dict.fromkeys(("DeploymentStrategy", "StatefulSetUpdateStrategy", "DaemonSetUpdateStrategy"), _strategy),
    "Job": _job_labels,
    "JobSpec": _job,
    "LimitRangeItem": _limits,
    "Secret": _secret,
    "ServicePort": _service_port,
    "PodSpec": _pod_spec,
    "HorizontalPodAutoscalerSpec": _hpa,
    "HorizontalPodAutoscalerBehavior": _behavior,
}
