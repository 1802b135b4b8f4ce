"""Where built images lie: ``$XDG_STATE_HOME/autoscale/images``, a folder for each, shared by all embedded clusters.

An image's folder has ``root`` (its files, by their paths in the container), ``venv`` (its packages) and, once it is
whole, ``image.json``. While it is being built its ``lock`` is held: what has neither is a rest, and goes.
"""

import contextlib
import fcntl
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter

from autoscale.base.errors import InputError, Problem
from autoscale.embedded.images.recipe import Config

_NAME = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?::\d+)?(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*")
_TAG = re.compile(r"\w[\w.-]{0,127}")


@dataclass(frozen=True)
class Built:
    """A built image: its full name with tag, FROM, the Python it runs on, and when it was made (epoch seconds)."""

    name: str
    base: str
    python: str
    created: float
    config: Config
    folder: Path

    @property
    def root(self) -> Path:
        """Its files."""
        return self.folder / "root"

    @property
    def programs(self) -> Path:
        """Its ``bin``: what stands first in PATH."""
        return self.folder / "venv" / "bin"

    @property
    def size_b(self) -> int:
        """Bytes of all its files."""
        return sum(path.lstat().st_size for path in self.folder.rglob("*") if path.is_file())


def images_root() -> Path:
    """The folder of all images of this user."""
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "autoscale" / "images"


def full_name(name: str) -> str:
    """``docker.io/library/web`` -> ``web:latest``: without Docker's own registry, with a tag. InputError for others."""
    bare = name.removeprefix("docker.io/").removeprefix("library/")
    stem, colon, tag = bare.rpartition(":")
    if not colon or "/" in tag:
        stem, tag = bare, "latest"
    if not _NAME.fullmatch(stem) or not _TAG.fullmatch(tag):
        wanted = "lower case letters, digits, '.', '_', '-' and '/', and a tag after ':'"
        raise InputError("The image's name is wrong.", problems=[Problem("name", repr(name), wanted)])
    return f"{stem}:{tag}"


def built() -> list[Built]:
    """All images, the newest first; of two of one name only the newest."""
    root = images_root()
    folders = root.iterdir() if root.is_dir() else ()
    found = sorted((one for one in map(_read, folders) if one), key=lambda one: -one.created)
    return list({one.name: one for one in reversed(found)}.values())[::-1]


def find(reference: str) -> Built | None:
    """The image that a container's ``image`` names; None where none was built."""
    try:
        name = full_name(reference.partition("@")[0])
    except InputError:
        return None
    return next((one for one in built() if one.name == name), None)


def _read(folder: Path) -> Built | None:
    try:
        told = json.loads((folder / "image.json").read_text())
        return Built(**{**told, "config": TypeAdapter(Config).validate_python(told["config"]), "folder": folder})
    except (OSError, ValueError, TypeError, KeyError):
        return None


@contextlib.contextmanager
def new_folder() -> Iterator[Path]:
    """A folder to build in; whatever goes wrong inside leaves nothing of it."""
    images_root().mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = images_root() / secrets.token_hex(6)
    folder.mkdir(mode=0o700)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise


def finish(folder: Path, *, name: str, base: str, python: str, config: Config) -> Built:
    """Say that an image is whole; of now on its name means it, and an older one of that name goes."""
    made = Built(name=name, base=base, python=python, created=time.time(), config=config, folder=folder)
    told = {key: value for key, value in asdict(made).items() if key != "folder"}
    draft = folder / "image.json.new"
    draft.write_text(json.dumps(told, indent=1))
    draft.rename(folder / "image.json")
    clear_rests(made)
    return made


def clear_rests(newest: Built | None = None) -> None:
    """Remove what nobody names any more and no pod runs: builds that were killed, older images of a newer one."""
    for folder in list(images_root().iterdir()) if images_root().is_dir() else ():
        image = _read(folder)
        replaced = image and newest and image.name == newest.name and image.folder != newest.folder
        if image and replaced:
            (folder / "image.json").unlink(missing_ok=True)
        if (image is None or replaced) and not _is_locked(folder) and not users(folder):
            shutil.rmtree(folder, ignore_errors=True)


def remove(name: str) -> None:
    """Remove an image. InputError where there is none of that name, or a pod runs from it."""
    image = find(name)
    if image is None:
        have = ", ".join(one.name for one in built()) or "none"
        raise InputError(
            f"There is no image {full_name(name)!r}.", problems=[Problem("image", name, f"one of: {have}")]
        )
    running = users(image.folder)
    if running:
        fix = "Delete the pods that run it first (kubectl delete deployment ...)."
        raise InputError(f"The image {image.name} is in use by process {running[0]}.", fix=fix)
    shutil.rmtree(image.folder)


def users(folder: Path) -> list[int]:
    """Processes that run from an image: its programs stand in their PATH."""
    wanted, found = os.fsencode(folder / "venv" / "bin"), []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                if wanted in Path(f"/proc/{entry}/environ").read_bytes():
                    found.append(int(entry))
    return found


def _is_locked(folder: Path) -> bool:
    """It is being built."""
    try:
        with (folder / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
