"""What is loaded and scaled: our own service, or a workload that is there already."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from autoscale.base.errors import InputError, Problem
from autoscale.base.resources import manifests
from autoscale.base.secrets import harmless
from autoscale.cluster.apply import fetch
from autoscale.cluster.client import Cluster
from autoscale.cluster.failures import Refused
from autoscale.cluster.resources import resource_of
from autoscale.hpa.config import DEFAULTS
from autoscale.kube.kinds import Object, Resource
from autoscale.kube.selectors import selector_text
from autoscale.observe import keda
from autoscale.record import rows
from autoscale.run.options import Existing
from loadtest import models

_KINDS = {"deployment": "Deployment", "statefulset": "StatefulSet"}
SCALED, VPA = "ScaledObject", "VerticalPodAutoscaler"
_PORTS = {"http": 80, "https": 443}
_LABEL = "[a-z]([-a-z0-9]*[a-z0-9])?"
_SERVICE_HOST = re.compile(rf"{_LABEL}(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.svc(\.cluster\.local)?)?)?")


@dataclass(frozen=True)
class Target:
    """The workload under load.

    ``url`` is where requests go (the Service's cluster IP, so that no name has to be looked up), ``host`` the Host
    header they carry, ``selector`` selects its pods, ``labels`` is the same as a label query.
    ``ours``: brought along by the run. ``hpa`` is the object that scales it, ``scaled`` the ScaledObject of KEDA's that
    makes that HPA: its name alone where it may not be read, None where there is none. ``vpa`` sizes its pods.
    """

    kind: str
    name: str
    namespace: str
    url: str
    host: str
    service: str | None
    labels: str
    selector: Object
    hpa: Object
    ours: bool
    scaled: Object | None = None
    vpa: Object | None = None

    def header(self) -> rows.Target:
        """As it stands in the record's header."""
        found: rows.Target = {
            "kind": self.kind,
            "name": self.name,
            "namespace": self.namespace,
            "service": self.service,
            "url": harmless(self.url),
            "hpa": self.hpa["metadata"]["name"],
            "names_pods": True if self.ours else None,
        }
        if self.scaled is not None:
            found["scaled_object"] = self.scaled["metadata"]["name"]
        if self.vpa is not None:
            found["vpa"] = self.vpa["metadata"]["name"]
        return found


def base_folder(context: str) -> Path:
    """The kustomization of our own service: the overlay of that context where there is one, else the base."""
    for name in (context, context.split("-")[0]):
        overlay = manifests() / "overlays" / name
        if (overlay / "kustomization.yaml").is_file():
            return overlay
    return manifests() / "base"


def of_objects(cluster: Cluster, objects: list[Object], namespace: str, wanted: models.Target) -> Target:
    """The service that the run brought along, after it was applied."""
    return replace(of_existing(cluster, brought(objects, wanted), namespace), ours=True)


def brought(objects: list[Object], wanted: models.Target) -> Existing:
    """What of the manifests is loaded and scaled: what the scenario names, else the first HPA's target and the first
    Service; KEDA's ScaledObject stands for the HPA that it makes. InputError where there is none."""
    scalers, services = (
        [obj for obj in objects if obj["kind"] in kinds]
        for kinds in (("HorizontalPodAutoscaler", SCALED), ("Service",))
    )
    if not scalers or not services:
        lacking = "HorizontalPodAutoscaler" if not scalers else "Service"
        problem = Problem("target.manifests", f"no {lacking}", "a workload, the HPA that scales it and its Service")
        raise InputError("the manifests hold nothing that could be loaded and scaled", problems=[problem])
    service = services[0]
    url = f"http://{service['metadata']['name']}:{service['spec']['ports'][0]['port']}"
    return Existing(wanted.workload or scaled_by(scalers[0]), wanted.url or url)


def scaled_by(scaler: Object) -> str:
    """The workload that an HPA, a ScaledObject or a VPA scales, as ``deployment/web``."""
    spec = scaler["spec"]
    reference = spec.get("targetRef") or spec["scaleTargetRef"]
    return f"{(reference.get('kind') or 'Deployment').lower()}/{reference['name']}"


def of_existing(cluster: Cluster, existing: Existing, namespace: str) -> Target:
    """A workload that is there; InputError where it, its HPA or its Service do not fit together."""
    kind, name = kind_and_name(existing.target)
    workload = fetch(cluster, resource_of(kind).path(namespace, name))
    if workload is None:
        raise InputError(f"there is no {existing.target} in namespace {namespace}", fix="check --target and -n")
    selector = workload["spec"]["selector"]
    hpa, scaled = scalers(cluster, kind, name, namespace)
    url, host, service = resolve_url(cluster, existing.url, namespace)
    return Target(
        kind=kind,
        name=name,
        namespace=namespace,
        url=url,
        host=host,
        service=service,
        labels=selector_text(selector),
        selector=selector,
        hpa=hpa,
        ours=False,
        scaled=scaled,
        vpa=found_by(cluster, VPA, kind, name, namespace),
    )


def beside(cluster: Cluster, target: Target, wanted: models.Target, brought_along: list[Object]) -> tuple[Target, ...]:
    """The other workloads that are recorded: those that the scenario lists, those that its label query selects, and
    those that HPAs of its own manifests scale. InputError where one of them is not there or has no HPA."""
    namespace = target.namespace
    names = list(wanted.also)
    if wanted.selector is not None:
        for kind in _KINDS.values():
            found = cluster.list(resource_of(kind).path(namespace), labelSelector=wanted.selector)["items"]
            names += [f"{kind.lower()}/{item['metadata']['name']}" for item in found]
    for obj in brought_along if wanted.manifests is not None else ():
        if obj["kind"] in ("HorizontalPodAutoscaler", SCALED):
            names.append(scaled_by(obj))
    own = f"{target.kind.lower()}/{target.name}"
    return tuple(_beside(cluster, name, namespace, ours=target.ours) for name in dict.fromkeys(names) if name != own)


def _beside(cluster: Cluster, text: str, namespace: str, *, ours: bool) -> Target:
    kind, name = kind_and_name(text)
    workload = fetch(cluster, resource_of(kind).path(namespace, name))
    if workload is None:
        raise InputError(f"there is no {text} in namespace {namespace}", fix="check target.also")
    selector = workload["spec"]["selector"]
    hpa, scaled = scalers(cluster, kind, name, namespace)
    return Target(
        kind=kind,
        name=name,
        namespace=namespace,
        url="",
        host="",
        service=_service_of(cluster, workload, namespace),
        labels=selector_text(selector),
        selector=selector,
        hpa=hpa,
        ours=ours,
        scaled=scaled,
        vpa=found_by(cluster, VPA, kind, name, namespace),
    )


def _service_of(cluster: Cluster, workload: Object, namespace: str) -> str | None:
    """The first Service that leads to a workload's pods, None where none does."""
    labels = workload["spec"]["template"]["metadata"].get("labels") or {}
    for service in cluster.list(resource_of("Service").path(namespace))["items"]:
        selector = service["spec"].get("selector")
        if selector and selector.items() <= labels.items():
            return str(service["metadata"]["name"])
    return None


def kind_and_name(target: str) -> tuple[str, str]:
    """``deployment/web`` -> ("Deployment", "web"). InputError for anything but a Deployment or a StatefulSet."""
    word, _, name = target.partition("/")
    kind = _KINDS.get(word.lower())
    if kind is None or not name or "/" in name:
        wanted = "deployment/NAME or statefulset/NAME"
        raise InputError("the target is not one", problems=[Problem("--target", repr(target), wanted)])
    return kind, name


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


def hidden(cluster: Cluster, of: Iterable[Target]) -> list[str]:
    """Resources of KEDA and VPA that may act on the targets and cannot be seen: the cluster has their group (or an HPA
    names one of them), but in no version that is known here, or they may not be listed."""
    targets = list(of)
    named = any(one.scaled is not None and "spec" not in one.scaled for one in targets)
    namespaces = sorted({target.namespace for target in targets})
    found = {SCALED: named, VPA: False}
    return [
        resource_of(kind).plural
        for kind, known in found.items()
        if any(_is_hidden(cluster, resource_of(kind), namespace, known=known) for namespace in namespaces)
    ]


def _is_hidden(cluster: Cluster, resource: Resource, namespace: str, *, known: bool) -> bool:
    try:
        cluster.list(resource.path(namespace))
    except Refused as error:
        return error.code in (403, 404) and (known or fetch(cluster, f"/apis/{resource.group}") is not None)
    return False


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


def resolve_url(cluster: Cluster, url: str, namespace: str) -> tuple[str, str, str]:
    """(URL with the Service's cluster IP, Host header, Service). A headless Service keeps its name in the URL.

    ``web``, ``web.shop``, ``web.shop.svc`` and ``web.shop.svc.cluster.local`` name the Service web in shop. InputError
    for any other host: load goes to the namespace that is recorded (a Service selects pods of its own), never out of
    the cluster that was allowed.
    """
    name, home, port = service_of(url, namespace)
    parts = urlsplit(url)
    found = fetch(cluster, resource_of("Service").path(home, name)) if home == namespace else None
    if found is None:
        wanted = f"a Service in namespace {namespace}, the workload's"
        looked = f"{parts.netloc} (the Service {name} in namespace {home})"
        raise InputError(
            "the URL leads to no Service of the workload's namespace",
            problems=[Problem("the target's URL", looked, wanted)],
            fix="name the Service in front of the workload, http://SERVICE.NAMESPACE:PORT/path",
        )
    address = service_address(found, port)
    if address is None:
        return urlunsplit((parts.scheme, parts.netloc, "", "", "")), parts.netloc, name
    return f"{parts.scheme}://{address}:{port}", parts.netloc, name


def service_of(url: str, namespace: str) -> tuple[str, str, int]:
    """(Service, namespace, port) that a URL names; InputError where it is no URL of a Service's form."""
    wanted = "http://SERVICE[.NAMESPACE][:port][/path], or https, without a user"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        raise InputError(
            "the URL is not one", problems=[Problem("the target's URL", repr(harmless(url)), wanted)]
        ) from None
    labels = host.split(".")
    is_name = bool(_SERVICE_HOST.fullmatch(host))
    if parts.scheme not in _PORTS or not port or parts.username or parts.password or not is_name:
        raise InputError(
            "the URL is not that of a Service", problems=[Problem("the target's URL", repr(harmless(url)), wanted)]
        )
    return labels[0], labels[1] if len(labels) > 1 else namespace, port


def service_address(service: Object, port: int) -> str | None:
    """Where a Service is reached, None for a headless one; InputError where it has no such port, or leads outside."""
    name, spec = service["metadata"]["name"], service["spec"]
    if spec.get("type") == "ExternalName":
        raise InputError(f"Service/{name} is an ExternalName: it leads out of the cluster", fix="name another Service")
    headless = spec.get("clusterIP") in (None, "", "None")
    ports = [_pod_port(item) if headless else item["port"] for item in spec.get("ports") or []]
    if port not in ports:
        wanted = f"a port of {'the pods of the headless ' if headless else ''}Service/{name}: "
        wanted += ", ".join(map(str, ports)) or "it has none"
        raise InputError("the Service has no such port", problems=[Problem("the target's URL", str(port), wanted)])
    if headless:
        return None
    return f"[{spec['clusterIP']}]" if ":" in spec["clusterIP"] else str(spec["clusterIP"])


def _pod_port(port: Object) -> int | str:
    """Where the pods themselves listen: a headless Service translates no port."""
    target = port.get("targetPort", port["port"])
    return target if isinstance(target, int) else int(port["port"])


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
