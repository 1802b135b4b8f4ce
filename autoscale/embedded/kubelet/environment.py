"""A container's environment and command line: sources, service variables, ``$(NAME)`` references."""

import base64
import math
import re
from collections.abc import Mapping

from autoscale.embedded.settings import Image
from autoscale.kube.kinds import Object
from autoscale.kube.quantities import parse_quantity
from autoscale.plane.store import Objects

_REFERENCE = re.compile(r"\$(?:\$|\(([^)]*)\))")


class ConfigError(Exception):
    """The container cannot be configured yet (``CreateContainerConfigError``); the text is the kubelet's."""


def expand(text: str, values: Mapping[str, str]) -> str:
    """Replace ``$(NAME)``; ``$$`` is a dollar sign, an unknown name stays as it is written."""

    def replaced(match: re.Match[str]) -> str:
        if match.group(0) == "$$":
            return "$"
        return values.get(match.group(1), match.group(0))

    return _REFERENCE.sub(replaced, text)


def command_line(container: Object, values: Mapping[str, str], image: Image) -> list[str]:
    """``command`` and ``args`` with references replaced, and the image's own where they are not given: a ``command``
    puts the image's arguments aside too."""
    program, arguments = container.get("command"), container.get("args")
    given = [expand(str(part), values) for part in [*(program or []), *(arguments or [])]]
    if program:
        return given
    return [*image.entrypoint, *(given if arguments else image.command)]


def environment(pod: Object, container: Object, objects: Objects, allocatable: Object) -> dict[str, str]:
    """The variables of a container: the services', those of ``envFrom``, then ``env`` in order. Raises ConfigError."""
    namespace = pod["metadata"]["namespace"]
    links = pod["spec"].get("enableServiceLinks", True)
    services = service_variables(objects.list("Service", namespace)) if links else {}
    values = {"HOSTNAME": pod["spec"].get("hostname") or pod["metadata"]["name"], **services}
    for source in container.get("envFrom") or []:
        values |= _all_of(source, namespace, objects)
    for entry in container.get("env") or []:
        if "valueFrom" not in entry:
            values[entry["name"]] = expand(str(entry.get("value", "")), values)
            continue
        found = _value_from(entry["valueFrom"], pod, container, objects, allocatable)
        if found is not None:
            values[entry["name"]] = found
    return values


def service_variables(services: list[Object]) -> dict[str, str]:
    """What every container of the namespace is told of its Services (``WEB_SERVICE_HOST`` and the like)."""
    values: dict[str, str] = {}
    for service in services:
        address, ports = service["spec"].get("clusterIP"), service["spec"].get("ports") or []
        if address in (None, "", "None") or not ports:
            continue
        name = service["metadata"]["name"].upper().replace("-", "_")
        values |= {f"{name}_SERVICE_HOST": address, f"{name}_SERVICE_PORT": str(ports[0]["port"])}
        values[f"{name}_PORT"] = f"{ports[0].get('protocol', 'TCP').lower()}://{address}:{ports[0]['port']}"
        for port in ports:
            values |= _port_variables(name, address, port)
    return values


def _port_variables(name: str, address: str, port: Object) -> dict[str, str]:
    protocol, number = port.get("protocol", "TCP"), str(port["port"])
    named = f"{name}_SERVICE_PORT_{port['name'].upper().replace('-', '_')}" if port.get("name") else None
    link = f"{name}_PORT_{number}_{protocol}"
    url = f"{protocol.lower()}://{address}:{number}"
    values = {link: url, f"{link}_PROTO": protocol.lower(), f"{link}_PORT": number, f"{link}_ADDR": address}
    return values | ({named: number} if named else {})


def _value_from(source: Object, pod: Object, container: Object, objects: Objects, allocatable: Object) -> str | None:
    if "fieldRef" in source:
        return field_value(pod, source["fieldRef"]["fieldPath"])
    if "resourceFieldRef" in source:
        return resource_value(container, source["resourceFieldRef"], allocatable)
    kind = "Secret" if "secretKeyRef" in source else "ConfigMap"
    reference = source.get("secretKeyRef") or source.get("configMapKeyRef") or {}
    return _key_value(kind, reference, pod["metadata"]["namespace"], objects)


def data_of(kind: str, namespace: str, name: str, objects: Objects) -> dict[str, bytes] | None:
    """What a ConfigMap or a Secret holds; None where there is none."""
    found = objects.get(kind, namespace, name)
    if found is None:
        return None
    texts, binary = found.get("data") or {}, found.get("binaryData") or {}
    if kind == "Secret":
        return {key: base64.b64decode(value) for key, value in texts.items()}
    plain = {key: value.encode() for key, value in texts.items()}
    return {**plain, **{key: base64.b64decode(value) for key, value in binary.items()}}


def _key_value(kind: str, reference: Object, namespace: str, objects: Objects) -> str | None:
    name, key = reference.get("name", ""), reference.get("key", "")
    data = data_of(kind, namespace, name, objects)
    value = (data or {}).get(key)
    if value is not None:
        return value.decode(errors="surrogateescape")
    if reference.get("optional"):
        return None
    if data is None:
        raise ConfigError(f'{kind.lower()} "{name}" not found')
    raise ConfigError(f"couldn't find key {key} in {kind} {namespace}/{name}")


def _all_of(source: Object, namespace: str, objects: Objects) -> dict[str, str]:
    """Every key of a ConfigMap or a Secret as a variable, but those that cannot be names of any."""
    kind = "Secret" if "secretRef" in source else "ConfigMap"
    reference = source.get("secretRef") or source.get("configMapRef") or {}
    data = data_of(kind, namespace, reference.get("name", ""), objects)
    if data is None:
        if reference.get("optional"):
            return {}
        raise ConfigError(f'{kind.lower()} "{reference.get("name", "")}" not found')
    texts = {f"{source.get('prefix') or ''}{key}": data[key] for key in sorted(data)}
    return {name: text.decode(errors="surrogateescape") for name, text in texts.items() if "=" not in name}


def field_value(pod: Object, path: str) -> str:
    """A field of the pod by its path (``status.podIP``, ``metadata.labels['app']``). Raises ConfigError."""
    match = re.fullmatch(r"metadata\.(labels|annotations)\['(.*)'\]", path)
    if match:
        return str((pod["metadata"].get(match.group(1)) or {}).get(match.group(2), ""))
    fields = {
        "metadata.name": pod["metadata"]["name"],
        "metadata.namespace": pod["metadata"]["namespace"],
        "metadata.uid": pod["metadata"]["uid"],
        "spec.nodeName": pod["spec"].get("nodeName", ""),
        "spec.serviceAccountName": pod["spec"].get("serviceAccountName", "default"),
        "status.podIP": pod["status"].get("podIP", ""),
        "status.podIPs": pod["status"].get("podIP", ""),
        "status.hostIP": pod["status"].get("hostIP", ""),
        "status.hostIPs": pod["status"].get("hostIP", ""),
    }
    if path not in fields:
        raise ConfigError(f"unsupported fieldPath: {path}")
    return str(fields[path])


def resource_value(container: Object, reference: Object, allocatable: Object) -> str:
    """A request or limit in units of the divisor, rounded up; an unset limit is what the node has."""
    part, _, resource = reference["resource"].partition(".")
    resources = container.get("resources") or {}
    given = (resources.get(part) or {}).get(resource)
    if given is None:
        given = allocatable.get(resource, 0) if part == "limits" else (resources.get("limits") or {}).get(resource, 0)
    divisor = parse_quantity(reference.get("divisor") or 0) or 1
    return str(math.ceil(parse_quantity(given) / divisor))
