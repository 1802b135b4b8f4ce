"""A container's environment and command line."""

from typing import Any

import pytest

from autoscale.embedded.kubelet.environment import (
    ConfigError,
    command_line,
    environment,
    expand,
    field_value,
    resource_value,
    service_variables,
)
from autoscale.embedded.settings import Image
from autoscale.kube.kinds import Object
from tests.plane.world import World, container, service

POD = {
    "metadata": {
        "name": "web-1",
        "namespace": "default",
        "uid": "u",
        "labels": {"app": "web"},
        "annotations": {"a/b": "c"},
    },
    "spec": {"nodeName": "embedded"},
    "status": {"podIP": "127.99.128.1", "hostIP": "127.99.0.1"},
}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("$(A)", "1"),
        ("x$(A)y$(B)", "x1y2"),
        ("$(C)", "$(C)"),
        ("$$(A)", "$(A)"),
        ("$A ${A} $", "$A ${A} $"),
        ("$$$(A)", "$1"),
    ],
)
def test_references_are_replaced_as_kubernetes_does(text: str, wanted: str) -> None:
    """Known names are replaced, unknown ones stay, $$ is a dollar; shell syntax is left to the shell."""
    assert expand(text, {"A": "1", "B": "2"}) == wanted


def env(*entries: Object, world: World | None = None, **fields: Any) -> dict[str, str]:
    """The environment of a container with these entries."""
    objects = (world or World()).store.objects
    return environment(POD, container(env=list(entries), **fields), objects, {"cpu": "8"})


def test_later_variables_see_earlier_ones() -> None:
    """In the order in which they are written, services first."""
    world = World()
    world.create(service("my-web"))
    made = env(
        {"name": "HOST", "value": "$(MY_WEB_SERVICE_HOST)"},
        {"name": "URL", "value": "http://$(HOST)/$(LATER)"},
        {"name": "LATER", "value": "x"},
        world=world,
    )
    assert made["URL"] == "http://127.99.0.10/$(LATER)"
    assert made["HOSTNAME"] == "web-1"


def test_a_service_is_told_under_its_name_and_its_ports() -> None:
    """Host, first port, named ports and the old link variables; a headless one is not told."""
    made = service("my-web", ports=[{"name": "http", "port": 80}, {"name": "admin", "port": 81}])
    told = service_variables([made, service("none", clusterIP="None")])
    assert told["MY_WEB_SERVICE_HOST"] == "127.99.0.10"
    assert (told["MY_WEB_SERVICE_PORT"], told["MY_WEB_SERVICE_PORT_ADMIN"]) == ("80", "81")
    assert told["MY_WEB_PORT_81_TCP"] == "tcp://127.99.0.10:81"
    assert not [name for name in told if name.startswith("NONE")]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.name", "web-1"),
        ("metadata.labels['app']", "web"),
        ("metadata.annotations['a/b']", "c"),
        ("metadata.labels['none']", ""),
        ("status.podIP", "127.99.128.1"),
        ("spec.nodeName", "embedded"),
    ],
)
def test_fields_of_the_pod(path: str, value: str) -> None:
    """fieldRef by path; a label that is not there is empty."""
    assert field_value(POD, path) == value


def test_an_unknown_field_is_a_config_error() -> None:
    """It is told, not ignored."""
    with pytest.raises(ConfigError, match=r"status\.nonsense"):
        field_value(POD, "status.nonsense")


@pytest.mark.parametrize(
    ("resource", "divisor", "value"),
    [
        ("limits.cpu", "1", "1"),
        ("limits.cpu", "1m", "500"),
        ("limits.memory", "1Mi", "64"),
        ("requests.cpu", "1m", "100"),
        ("limits.ephemeral-storage", "1", "0"),
    ],
)
def test_resources_are_told_in_units_of_the_divisor(resource: str, divisor: str, value: str) -> None:
    """Rounded up, as the kubelet does."""
    spec = container(resources={"limits": {"cpu": "500m", "memory": "64Mi"}, "requests": {"cpu": "100m"}})
    assert resource_value(spec, {"resource": resource, "divisor": divisor}, {"cpu": "8"}) == value


def test_an_unset_cpu_limit_is_the_nodes() -> None:
    """What the container may use is all there is."""
    assert resource_value(container(), {"resource": "limits.cpu"}, {"cpu": "8"}) == "8"


def reference(name: str, key: str, **more: Any) -> Object:
    """An environment entry from a ConfigMap."""
    return {"name": "V", "valueFrom": {"configMapKeyRef": {"name": name, "key": key, **more}}}


def test_values_come_from_config_maps() -> None:
    """A key that is there is taken; a missing map or key is told, unless it is optional."""
    world = World()
    world.create(
        {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "m", "namespace": "default"}, "data": {"k": "v"}}
    )
    assert env(reference("m", "k"), world=world)["V"] == "v"
    assert "V" not in env(reference("m", "none", optional=True), world=world)
    with pytest.raises(ConfigError, match="couldn't find key none in ConfigMap default/m"):
        env(reference("m", "none"), world=world)
    with pytest.raises(ConfigError, match='configmap "gone" not found'):
        env(reference("gone", "k"), world=world)


def test_command_and_args_are_joined_and_expanded() -> None:
    """The whole command line of the container."""
    spec = container(command=["python", "-m", "app"], args=["--bind", "$(POD_IP):8080"])
    line = command_line(spec, {"POD_IP": "127.1.1.1"}, Image())
    assert line == ["python", "-m", "app", "--bind", "127.1.1.1:8080"]


@pytest.mark.parametrize(
    ("given", "runs"),
    [
        ({}, ["serve", "--port", "80"]),
        ({"args": ["--help"]}, ["serve", "--help"]),
        ({"command": ["sh"]}, ["sh"]),
        ({"command": ["sh"], "args": ["-c", "true"]}, ["sh", "-c", "true"]),
        ({"command": [], "args": []}, ["serve", "--port", "80"]),
    ],
)
def test_an_images_command_line_is_the_containers_unless_it_says_otherwise(
    given: dict[str, list[str]], runs: list[str]
) -> None:
    """As Kubernetes has it: ``args`` replace CMD; ``command`` replaces ENTRYPOINT and puts CMD aside."""
    image = Image(entrypoint=("serve",), command=("--port", "80"))
    assert command_line(container(**given), {}, image) == runs
