"""What the embedded cluster does with a field: *done*, *accepted but not enforced*, or *refused*.

Types that are not named here are done as a whole. Of a type that is named, what is neither done nor accepted is
refused: nothing is ignored in silence.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from autoscale.kube.kinds import RESOURCES, Object
from autoscale.kube.schema import Field, Type, type_of, types


@dataclass(frozen=True)
class Support:
    """One type's fields by class. ``quiet``: values that mean nothing (defaults), not worth a warning.
    ``only``: the values that a field may have; others are refused."""

    done: frozenset[str]
    accepted: frozenset[str] = frozenset()
    quiet: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    only: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_RULES = "x-kubernetes-validations"
_SCHEMA = frozenset(types()["JSONSchemaProps"].fields)

_TERMINATION: Mapping[str, tuple[Any, ...]] = {
    "securityContext": ({},),
    "terminationMessagePath": ("/dev/termination-log",),
    "terminationMessagePolicy": ("File",),
}

SUPPORT: Mapping[str, Support] = {
    "PodSpec": Support(
        _names(
            "containers initContainers restartPolicy terminationGracePeriodSeconds activeDeadlineSeconds nodeName"
            " enableServiceLinks schedulerName volumes nodeSelector ephemeralContainers"
        ),
        _names(
            "securityContext serviceAccountName serviceAccount automountServiceAccountToken affinity tolerations"
            " topologySpreadConstraints dnsPolicy dnsConfig hostAliases hostname subdomain"
            " setHostnameAsFQDN priority priorityClassName preemptionPolicy imagePullSecrets hostNetwork hostPID"
            " hostIPC shareProcessNamespace os"
        ),
        quiet={
            "securityContext": ({},),
            "dnsPolicy": ("ClusterFirst", "Default"),
            "automountServiceAccountToken": (False,),
            "preemptionPolicy": ("PreemptLowerPriority",),
            "priority": (0,),
            **dict.fromkeys(("hostPID", "hostIPC", "hostNetwork", "shareProcessNamespace"), (False,)),
            **dict.fromkeys(("tolerations", "imagePullSecrets", "topologySpreadConstraints"), ([],)),
            "affinity": ({},),
        },
        only={"schedulerName": ("default-scheduler",)},
    ),
    "Container": Support(
        _names(
            "name image command args env workingDir ports resources livenessProbe readinessProbe startupProbe lifecycle"
            " imagePullPolicy envFrom volumeMounts stdin stdinOnce tty"
        ),
        _names("securityContext terminationMessagePath terminationMessagePolicy resizePolicy"),
        quiet=_TERMINATION,
    ),
    # Processes of a pod see each other in any case: all are processes of this machine.
    "EphemeralContainer": Support(
        _names(
            "name image command args env workingDir imagePullPolicy envFrom volumeMounts stdin stdinOnce tty"
            " targetContainerName"
        ),
        _names("securityContext terminationMessagePath terminationMessagePolicy"),
        quiet={**_TERMINATION, "resources": ({},)},
    ),
    "Volume": Support(_names("name emptyDir configMap secret downwardAPI projected")),
    "EmptyDirVolumeSource": Support(frozenset(), _names("medium sizeLimit"), quiet={"medium": ("",)}),
    "VolumeProjection": Support(_names("configMap secret downwardAPI")),
    "VolumeMount": Support(
        _names("name mountPath subPath subPathExpr"), _names("readOnly mountPropagation"), quiet={"readOnly": (False,)}
    ),
    "EnvVarSource": Support(_names("fieldRef configMapKeyRef resourceFieldRef secretKeyRef")),
    "Probe": Support(
        _names(
            "httpGet tcpSocket exec initialDelaySeconds periodSeconds timeoutSeconds successThreshold failureThreshold"
        ),
        _names("terminationGracePeriodSeconds"),
    ),
    "Lifecycle": Support(_names("preStop")),
    "LifecycleHandler": Support(_names("exec httpGet sleep")),
    "ContainerPort": Support(
        _names("name containerPort protocol"), _names("hostPort hostIP"), only={"protocol": ("TCP",)}
    ),
    "ResourceRequirements": Support(_names("requests limits")),
    "JobSpec": Support(
        _names(
            "parallelism completions backoffLimit activeDeadlineSeconds ttlSecondsAfterFinished template selector"
            " manualSelector completionMode suspend podReplacementPolicy"
        ),
        only={"podReplacementPolicy": ("TerminatingOrFailed",)},
    ),
    # Nothing here lasts beyond its pod, so there is no claim to a volume.
    "StatefulSetSpec": Support(
        _names(
            "replicas selector template serviceName podManagementPolicy updateStrategy minReadySeconds ordinals"
            " revisionHistoryLimit persistentVolumeClaimRetentionPolicy"
        ),
        quiet={"volumeClaimTemplates": ([],)},
    ),
    "RollingUpdateStatefulSetStrategy": Support(_names("partition"), _names("maxUnavailable")),
    "RollingUpdateDaemonSet": Support(_names("maxUnavailable"), _names("maxSurge"), quiet={"maxSurge": (0, "0%")}),
    "ServiceSpec": Support(
        _names("selector ports clusterIP clusterIPs type sessionAffinity publishNotReadyAddresses"),
        _names("ipFamilies ipFamilyPolicy internalTrafficPolicy externalTrafficPolicy trafficDistribution"),
        quiet={
            "ipFamilies": (["IPv4"],),
            "ipFamilyPolicy": ("SingleStack", "PreferDualStack"),
            "internalTrafficPolicy": ("Cluster",),
            "externalTrafficPolicy": ("Cluster",),
        },
        only={"type": ("ClusterIP", "NodePort"), "sessionAffinity": ("None",)},
    ),
    "CustomResourceConversion": Support(_names("strategy"), only={"strategy": ("None",)}),
    "JSONSchemaProps": Support(_SCHEMA - {_RULES}, frozenset({_RULES})),
    "ServicePort": Support(
        _names("name port targetPort protocol nodePort"), _names("appProtocol"), only={"protocol": ("TCP",)}
    ),
}


MOST_PODS = 1000
"""What one object may ask for: the node has room for 110 (by default), and the control plane is one process."""

MOST: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("DeploymentSpec", "ReplicaSetSpec", "StatefulSetSpec"), _names("replicas")),
    "JobSpec": _names("parallelism completions"),
}


@dataclass(frozen=True)
class Classified:
    """The paths that are accepted but not enforced, and (path, why) of what is refused."""

    accepted: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]


def classify(obj: Object) -> Classified:
    """Which fields of an object are not enforced, and which the embedded cluster does not have."""
    type_ = type_of(obj["kind"])
    found = list(_walk(obj, type_, "")) if type_ else []
    accepted = [path for path, why in found if why is None]
    effect = RESOURCES[obj["kind"]].effect
    if effect:
        accepted.insert(0, f"the whole {obj['kind']} ({effect})")
    return Classified(tuple(accepted), tuple((path, why) for path, why in found if why is not None))


def _walk(value: Object, type_: Type, path: str) -> Iterator[tuple[str, str | None]]:
    support = SUPPORT.get(type_.name)
    for name, held in value.items():
        if name not in type_.fields or (name == "status" and not path):
            continue
        at = f"{path}.{name}" if path else name
        if name in MOST.get(type_.name, ()) and isinstance(held, int) and held > MOST_PODS:
            yield at, f"{held} is more than the embedded cluster takes, {MOST_PODS} pods"
            continue
        absent = type_.fields[name].shape != "one" and not held  # clients with typed models send [] and {}
        verdict = _verdict(support, name, held) if support and not absent else "done"
        if verdict == "accepted":
            yield at, None
        elif verdict != "done":
            yield at, verdict
        if verdict == "done":
            yield from _inside(held, type_.fields[name], at)


def _inside(held: Any, field: Field, path: str) -> Iterator[tuple[str, str | None]]:
    inner = type_of(field.type)
    if inner is None:
        return
    if isinstance(held, list):
        for index, one in enumerate(held):
            if isinstance(one, dict):
                yield from _walk(one, inner, f"{path}[{index}]")
    elif field.shape == "map":
        for name, one in held.items():
            if isinstance(one, dict):
                yield from _walk(one, inner, f"{path}[{name}]")
    elif isinstance(held, dict):
        yield from _walk(held, inner, path)


def _verdict(support: Support, name: str, held: Any) -> str:
    """``done``, ``accepted``, or why it is refused."""
    if name in support.only and held not in support.only[name]:
        wanted = " or ".join(map(str, support.only[name]))
        return f"{held!r} is not there in the embedded cluster, only {wanted}"
    if name in support.done or held in support.quiet.get(name, ()):
        return "done"
    return "accepted" if name in support.accepted else "the embedded cluster does not have this field"
