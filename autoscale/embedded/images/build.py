"""Build an image: a folder of files and a virtual environment, made as a Dockerfile says."""

import os
import posixpath
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from autoscale.base import images as ours
from autoscale.base.errors import InputError, Problem
from autoscale.embedded.images import shelf
from autoscale.embedded.images.context import Context
from autoscale.embedded.images.recipe import Copy, Install, Recipe, recipe

LAST_LINES = 15
Say = Callable[[str], None]


def build(name: str, folder: Path, *, file: Path | None, arguments: Mapping[str, str], say: Say) -> shelf.Built:
    """Build the Dockerfile of a folder as an image of that name; ``say`` is told what happens.

    InputError where it cannot be built: nothing of it stays, and an image that had the name before keeps it.
    """
    full = shelf.full_name(name)
    if full.partition(":")[0] in (ours.APP, ours.LOAD):
        raise InputError(f"{full} is the name of an image of this project.", fix="Take another name.")
    dockerfile = file or folder / "Dockerfile"
    try:
        text = dockerfile.read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"{dockerfile} cannot be read: {why}.", fix="Name a folder with a Dockerfile, or -f."
        ) from error
    plan = recipe(text, str(dockerfile), arguments)
    interpreter, version = _interpreter(plan, say)
    for note in plan.notes:
        say(f"note: {note}")
    shelf.clear_rests()
    with shelf.new_folder() as place:
        _make(place, plan, Context(folder, str(dockerfile)), interpreter, say)
        return shelf.finish(place, name=full, base=plan.base, python=version, config=plan.config)


def _interpreter(plan: Recipe, say: Say) -> tuple[str, str]:
    """The Python that FROM asks for, where this machine has it; else this one, which is said."""
    own = ".".join(map(str, sys.version_info[:3]))
    if plan.python == sys.version_info[: len(plan.python)]:
        return sys.executable, own
    wanted = ".".join(map(str, plan.python))
    found = shutil.which(f"python{wanted}") if len(plan.python) == 2 else None
    if found:
        asked = subprocess.run(
            [found, "-c", "import ensurepip, platform, venv; print(platform.python_version())"],
            capture_output=True,
            text=True,
        )
        if asked.returncode == 0:
            return found, asked.stdout.strip()
    say(f"note: FROM {plan.base} is Python {wanted}; this machine has {own}, and the image runs on that")
    return sys.executable, own


def _make(place: Path, plan: Recipe, context: Context, interpreter: str, say: Say) -> None:
    (place / "root").mkdir()
    say(f"FROM {plan.base}")
    _run([interpreter, "-m", "venv", "--without-pip", str(place / "venv")], "making the virtual environment", {}, place)
    if any(isinstance(step, Install) for step in plan.steps):
        # pip is most of the time of making an environment: it comes where something has to be installed.
        python = str(place / "venv" / "bin" / "python")
        _run([python, "-m", "ensurepip", "--default-pip"], "installing pip", {}, place)
    for step in plan.steps:
        if isinstance(step, Copy):
            say(f"COPY {' '.join(step.sources)} {step.target}") if step.sources else say(f"WORKDIR {step.target[:-1]}")
            context.copy(step, place / "root")
        else:
            say(f"RUN pip install {' '.join(step.arguments)}")
            _install(place, step, context.where)


def _install(place: Path, step: Install, where: str) -> None:
    """``pip install`` in the image's folder; paths of the image are found there."""
    root = place / "root"
    arguments = [_inside(root, word) for word in step.arguments]
    env = {**step.env, "PATH": f"{place / 'venv' / 'bin'}:{os.environ.get('PATH', os.defpath)}"}
    command = [
        str(place / "venv" / "bin" / "python"),
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        *arguments,
    ]
    _run(command, f"{where}: line {step.line}", env, root / step.workdir.lstrip("/"))


def _inside(root: Path, word: str) -> str:
    """A path of the image as a path of this machine; any other word as it is."""
    option, equals, path = word.rpartition("=")
    if posixpath.isabs(path) and (root / path.lstrip("/")).exists():
        return f"{option}{equals}{root / path.lstrip('/')}"
    return word


def _run(command: list[str], where: str, env: Mapping[str, str], cwd: Path) -> None:
    """Run to the end; InputError with the last lines it said where it fails."""
    kept = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    }
    cwd.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**kept, **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        said = done.stdout.decode(errors="replace").strip().splitlines()[-LAST_LINES:]
        raise InputError(
            f"The image could not be built; nothing of it stays. {where} said:\n" + "\n".join(f"    {x}" for x in said),
            problems=[Problem(where, f"exit code {done.returncode}", "0")],
        )
