"""What is loaded and scaled: our own service, or a workload that is there already."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from autoscale.base.errors import InputError, Problem
from autoscale.base.resources import manifests
from autoscale.base.secrets import harmless
from autoscale.cluster.apply import fetch
from autoscale.cluster.client import Cluster
from autoscale.cluster.failures import Refused
from autoscale.cluster.resources import resource_of
from autoscale.kube.kinds import Object
from autoscale.kube.resource import Resource
from autoscale.kube.selectors import selector_text
from autoscale.record.rows.header import Target as RecordedTarget
from autoscale.run.address import resolve_url
from autoscale.run.options import Existing
from autoscale.run.scalers import SCALED, VPA, found_by, scaled_by, scalers
from loadtest import models

_KINDS = {"deployment": "Deployment", "statefulset": "StatefulSet"}
WORKLOADS = tuple(_KINDS.values())


@dataclass(frozen=True)
class Target:
    """The workload under load.

    ``url`` is where requests go (the Service's cluster IP, so that no name has to be looked up), ``host`` the Host
    header they carry, both "" for one that is only recorded; ``selector`` selects its pods, ``labels`` is the same as
    a label query.
    ``ours``: brought along by the run. ``hpa`` is the object that scales it, ``scaled`` the ScaledObject of KEDA's that
    makes that HPA: its name alone where it may not be read, None where there is none. ``vpa`` sizes its pods.
    """

    kind: str
    name: str
    namespace: str
    labels: str
    selector: Object
    hpa: Object
    url: str = ""
    host: str = ""
    service: str | None = None
    ours: bool = False
    scaled: Object | None = None
    vpa: Object | None = None

    def header(self) -> RecordedTarget:
        """As it stands in the record's header."""
        found: RecordedTarget = {
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
    return Existing(wanted.workload or _scaled_by(scalers[0]), wanted.url or _url(services[0]))


def _scaled_by(scaler: Object) -> str:
    try:
        return scaled_by(scaler)
    except (KeyError, TypeError, AttributeError):  # no API server has looked at it yet
        raise _incomplete(scaler, "spec.scaleTargetRef", "kind and name of a workload") from None


def _url(service: Object) -> str:
    try:
        return f"http://{service['metadata']['name']}:{service['spec']['ports'][0]['port']}"
    except (KeyError, TypeError, IndexError):
        raise _incomplete(service, "spec.ports", "a port") from None


def _incomplete(obj: Object, field: str, wanted: str) -> InputError:
    where = f"{obj['kind']}/{obj['metadata']['name']}: {field}"
    return InputError("The manifests cannot be used.", problems=[Problem(where, "none that can be read", wanted)])


def of_existing(cluster: Cluster, existing: Existing, namespace: str) -> Target:
    """A workload that is there; InputError where it, its HPA or its Service do not fit together."""
    _, found = _looked_up(cluster, existing.target, namespace, fix="check --target and -n")
    url, host, service = resolve_url(cluster, existing.url, namespace)
    return replace(found, url=url, host=host, service=service)


def _looked_up(cluster: Cluster, text: str, namespace: str, *, fix: str) -> tuple[Object, Target]:
    """A workload (``deployment/web``) with what scales it; how it is reached is not known yet."""
    kind, name = kind_and_name(text)
    workload = fetch(cluster, resource_of(kind).path(namespace, name))
    if workload is None:
        raise InputError(f"there is no {text} in namespace {namespace}", fix=fix)
    selector = workload["spec"]["selector"]
    hpa, scaled = scalers(cluster, kind, name, namespace)
    vpa = found_by(cluster, VPA, kind, name, namespace)
    return workload, Target(
        kind=kind,
        name=name,
        namespace=namespace,
        labels=selector_text(selector),
        selector=selector,
        hpa=hpa,
        scaled=scaled,
        vpa=vpa,
    )


def beside(cluster: Cluster, target: Target, wanted: models.Target, brought_along: list[Object]) -> tuple[Target, ...]:
    """The other workloads that are recorded: those that the scenario lists, those that its label query selects, and
    those that HPAs of its own manifests scale. InputError where one of them is not there or has no HPA."""
    namespace = target.namespace
    names = list(wanted.also)
    if wanted.selector is not None:
        for kind in WORKLOADS:
            found = cluster.list(resource_of(kind).path(namespace), labelSelector=wanted.selector)["items"]
            names += [f"{kind.lower()}/{item['metadata']['name']}" for item in found]
    names += _scaled_along(wanted, brought_along)
    own = f"{target.kind.lower()}/{target.name}"
    return tuple(_beside(cluster, name, namespace, ours=target.ours) for name in dict.fromkeys(names) if name != own)


def kinds_beside(wanted: models.Target, brought_along: list[Object]) -> list[str]:
    """The kinds of these workloads, as far as they are named before the cluster is asked."""
    return [kind_and_name(name)[0] for name in (*wanted.also, *_scaled_along(wanted, brought_along))]


def _scaled_along(wanted: models.Target, brought_along: list[Object]) -> list[str]:
    """The workloads that a scenario's own manifests scale."""
    objects = brought_along if wanted.manifests is not None else []
    return [_scaled_by(obj) for obj in objects if obj["kind"] in ("HorizontalPodAutoscaler", SCALED)]


def _beside(cluster: Cluster, text: str, namespace: str, *, ours: bool) -> Target:
    workload, found = _looked_up(cluster, text, namespace, fix="check target.also")
    return replace(found, service=_service_of(cluster, workload, namespace), ours=ours)


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
        raise InputError("the target is not one", problems=[Problem("the target", repr(target), wanted)])
    return kind, name


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
