"""What containers see of the file system: their image's files at their own paths, and the cluster's names."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autoscale.embedded.kubelet import view
from autoscale.embedded.settings import Image
from tests.embedded_node.node_plane import first, plane, shell


@pytest.fixture
def image(tmp_path: Path) -> Image:
    """An image with a file in a folder of its own and one in a folder that every machine has."""
    for path, text in (("srv/seen/app.txt", "mine"), ("usr/src/app/deep.txt", "deep")):
        file = tmp_path / "root" / path
        file.parent.mkdir(parents=True)
        file.write_text(text)
    return Image(files=str(tmp_path / "root"), workdir="/srv/seen", command=("cat", "app.txt"))


def said(script: str, image: Image, **settings: Any) -> str:
    """What a container of the image prints, which runs the script ("": the image's own command)."""
    found = []

    async def scenario() -> None:
        async with plane(images={"tiny": image}, **settings) as made:
            service = {"metadata": {"name": "web", "namespace": "default"}, "kind": "Service"}
            made.create({**service, "spec": {"clusterIP": made.block_ip, "ports": [{"port": 80}]}})
            wanted = shell("p", script)
            if not script:
                del wanted["spec"]["containers"][0]["command"]
            made.create(wanted)
            await made.until_ended("p")
            found.append((await made.log("p")).decode())
            assert first(made.pod("p"))["state"]["terminated"]["exitCode"] == 0, found
            assert made.block_ip in found[0] or "web" not in script

    asyncio.run(scenario())
    return found[0]


@pytest.fixture
def own_files() -> None:
    """Where the machine refuses mount namespaces, containers see its own files."""
    why = view.why_refused()
    if why:
        pytest.skip(f"this machine refuses containers files of their own: {why} (user namespaces must be allowed)")


@pytest.mark.usefixtures("own_files")
def test_an_images_files_lie_at_their_own_paths(image: Image) -> None:
    """Absolute paths hold, the machine's own files are there too, and what a run writes is gone with it."""
    script = "pwd; cat /srv/seen/app.txt /usr/src/app/deep.txt; test -e /usr/bin/env; echo new > new.txt; cat new.txt"
    assert said(script, image) == "/srv/seen\nminedeepnew\n"
    assert not (Path(image.files) / "srv/seen/new.txt").exists()


@pytest.mark.usefixtures("own_files")
def test_names_of_services_resolve(image: Image) -> None:
    """By each of their forms, from the bare name on."""
    for name in ("web", "web.default.svc.cluster.local"):
        look = f"python3 -c \"import socket; print(socket.gethostbyname('{name}'))\""
        assert said(look, image).strip().startswith("127.")


@pytest.mark.parametrize("own_files", [True, False])
def test_an_image_brings_its_command(image: Image, own_files: bool) -> None:
    """Without ``command`` a container runs the image's, in its folder; also where it sees the machine's files (which
    is what it sees in any case on a machine that refuses it its own)."""
    assert said("", image, own_files=own_files).strip() == "mine"


def test_without_files_of_its_own_paths_of_the_image_are_found(image: Image) -> None:
    """A word of the command line that is a file of the image becomes where that is."""
    assert said("", replace(image, command=("cat", "/usr/src/app/deep.txt")), own_files=False).strip() == "deep"
