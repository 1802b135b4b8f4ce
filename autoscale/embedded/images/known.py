"""Which container images the embedded cluster knows, and what environment they run in."""

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from autoscale.base import images
from autoscale.base.resources import app_root
from autoscale.embedded.images import shelf
from autoscale.embedded.settings import Image, Settings


def image_name(reference: str) -> str:
    """``registry.example:5000/team/app:v1@sha256:0`` -> ``app``: without registry, path, tag and digest."""
    return reference.partition("@")[0].rpartition("/")[2].partition(":")[0]


def find_image(reference: str, settings: Settings) -> Image | None:
    """The image that was built under this name, or a known one whatever its registry and tag; None for no such."""
    built = shelf.find(reference)
    return _of(built) if built else known_images(settings).get(image_name(reference))


def known_images(settings: Settings) -> Mapping[str, Image]:
    """The images by name that need no building: this project's own, and those of the settings."""
    ours = Image(path=str(Path(sys.executable).parent), pythonpath=str(app_root()))
    return {images.APP: ours, images.LOAD: replace(ours, priority=True), **settings.images}


def _of(built: shelf.Built) -> Image:
    env = dict(built.config.env)
    path = ":".join((str(built.programs), env.pop("PATH", "")))
    return Image(
        env=env,
        path=path,
        files=str(built.root),
        workdir=built.config.workdir,
        entrypoint=built.config.entrypoint,
        command=built.config.command,
    )


def image_environment(image: Image, home: str) -> Mapping[str, str]:
    """The environment that an image brings, before the container's own ``env``. ``home`` is a scratch folder."""
    path = ":".join(filter(None, (image.path, "/usr/local/bin:/usr/bin:/bin")))
    pythonpath = {"PYTHONPATH": image.pythonpath} if image.pythonpath else {}
    locale = {"LANG": os.environ.get("LANG", "C.UTF-8")}
    return {"PATH": path, "HOME": home, "TMPDIR": home, **locale, **pythonpath, **image.env}
