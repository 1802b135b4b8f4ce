"""Where the workload is reached: a URL that names a Service of its namespace."""

import re
from urllib.parse import urlsplit, urlunsplit

from autoscale.base.errors import InputError, Problem
from autoscale.base.secrets import harmless
from autoscale.cluster.apply import fetch
from autoscale.cluster.client import Cluster
from autoscale.cluster.resources import resource_of
from autoscale.kube.kinds import Object

_PORTS = {"http": 80, "https": 443}
_LABEL = "[a-z]([-a-z0-9]*[a-z0-9])?"
_SERVICE_HOST = re.compile(rf"{_LABEL}(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.svc(\.cluster\.local)?)?)?")


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
