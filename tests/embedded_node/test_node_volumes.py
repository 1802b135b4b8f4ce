"""Volumes, and variables out of ConfigMaps and Secrets: what a container finds of them."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from autoscale.embedded.kubelet import view
from autoscale.kube.kinds import Object
from tests.embedded_node.node_plane import Plane, first, plane, shell


def config(name: str = "settings", **data: str) -> Object:
    """A ConfigMap."""
    return {"kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}, "data": data}


def secret(**data: str) -> Object:
    """A Secret called ``keys``."""
    coded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    return {"kind": "Secret", "metadata": {"name": "keys", "namespace": "default"}, "data": coded}


def run(body: Callable[[Plane], Awaitable[None]], **settings: Any) -> None:
    """Run a test with a control plane of its own."""

    async def scenario() -> None:
        async with plane(**settings) as made:
            await body(made)

    asyncio.run(scenario())


async def said(made: Plane, pod: Object) -> str:
    """What a pod's container prints until it ends well."""
    made.create(pod)
    name = pod["metadata"]["name"]
    ended = await made.until_ended(name)
    text = (await made.log(name)).decode()
    assert ended["exitCode"] == 0, text
    return text


def mounted(script: str, *volumes: Object, mounts: list[Object], name: str = "p") -> Object:
    """A pod that runs a script with volumes."""
    return shell(name, script, volumeMounts=mounts, spec={"volumes": list(volumes)})


@pytest.fixture
def own_files() -> None:
    """Where the machine refuses mount namespaces, containers see its own files."""
    why = view.why_refused()
    if why:
        pytest.skip(f"this machine refuses containers files of their own: {why} (user namespaces must be allowed)")


def test_variables_come_out_of_config_maps_and_secrets() -> None:
    """All keys with a prefix, single keys, and ``env`` over ``envFrom``."""

    async def body(made: Plane) -> None:
        made.create(config(COLOUR="red", SIZE="9"))
        made.create(secret(PASSWORD="s3cret"))
        reference = {"secretKeyRef": {"name": "keys", "key": "PASSWORD"}}
        absent = {"configMapKeyRef": {"name": "settings", "key": "none", "optional": True}}
        pod = shell(
            "p",
            'echo "$COLOUR $SIZE $X_PASSWORD $TOKEN ${NONE-unset}"',
            envFrom=[
                {"configMapRef": {"name": "settings"}},
                {"prefix": "X_", "secretRef": {"name": "keys"}},
                {"secretRef": {"name": "nobody", "optional": True}},
            ],
            env=[
                {"name": "SIZE", "value": "10"},
                {"name": "TOKEN", "valueFrom": reference},
                {"name": "NONE", "valueFrom": absent},
            ],
        )
        assert await said(made, pod) == "red 10 s3cret s3cret unset\n"

    run(body)


def test_a_container_waits_for_the_secret_that_it_needs() -> None:
    """It says which is missing in upstream's words, and starts once it is there."""

    async def body(made: Plane) -> None:
        made.create(shell("p", "echo $PASSWORD", envFrom=[{"secretRef": {"name": "keys"}}]))
        await made.until(lambda: first(made.pod("p"))["state"].get("waiting", {}).get("message"))
        waiting = first(made.pod("p"))["state"]["waiting"]
        assert waiting == {"reason": "CreateContainerConfigError", "message": 'secret "keys" not found'}
        made.create(secret(PASSWORD="late"))
        await made.until_ended("p")
        assert await made.log("p") == b"late\n"

    run(body)


@pytest.mark.usefixtures("own_files")
def test_volumes_lie_where_they_are_mounted() -> None:
    """Keys are files, also under other names, in folders old and new; one key may be a file."""

    async def body(made: Plane) -> None:
        made.create(config(**{"app.conf": "colour=red", "other": "x"}))
        made.create(secret(password="s3cret"))
        items = [{"key": "password", "path": "deep/pass", "mode": 0o400}]
        pod = mounted(
            "cat /etc/demo/app.conf /run/keys/deep/pass /one; ls /etc/demo; stat -c %a /run/keys/deep/pass; "
            "echo 1 > /new/place/a; cat /new/place/a; test -e /etc/passwd",
            {"name": "conf", "configMap": {"name": "settings"}},
            {"name": "keys", "secret": {"secretName": "keys", "items": items}},
            {"name": "scratch", "emptyDir": {}},
            mounts=[
                {"name": "conf", "mountPath": "/etc/demo"},
                {"name": "keys", "mountPath": "/run/keys"},
                {"name": "conf", "mountPath": "/one", "subPath": "other"},
                {"name": "scratch", "mountPath": "/new/place"},
            ],
        )
        assert await said(made, pod) == "colour=reds3cretxapp.conf\nother\n400\n1\n"

    run(body)


@pytest.mark.usefixtures("own_files")
def test_an_empty_folder_is_shared_by_a_pods_containers_and_outlives_their_runs() -> None:
    """What an init container leaves there, the others find, also when they are started again."""

    async def body(made: Plane) -> None:
        mount = [{"name": "shared", "mountPath": "/shared"}]
        pod = shell(
            "p",
            'echo run >> /shared/log; test "$(wc -l < /shared/log)" = 3 && cat /shared/log',
            "OnFailure",
            volumeMounts=mount,
            spec={"volumes": [{"name": "shared", "emptyDir": {}}]},
        )
        init = {**pod["spec"]["containers"][0], "name": "init", "command": ["sh", "-c", "echo init > /shared/log"]}
        pod["spec"]["initContainers"] = [init]
        made.create(pod)
        await made.until(lambda: (made.pod("p") or {})["status"]["phase"] == "Succeeded")
        assert await made.log("p") == b"init\nrun\nrun\n"

    run(body)


@pytest.mark.usefixtures("own_files")
def test_a_changed_config_map_changes_its_files_and_a_projection_has_several_sources() -> None:
    """A running container sees the new contents; the pod's own labels are a file too."""

    async def body(made: Plane) -> None:
        made.create(config(word="before"))
        labels = {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}
        sources = [{"configMap": {"name": "settings"}}, {"downwardAPI": {"items": [labels]}}]
        pod = mounted(
            "cat /etc/all/labels; while ! grep -q after /etc/all/word; do sleep 0.05; done; cat /etc/all/word",
            {"name": "all", "projected": {"sources": sources}},
            mounts=[{"name": "all", "mountPath": "/etc/all"}],
        )
        pod["metadata"]["labels"] = {"app": "web"}
        made.create(pod)
        await made.until(lambda: "running" in first(made.pod("p"))["state"])
        made.update(config(word="after"))
        await made.until_ended("p")
        assert await made.log("p") == b'app="web"after\n'

    run(body)


@pytest.mark.usefixtures("own_files")
def test_a_pod_waits_for_the_sources_of_its_volumes() -> None:
    """Its containers are being created, an event names what is missing, and they start once it is there."""

    async def body(made: Plane) -> None:
        volume = {"name": "conf", "configMap": {"name": "settings"}}
        made.create(mounted("cat /etc/demo/a", volume, mounts=[{"name": "conf", "mountPath": "/etc/demo"}]))
        await made.until(lambda: made.events("FailedMount"))
        assert made.events("FailedMount") == [
            'MountVolume.SetUp failed for volume "conf" : configmap "settings" not found'
        ]
        assert first(made.pod("p"))["state"]["waiting"]["reason"] == "ContainerCreating"
        made.create(config(a="1"))
        await made.until_ended("p")
        assert await made.log("p") == b"1\n"

    run(body)


def test_where_containers_see_the_machines_files_a_volume_with_files_is_refused() -> None:
    """The container waits and says why, instead of not finding its file."""

    async def body(made: Plane) -> None:
        made.create(config(a="1"))
        volume = {"name": "conf", "configMap": {"name": "settings"}}
        made.create(mounted("cat /etc/demo/a", volume, mounts=[{"name": "conf", "mountPath": "/etc/demo"}]))
        await made.until(lambda: first(made.pod("p"))["state"].get("waiting", {}).get("message"))
        message = first(made.pod("p"))["state"]["waiting"]["message"]
        assert message.startswith("volume conf cannot be at /etc/demo: a container has no file system of its own here")

    run(body, own_files=False)
