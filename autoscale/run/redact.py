"""What of manifests and scenario may be written down: an allow-list. Records and reports are made to be passed on.

What is not listed stays out, whatever it is: what stood there is told by ``(redacted)``. Listed is what the analysis
and the checks read, what the HPA and the scheduler go by, and what tells one object from another.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from autoscale.base.secrets import REDACTED, harmless
from autoscale.hpa.check.sidecars import INJECTORS
from autoscale.observe.keda import trigger_settings
from loadtest.models import Patch, Resolved

_HEADERS = {"accept", "accept-encoding", "content-type"}

Rule = Callable[[Any], Any] | Mapping[str, Any]
"""What may be written of a value: a function of it, or the rules of its fields (of each item's, in a list)."""


def kept(value: Any) -> Any:
    """All of it."""
    return value


def _names(value: Any) -> Any:
    """The keys of a mapping, not their values."""
    return dict.fromkeys(value, REDACTED) if isinstance(value, Mapping) else REDACTED


def allowed(value: Any, rule: Rule) -> Any:
    """What a rule lets through; what has no rule is ``(redacted)``, null stays null."""
    if callable(rule):
        return rule(value)
    if isinstance(value, list):
        return [allowed(item, rule) for item in value]
    if not isinstance(value, Mapping):
        return value if value is None else REDACTED
    return {key: allowed(item, rule[key]) if key in rule else _hidden(item) for key, item in value.items()}


_PACKAGE = r"\s*([A-Za-z0-9][\w.-]*(?:\[[\w\s,.-]*\])?)\s*"
_VERSIONED = re.compile(_PACKAGE + r"(?:(?:[<>=!~]=?|===)\s*[\w.*+!-]+\s*,?\s*)*(?:;[^@:/]*)?")
_PLACED = re.compile(_PACKAGE + "@")


def _requirement(line: str) -> str:
    """A package with its versions; where it is fetched from, and options, may hold who may fetch it."""
    if _VERSIONED.fullmatch(line):
        return line
    placed = _PLACED.match(line)
    return f"{placed[1]} @ {REDACTED}" if placed else REDACTED


def _hidden(value: Any) -> Any:
    return value if value in (None, {}, []) else REDACTED


def _all(*names: str) -> dict[str, Rule]:
    return dict.fromkeys(names, kept)


_NOTES = {
    "deployment.kubernetes.io/revision",
    "scaledobject.keda.sh/transfer-hpa-ownership",
    "prometheus.io/scrape",
    "prometheus.io/port",
    *(f"autoscaling.keda.sh/{name}" for name in ("paused", "paused-replicas", "paused-scale-in", "paused-scale-out")),
    *(each.switch[0] for each in INJECTORS),
    *(note for each in INJECTORS for note in (*each.requests.values(), *each.limits.values())),
}
_BOOKKEEPING = {"managedFields"}
_ANNOTATIONS = _all(*_NOTES)
_META: Rule = {
    **_all("name", "generateName", "namespace", "labels", "uid", "resourceVersion", "generation", "creationTimestamp"),
    **_all("finalizers"),
    "annotations": _ANNOTATIONS,
    "ownerReferences": _all("apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion"),
}
_PORT = _all("port")
_PROBE: Rule = {
    **_all("periodSeconds", "timeoutSeconds", "failureThreshold", "successThreshold", "initialDelaySeconds"),
    **_all("terminationGracePeriodSeconds"),
    "httpGet": {**_all("port", "scheme"), "path": lambda path: harmless(str(path))},
    "tcpSocket": _PORT,
    "grpc": _PORT,
}
_HOOK: Rule = {"sleep": _all("seconds"), "httpGet": _all("port", "scheme"), "tcpSocket": _PORT}
_KEY = _all("name", "key", "optional")
_ENV: Rule = {
    **_all("name"),
    "valueFrom": {
        "fieldRef": _all("apiVersion", "fieldPath"),
        "resourceFieldRef": _all("containerName", "resource", "divisor"),
        "configMapKeyRef": _KEY,
        "secretKeyRef": _KEY,
    },
}
_CONTAINER: Rule = {
    **_all("name", "image", "imagePullPolicy", "ports", "resources", "resizePolicy", "restartPolicy"),
    **_all("securityContext", "stdin", "stdinOnce", "tty", "terminationMessagePath", "terminationMessagePolicy"),
    "env": _ENV,
    "envFrom": {"configMapRef": _all("name", "optional"), "secretRef": _all("name", "optional")},
    "volumeMounts": _all("name", "mountPath", "readOnly"),
    "startupProbe": _PROBE,
    "readinessProbe": _PROBE,
    "livenessProbe": _PROBE,
    "lifecycle": {**_all("stopSignal"), "preStop": _HOOK, "postStart": _HOOK},
}
_POD: Rule = {
    **_all("restartPolicy", "terminationGracePeriodSeconds", "nodeSelector", "tolerations", "affinity", "resources"),
    **_all("topologySpreadConstraints", "priorityClassName", "priority", "preemptionPolicy", "schedulerName"),
    **_all("serviceAccountName", "serviceAccount", "automountServiceAccountToken", "enableServiceLinks", "hostNetwork"),
    **_all("dnsPolicy", "securityContext", "runtimeClassName", "overhead", "schedulingGates", "readinessGates"),
    **_all("shareProcessNamespace", "nodeName", "activeDeadlineSeconds"),
    "containers": _CONTAINER,
    "initContainers": _CONTAINER,
    "volumes": {
        **_all("name", "emptyDir"),
        "configMap": _all("name", "optional", "defaultMode"),
        "secret": _all("secretName", "optional", "defaultMode"),
        "persistentVolumeClaim": _all("claimName", "readOnly"),
    },
}
_TEMPLATE: Rule = {"metadata": _META, "spec": _POD}
_WORKLOAD: Rule = {
    **_all("replicas", "selector", "strategy", "updateStrategy", "minReadySeconds", "revisionHistoryLimit", "paused"),
    **_all("progressDeadlineSeconds", "serviceName", "podManagementPolicy", "ordinals"),
    **_all("persistentVolumeClaimRetentionPolicy"),
    "template": _TEMPLATE,
}
_JOB: Rule = {
    **_all("parallelism", "completions", "completionMode", "backoffLimit", "backoffLimitPerIndex", "suspend"),
    **_all("activeDeadlineSeconds", "ttlSecondsAfterFinished", "selector", "manualSelector", "podReplacementPolicy"),
    "template": _TEMPLATE,
}
_SERVICE: Rule = {
    **_all("type", "selector", "ports", "clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "externalName"),
    **_all("sessionAffinity", "internalTrafficPolicy", "externalTrafficPolicy", "publishNotReadyAddresses"),
}
_SPECS: dict[str, Rule] = {
    "Deployment": _WORKLOAD,
    "StatefulSet": _WORKLOAD,
    "ReplicaSet": _WORKLOAD,
    "Job": _JOB,
    "Pod": _POD,
    "Service": _SERVICE,
    "HorizontalPodAutoscaler": kept,
    "ScaledObject": {
        **_all("scaleTargetRef", "pollingInterval", "cooldownPeriod", "initialCooldownPeriod", "idleReplicaCount"),
        **_all("minReplicaCount", "maxReplicaCount", "advanced", "fallback"),
        "triggers": {**_all("type", "name", "metricType", "useCachedMetrics"), "metadata": trigger_settings},
    },
    "VerticalPodAutoscaler": kept,
    "PodDisruptionBudget": kept,
    "LimitRange": kept,
    "ResourceQuota": kept,
}
_DATA = dict.fromkeys(("data", "stringData", "binaryData"), _names)
_SCENARIO: Rule = {
    **_all("name", "description", "model", "points", "users", "stages", "duration_s", "total", "objectives"),
    **_all("price", "limits", "embedded", "journeys", "sizing"),
    "load": {
        **_all("model", "arrivals", "seed", "pacing", "rate_factor", "workers", "max_in_flight", "connections"),
        **_all("close_share", "locustfile", "users", "tags", "exclude_tags", "pool", "stop_timeout", "own_shape"),
        "requirements": lambda lines: [_requirement(str(line)) for line in lines],
        "env": _names,
    },
    "tls": _all("verify", "server_name"),
    "target": {**_all("workload", "namespace", "pod_header"), "url": lambda url: url and harmless(url)},
    "requests": {
        **_all("name", "weight", "method", "timeout", "expect"),
        "path": harmless,
        "headers": lambda headers: {
            name: value if name.lower() in _HEADERS else REDACTED for name, value in headers.items()
        },
    },
}


def redact_object(obj: Mapping[str, Any], *, paths: bool = False) -> dict[str, Any]:
    """A manifest as it may be written down; ``paths``: without the paths of its probes. Status and bookkeeping go."""
    spec = _SPECS.get(str(obj.get("kind")))
    rule: dict[str, Rule] = {**_all("apiVersion", "kind", "immutable", "type"), "metadata": _META, **_DATA}
    rule |= {"automountServiceAccountToken": kept} | ({} if spec is None else {"spec": spec})
    meta = {key: value for key, value in (obj.get("metadata") or {}).items() if key not in _BOOKKEEPING}
    clean = allowed({**{key: value for key, value in obj.items() if key != "status"}, "metadata": meta}, rule)
    return dict(_without_paths(clean) if paths else clean)


def _without_paths(value: Any) -> Any:
    """Every ``httpGet.path`` taken out, however deep."""
    if isinstance(value, list):
        return [_without_paths(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {
        key: {**item, "path": REDACTED}
        if key == "httpGet" and isinstance(item, Mapping) and "path" in item
        else _without_paths(item)
        for key, item in value.items()
    }


def redact_scenario(scenario: Resolved, *, ours: bool = False, paths: bool = False) -> dict[str, Any]:
    """The scenario in its plain form, as it may be written down; ``paths``: without those of requests and target.

    ``ours``: the load is for this project's own app, whose queries say how much work a request is.
    """
    plain: dict[str, Any] = allowed(scenario.model_dump(exclude={"patches"}), _SCENARIO)
    if ours:
        plain["requests"] = [
            {**shown, "path": request.path} for shown, request in zip(plain["requests"], scenario.requests, strict=True)
        ]
    plain["patches"] = [
        {"kind": one.kind, "name": one.name, "patch": _patch(one, paths=paths)} for one in scenario.patches
    ]
    if paths:
        plain["requests"] = [{**request, "path": REDACTED} for request in plain["requests"]]
        plain["target"]["url"] = plain["target"]["url"] and harmless(plain["target"]["url"], paths=True)
    return plain


def _patch(one: Patch, *, paths: bool) -> dict[str, Any]:
    """A patch as the part of a manifest that it is."""
    shown = redact_object({**one.patch, "kind": one.kind}, paths=paths)
    return {key: value for key, value in shown.items() if key in one.patch}


def without_path_names(scenario: Resolved) -> Resolved:
    """The scenario with requests numbered that are named by their path: names stand in every row of the load."""
    named = [
        one.model_copy(update={"name": f"{one.method} {n}"}) if len(path) > 1 and path in str(one.name) else one
        for n, one in enumerate(scenario.requests, start=1)
        for path in (one.path.partition("?")[0],)
    ]
    return scenario.model_copy(update={"requests": named})
