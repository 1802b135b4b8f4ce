"""Containers that are not in the template but will be in the pods: sidecars that an admission webhook puts in.

Each row says when one is injected, and which annotations give it a request. Dapr (dapr/dapr#7813), Linkerd
(linkerd/linkerd2#1480, #9796) and Consul (its chart's ``sidecarProxy.resources``) bring no requests unless annotated or
set at installation; Istio brings some, but any of its four annotations replaces all of them (istio/istio#35905).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Injector(NamedTuple):
    """A webhook that injects a container.

    ``switch`` (key, values) is an annotation or a label of the pods; ``space`` (key, value) one of their namespace, for
    pods that say nothing themselves. ``inherits``: whether annotations of the namespace hold for its pods.
    ``requests``: resource -> the annotation that sets its request. ``limits``: the same for limits, which are the
    request where none is set. ``defaults``: whether it brings requests of its own as long as no annotation of it is
    there.
    """

    name: str
    container: str
    switch: tuple[str, tuple[str, ...]]
    requests: Mapping[str, str]
    limits: Mapping[str, str]
    defaults: bool = False
    space: tuple[str, str] | None = None
    inherits: bool = False


INJECTORS = (
    Injector(
        name="Dapr",
        container="daprd",
        switch=("dapr.io/enabled", ("true",)),
        requests={"cpu": "dapr.io/sidecar-cpu-request", "memory": "dapr.io/sidecar-memory-request"},
        limits={"cpu": "dapr.io/sidecar-cpu-limit", "memory": "dapr.io/sidecar-memory-limit"},
    ),
    Injector(
        name="Istio",
        container="istio-proxy",
        switch=("sidecar.istio.io/inject", ("true",)),
        space=("istio-injection", "enabled"),
        requests={"cpu": "sidecar.istio.io/proxyCPU", "memory": "sidecar.istio.io/proxyMemory"},
        limits={"cpu": "sidecar.istio.io/proxyCPULimit", "memory": "sidecar.istio.io/proxyMemoryLimit"},
        defaults=True,
    ),
    Injector(
        name="Linkerd",
        container="linkerd-proxy",
        switch=("linkerd.io/inject", ("enabled", "ingress")),
        space=("linkerd.io/inject", "enabled"),
        inherits=True,
        requests={"cpu": "config.linkerd.io/proxy-cpu-request", "memory": "config.linkerd.io/proxy-memory-request"},
        limits={"cpu": "config.linkerd.io/proxy-cpu-limit", "memory": "config.linkerd.io/proxy-memory-limit"},
    ),
    Injector(
        name="Consul",
        container="consul-dataplane",
        switch=("consul.hashicorp.com/connect-inject", ("true",)),
        requests={
            "cpu": "consul.hashicorp.com/sidecar-proxy-cpu-request",
            "memory": "consul.hashicorp.com/sidecar-proxy-memory-request",
        },
        limits={
            "cpu": "consul.hashicorp.com/sidecar-proxy-cpu-limit",
            "memory": "consul.hashicorp.com/sidecar-proxy-memory-limit",
        },
    ),
)


def without_request(
    template: Mapping[str, Any], resource: str, namespace: Mapping[str, Any] | None = None
) -> list[Injector]:
    """The sidecars that these pods will have and that will request nothing of a resource; ``namespace`` is the metadata
    of the pods' namespace, where that is known."""
    annotations, labels = _notes(template.get("metadata"))
    above, marks = _notes(namespace)
    spec = template.get("spec") or {}
    there = {each.get("name") for part in ("containers", "initContainers") for each in spec.get(part) or ()}
    return [
        each
        for each in INJECTORS
        if _injects(each, {**labels, **annotations}, {**marks, **above})
        and each.container not in there
        and not _requests(each, {**above, **annotations} if each.inherits else annotations, resource)
    ]


def _notes(metadata: Mapping[str, Any] | None) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    return (metadata or {}).get("annotations") or {}, (metadata or {}).get("labels") or {}


def _injects(injector: Injector, pod: Mapping[str, Any], namespace: Mapping[str, Any]) -> bool:
    key, values = injector.switch
    if key in pod:
        return str(pod[key]).lower() in values
    return injector.space is not None and str(namespace.get(injector.space[0])).lower() == injector.space[1]


def _requests(injector: Injector, annotations: Mapping[str, Any], resource: str) -> bool:
    keys = (*injector.requests.values(), *injector.limits.values())
    if injector.defaults and not any(key in annotations for key in keys):
        return True
    return injector.requests.get(resource) in annotations or injector.limits.get(resource) in annotations
