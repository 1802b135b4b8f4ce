"""What scales a workload: its HPA, KEDA's ScaledObject that makes one, a VPA."""

from autoscale.base.errors import InputError, Problem
from autoscale.cluster.client import Cluster
from autoscale.cluster.failures import Refused
from autoscale.cluster.resources import resource_of
from autoscale.hpa.config import DEFAULTS
from autoscale.kube.kinds import Object
from autoscale.observe import keda

SCALED, VPA = "ScaledObject", "VerticalPodAutoscaler"


def scaled_by(scaler: Object) -> str:
    """The workload that an HPA, a ScaledObject or a VPA scales, as ``deployment/web``."""
    spec = scaler["spec"]
    reference = spec.get("targetRef") or spec["scaleTargetRef"]
    return f"{(reference.get('kind') or 'Deployment').lower()}/{reference['name']}"


def scalers(cluster: Cluster, kind: str, name: str, namespace: str) -> tuple[Object, Object | None]:
    """The one HPA of a workload, and the ScaledObject that makes it, if any: a new or paused one has no HPA, then one
    is given as it would be, without uid. InputError when there is none (naming where others point) or more than one."""
    scaled = found_by(cluster, SCALED, kind, name, namespace)
    if scaled is not None and "spec" in scaled:
        return find_hpa(cluster, kind, name, namespace, otherwise=hpa_of(scaled)), scaled
    hpa = find_hpa(cluster, kind, name, namespace)
    made_by = [one["name"] for one in hpa["metadata"].get("ownerReferences") or [] if one["kind"] == SCALED]
    return hpa, {"kind": SCALED, "metadata": {"name": made_by[0]}} if made_by else None


def found_by(cluster: Cluster, scaler: str, kind: str, name: str, namespace: str) -> Object | None:
    """The ScaledObject or VPA of a workload; None where there is none, or the cluster has no such kind, or they may not
    be read."""
    try:
        items = cluster.list(resource_of(scaler).path(namespace))["items"]
    except Refused as error:
        if error.code in (403, 404):
            return None
        raise
    workload = f"{kind.lower()}/{name}"
    return next((dict(item) for item in items if scaled_by(item) == workload), None)


def hpa_of(scaled: Object) -> Object:
    """The HPA that KEDA makes of a ScaledObject, as far as a run asks before it is there."""
    meta, spec = scaled["metadata"], scaled["spec"]
    config = (spec.get("advanced") or {}).get("horizontalPodAutoscalerConfig") or {}
    return {
        "kind": "HorizontalPodAutoscaler",
        "metadata": {
            "name": (scaled.get("status") or {}).get("hpaName") or config.get("name") or f"keda-hpa-{meta['name']}",
            "namespace": meta.get("namespace"),
        },
        "spec": {
            "minReplicas": max(1, spec.get("minReplicaCount") or 0),
            "maxReplicas": spec.get("maxReplicaCount") or keda.MAX,
            "behavior": config.get("behavior"),
        },
    }


def find_hpa(cluster: Cluster, kind: str, name: str, namespace: str, otherwise: Object | None = None) -> Object:
    """The one HPA of a workload, or ``otherwise`` where none points at it. InputError when there is none (naming where
    others point) or more than one."""
    items = cluster.list(resource_of("HorizontalPodAutoscaler").path(namespace))["items"]
    refs = {item["metadata"]["name"]: item["spec"]["scaleTargetRef"] for item in items}
    ours = [item for item in items if _points_at(item["spec"]["scaleTargetRef"], kind, name)]
    if len(ours) == 1:
        return dict(ours[0])
    if ours:
        names = ", ".join(item["metadata"]["name"] for item in ours)
        raise InputError(
            f"{len(ours)} HPAs scale {kind}/{name} ({names}): they would fight over its replicas",
            fix="keep one of them",
        )
    if otherwise is not None:
        return otherwise
    elsewhere = [Problem(f"HorizontalPodAutoscaler/{key}", f"{ref['kind']}/{ref['name']}") for key, ref in refs.items()]
    raise InputError(
        f"no HPA in namespace {namespace} points at {kind}/{name}: there is nothing to test",
        problems=elsewhere,
        fix=f"kubectl autoscale {kind.lower()} {name} -n {namespace} --cpu=60% --min=2 --max=8",
    )


def _points_at(ref: Object, kind: str, name: str) -> bool:
    return ref.get("kind") == kind and ref.get("name") == name


def cooldown(scaled: Object | None) -> float:
    """Seconds after the last activity in which KEDA keeps the last pods."""
    if scaled is None:
        return 0.0
    given = (scaled.get("spec") or {}).get("cooldownPeriod")
    return float(keda.COOLDOWN_S if given is None else given)


def behaviour_window(hpa: Object, default_s: float | None) -> float:
    """Seconds for which the HPA remembers higher recommendations before it scales down."""
    window = ((hpa["spec"].get("behavior") or {}).get("scaleDown") or {}).get("stabilizationWindowSeconds")
    return float(
        window if window is not None else DEFAULTS.downscale_stabilization_s if default_s is None else default_s
    )
