"""The app's and the load generator's images: built from their Dockerfiles, and loaded into a cluster.

With a Docker engine ``docker build`` does it, on the Dockerfile's own base image. Without one ``buildah`` does, as
root, on a base made from Debian's packages, so that no registry is needed. ``BASE`` names another base for either.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autoscale.base import images
from autoscale.base.errors import ClusterError, InputError
from tests.local_cluster import debian
from tests.local_cluster.lifecycle import load_image
from tests.local_cluster.places import SOURCES, cache, state

ROOT = SOURCES.parents[1]
_PACKAGES = "python3,python3-venv,python3-pip,python-is-python3,ca-certificates"


@dataclass(frozen=True)
class Image:
    """One image: its name, as the manifests have it, and its Dockerfile, built from the repository's root."""

    name: str
    dockerfile: str

    @property
    def archive(self) -> Path:
        """Where the built image is kept, as ``docker save`` writes it."""
        return cache() / "images" / f"{self.name.replace(':', '-')}.tar"


LOAD = f"{images.LOAD}:{images.TAG}"
IMAGES = (Image(f"{images.APP}:{images.TAG}", "app/Dockerfile"), Image(LOAD, "loadtest/driver/Dockerfile"))


def build_all(base: str | None = None, requirements: str = "") -> list[Path]:
    """Build both images; returns their archives. ``base`` replaces the base image; ``requirements`` are further
    packages of the load generator's. Raises AutoscaleError."""
    (cache() / "images").mkdir(parents=True, exist_ok=True)
    build = _with_docker if _has_docker() else _with_buildah
    for image in IMAGES:
        print(f"Building {image.name} from {image.dockerfile} ...", flush=True)
        build(image, {"BASE": base, "REQUIREMENTS": requirements if image.name == LOAD else None})
    return [image.archive for image in IMAGES]


def load_all(context: str) -> list[str]:
    """Load both images into the cluster of a kube-context: ``local``, ``kind-NAME``, or a minikube profile's."""
    missing = [image.name for image in IMAGES if not image.archive.exists()]
    if missing:
        raise InputError(f"not built yet: {', '.join(missing)}", fix="make images")
    for image in IMAGES:
        _load(image, context)
    return [image.name for image in IMAGES]


def _load(image: Image, context: str) -> None:
    archive = image.archive
    if context == "local":
        load_image(state(), image.name, archive)
    elif context.startswith("kind-"):
        _run(["kind", "load", "image-archive", str(archive), "--name", context.removeprefix("kind-")])
    elif context.startswith("minikube"):
        _run(["minikube", "image", "load", str(archive), "--profile", context])
    else:
        raise InputError(
            f"do not know how to load images into the context {context}",
            fix="local, minikube and kind-NAME are known; else push to a registry and name the images in an overlay",
        )


def _has_docker() -> bool:
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "version"], capture_output=True).returncode == 0


def _arguments(given: dict[str, str | None]) -> list[str]:
    return [word for name, value in given.items() if value for word in ("--build-arg", f"{name}={value}")]


def _with_docker(image: Image, given: dict[str, str | None]) -> None:
    extra = _arguments(given)
    _run(["docker", "build", "-f", image.dockerfile, "-t", image.name, *extra, "."])
    _run(["docker", "save", "-o", str(image.archive), image.name])


def _with_buildah(image: Image, given: dict[str, str | None]) -> None:
    debian.need_root("to build images with buildah")
    debian.ensure(debian.IMAGES)
    # The base made here is in no registry; another one is fetched from where buildah's configuration says.
    pull = [] if given["BASE"] else ["--pull=never"]
    given = {**given, "BASE": given["BASE"] or _debian_base()}
    # pip inside trusts the authorities that this machine trusts.
    certificates = "/etc/ssl/certs:/etc/ssl/certs:ro"
    arguments = ["-f", image.dockerfile, "-t", image.name, *_arguments(given), "-v", certificates]
    _buildah("build", "--layers", *pull, *arguments, ".")
    image.archive.unlink(missing_ok=True)
    _buildah("push", image.name, f"docker-archive:{image.archive}:docker.io/library/{image.name}")


def _debian_base() -> str:
    """A base image with Python, made from this distribution's packages, kept by what it is made of."""
    suite = platform.freedesktop_os_release().get("VERSION_CODENAME", "stable")
    key = hashlib.sha256(f"{suite} {_PACKAGES}".encode()).hexdigest()[:12]
    name = f"localhost/autoscale-python:{suite}-{key}"
    if _buildah("images", "--quiet", "--filter", f"reference={name}").strip():
        return name
    print(f"Making the base image from Debian {suite} (a minute, once) ...", flush=True)
    with tempfile.TemporaryDirectory(dir=cache() / "images") as folder:
        root = Path(folder) / "root"
        _run(["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", suite, str(root)])
        # As in the official Python images: pip may install into the system.
        for marker in root.glob("usr/lib/python3*/EXTERNALLY-MANAGED"):
            marker.unlink()
        for used in ("var/cache/apt/archives", "var/lib/apt/lists"):
            shutil.rmtree(root / used, ignore_errors=True)
        container = _buildah("from", "scratch").strip()
        _buildah("copy", "--quiet", container, str(root), "/")
        _buildah("commit", "--quiet", "--rm", container, name)
    return name


def _buildah(*words: str) -> str:
    store = cache() / "buildah"
    places = ["--root", str(store / "root"), "--runroot", str(store / "run"), "--storage-driver", "overlay"]
    return _run(["buildah", *places, *words], {"BUILDAH_ISOLATION": "chroot"})


def _run(command: Sequence[str], environment: dict[str, str] | None = None) -> str:
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=os.environ | (environment or {}), capture_output=True, text=True, errors="replace"
        )
    except FileNotFoundError:
        raise InputError(f"{command[0]} was not found", fix=f"install {command[0]} and put it on PATH") from None
    if done.returncode:
        last = "\n  ".join((done.stdout + done.stderr).splitlines()[-8:])
        raise ClusterError(f"`{' '.join(command)}` failed:\n  {last}")
    return done.stdout
