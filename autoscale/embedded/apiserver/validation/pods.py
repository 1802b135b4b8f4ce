"""What is wrong with a pod's spec: its containers, their ports, probes, hooks and resources.

A part of upstream's ``ValidatePodSpec`` (pkg/apis/core/validation).
"""

from collections.abc import Iterator

from autoscale.embedded.apiserver.validation.causes import LABEL, Cause, at_least, required, unsupported, wrong
from autoscale.kube.kinds import Object
from autoscale.kube.quantities import parse_quantity


def pod_spec(spec: Object, path: str) -> Iterator[Cause]:
    """What is wrong with a PodSpec."""
    if not spec.get("containers"):
        yield required(f"{path}.containers")
    yield from at_least(spec, path, 0, "terminationGracePeriodSeconds")
    yield from at_least(spec, path, 1, "activeDeadlineSeconds")
    names: set[str] = set()
    for group in ("initContainers", "containers", "ephemeralContainers"):
        for index, container in enumerate(spec.get(group) or []):
            at = f"{path}.{group}[{index}]"
            if container["name"] in names:
                yield "FieldValueDuplicate", f"{at}.name", f'Duplicate value: "{container["name"]}"'
            names.add(container["name"])
            yield from _container(container, at)
            yield from _mounts(container, at, {volume["name"] for volume in spec.get("volumes") or []})
    yield from _ephemeral(spec, path)
    yield from _volumes(spec.get("volumes") or [], f"{path}.volumes")


_NOT_EPHEMERAL = ("ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "resources")


def _ephemeral(spec: Object, path: str) -> Iterator[Cause]:
    """Containers for debugging are never part of a template, offer nothing and ask for nothing."""
    found = spec.get("ephemeralContainers") or []
    if found and path != "spec":
        yield _forbidden(f"{path}.ephemeralContainers", "ephemeral containers not allowed in pod template")
    for index, container in enumerate(found):
        for name in _NOT_EPHEMERAL:
            if container.get(name):
                yield _forbidden(
                    f"{path}.ephemeralContainers[{index}].{name}", "cannot be set for an Ephemeral Container"
                )


def added(old: Object, new: Object) -> Iterator[Cause]:
    """What is wrong with a change of a pod's ephemeral containers, of which more may come, and no other change."""
    kept = {one["name"]: one for one in new["spec"].get("ephemeralContainers") or []}
    for one in old["spec"].get("ephemeralContainers") or []:
        if one["name"] not in kept:
            why = f'existing ephemeral containers "{one["name"]}" may not be removed\n'
            yield _forbidden("spec.ephemeralContainers", why)
        elif one != kept[one["name"]]:
            why = f'existing ephemeral containers "{one["name"]}" may not be changed\n'
            yield _forbidden("spec.ephemeralContainers", why)


def _forbidden(field: str, why: str) -> Cause:
    return "FieldValueForbidden", field, f"Forbidden: {why}"


def _volumes(volumes: list[Object], at: str) -> Iterator[Cause]:
    seen: set[str] = set()
    for index, volume in enumerate(volumes):
        if volume["name"] in seen:
            yield "FieldValueDuplicate", f"{at}[{index}].name", f'Duplicate value: "{volume["name"]}"'
        seen.add(volume["name"])
        if not LABEL.fullmatch(volume["name"]):
            yield wrong(f"{at}[{index}].name", volume["name"], "must be lower case letters, digits and '-'")
        sources = [name for name in volume if name != "name"]
        if not sources:
            yield required(f"{at}[{index}]", "must specify a volume type")
        for extra in sources[1:]:
            yield (
                "FieldValueForbidden",
                f"{at}[{index}].{extra}",
                "Forbidden: may not specify more than 1 volume type",
            )


def _mounts(container: Object, at: str, volumes: set[str]) -> Iterator[Cause]:
    """Each of a volume that is there, at a path of its own, and nowhere outside."""
    seen: set[str] = set()
    for index, mount in enumerate(container.get("volumeMounts") or []):
        here = f"{at}.volumeMounts[{index}]"
        if mount["name"] not in volumes:
            yield "FieldValueNotFound", f"{here}.name", f'Not found: "{mount["name"]}"'
        if mount["mountPath"] in seen:
            yield wrong(f"{here}.mountPath", mount["mountPath"], "must be unique")
        seen.add(mount["mountPath"])
        if ".." in mount.get("subPath", "").split("/"):
            yield wrong(f"{here}.subPath", mount["subPath"], "must not contain '..'")


def _container(container: Object, at: str) -> Iterator[Cause]:
    if not LABEL.fullmatch(container["name"]) or len(container["name"]) > 63:
        yield wrong(f"{at}.name", container["name"], "must be lower case letters, digits and '-'")
    if not container.get("image"):
        yield required(f"{at}.image")
    if container.get("imagePullPolicy") not in ("Always", "IfNotPresent", "Never"):
        yield unsupported(
            f"{at}.imagePullPolicy", container.get("imagePullPolicy"), ("Always", "IfNotPresent", "Never")
        )
    yield from port_list(container.get("ports") or [], f"{at}.ports", "containerPort")
    yield from _resources(container.get("resources") or {}, f"{at}.resources")
    ports = {port.get("name") for port in container.get("ports") or []}
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        if name in container:
            yield from _probe(container[name], f"{at}.{name}", ports)
            if name != "readinessProbe" and container[name].get("successThreshold", 1) != 1:
                yield wrong(f"{at}.{name}.successThreshold", container[name]["successThreshold"], "must be 1")
    hook = (container.get("lifecycle") or {}).get("preStop")
    if hook is not None:
        yield from _handlers(hook, f"{at}.lifecycle.preStop", ("exec", "httpGet", "tcpSocket", "sleep"), ports)
        yield from at_least(hook.get("sleep") or {}, f"{at}.lifecycle.preStop.sleep", 0, "seconds")


def port_list(ports: list[Object], at: str, field: str) -> Iterator[Cause]:
    """Numbers in range and names given once; ``field`` has the number."""
    seen: set[str] = set()
    for index, port in enumerate(ports):
        if not 1 <= port[field] <= 65535:
            yield wrong(f"{at}[{index}].{field}", port[field], "must be between 1 and 65535, inclusive")
        name = port.get("name")
        if name and name in seen:
            yield "FieldValueDuplicate", f"{at}[{index}].name", f'Duplicate value: "{name}"'
        seen.add(name or "")


def _probe(probe: Object, at: str, ports: set[str | None]) -> Iterator[Cause]:
    yield from _handlers(probe, at, ("exec", "httpGet", "tcpSocket", "grpc"), ports)
    yield from at_least(probe, at, 0, "initialDelaySeconds")
    yield from at_least(probe, at, 1, "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")


def _handlers(spec: Object, at: str, known: tuple[str, ...], ports: set[str | None]) -> Iterator[Cause]:
    """What a probe or a hook does: exactly one thing, and a port that is there."""
    handlers = [name for name in known if name in spec]
    if not handlers:
        yield required(at, "must specify a handler type")
    for extra in handlers[1:]:
        yield "FieldValueForbidden", f"{at}.{extra}", "Forbidden: may not specify more than 1 handler type"
    for name in handlers:
        port = spec[name].get("port")
        if isinstance(port, str) and port not in ports:
            yield wrong(f"{at}.{name}.port", port, "no port of the container has this name")
        elif isinstance(port, int) and not 1 <= port <= 65535:
            yield wrong(f"{at}.{name}.port", port, "must be between 1 and 65535, inclusive")


def _resources(resources: Object, at: str) -> Iterator[Cause]:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for group, values in (("limits", limits), ("requests", requests)):
        for name, value in values.items():
            if parse_quantity(value) < 0:
                yield wrong(f"{at}.{group}.{name}", value, "must be greater than or equal to 0")
    for name, value in requests.items():
        if name in limits and parse_quantity(value) > parse_quantity(limits[name]):
            yield wrong(f"{at}.requests", value, f"must be less than or equal to {name} limit of {limits[name]}")
