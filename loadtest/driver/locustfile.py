"""People's own Locust files: unpacked, imported and made ready as ``locust -f`` would."""

import base64
import importlib.metadata
import io
import os
import re
import sys
import tempfile
import traceback
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import locust
from locust import LoadTestShape, User, argument_parser
from locust.env import Environment
from locust.user.task import filter_tasks_by_tags
from locust.util.load_locustfile import load_locustfile

from loadtest.errors import Problem, ScenarioError, did_you_mean

_WHERE = "load.locustfile"


@dataclass(frozen=True)
class Behaviour:
    """What a locustfile says: its user classes, weighted as the scenario wants them, and its shapes."""

    name: str
    classes: list[type[User]]
    shapes: list[LoadTestShape]


def unpack(files: str) -> Path:
    """Write the packed files to a new folder, also where the root file system is read-only."""
    for parent in (None, "/dev/shm"):
        try:
            folder = Path(tempfile.mkdtemp(prefix="locustfile-", dir=parent))
            break
        except OSError:
            continue
    else:
        raise ScenarioError("The locustfile has no place here.", [Problem(_WHERE, "no folder to write to", "/dev/shm")])
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(files))) as archive:
        archive.extractall(folder)
    return folder


def behaviour(path: Path, load: Mapping[str, Any]) -> Behaviour:
    """Import the file; ScenarioError where it cannot be used, with the line of it that is to blame."""
    _require(load["requirements"])
    os.environ.update(load["env"])
    os.chdir(path.parent)  # where data files are looked for
    sys.path.insert(0, str(path.parent))  # modules beside it, also those imported later
    classes, shapes = _imported(path)
    chosen = _chosen(classes, load)
    return Behaviour(path.name, chosen, shapes)


def environment(found: Behaviour, load: Mapping[str, Any], host: str) -> Environment:
    """Locust's environment for it: the file's event listeners and arguments of its own are known."""
    # Locust's own options come from LOCUST_... variables too: those of a file are set by `load.env`.
    options = argument_parser.get_parser(default_config_files=[]).parse_args([])
    options.tags, options.exclude_tags = load["tags"], load["exclude_tags"]
    return Environment(
        user_classes=found.classes,
        locustfile=found.name,
        events=locust.events,
        host=host,
        stop_timeout=load["stop_timeout"],
        tags=load["tags"],
        exclude_tags=load["exclude_tags"],
        parsed_options=options,
    )


def _require(names: list[str]) -> None:
    named = {re.split(r"[^\w.-]", text.strip())[0]: text for text in names}
    # An address may hold who may fetch from it.
    missing = [name if re.search("@|://", text) else text for name, text in named.items() if not _installed(name)]
    if missing:
        fix = (
            "Install them into the environment that runs autoscale, which imports the file first; for a real cluster "
            f"also `make images REQUIREMENTS='{' '.join(missing)}'`."
        )
        problem = Problem(
            "load.requirements", ", ".join(missing), "packages that are installed where the load runs", fix
        )
        raise ScenarioError("Packages of the locustfile are missing.", [problem])


def _installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _imported(path: Path) -> tuple[dict[str, type[User]], list[LoadTestShape]]:
    try:
        return load_locustfile(str(path))
    except SystemExit as error:
        _refuse(
            f"{path.name} ends the process when it is imported (exit code {error.code})", "a file that can be imported"
        )
    except Exception as error:
        own = [
            frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(str(path.parent))
        ]
        line = error.lineno if isinstance(error, SyntaxError) else own[-1].lineno if own else None
        place = f"{Path(own[-1].filename).name if own else path.name}: line {line}: " if line else ""
        fix = ""
        if isinstance(error, ModuleNotFoundError):
            fix = (
                "Install its package where autoscale runs and name it in load.requirements; or put it beside the file."
            )
        _refuse(f"{place}{type(error).__name__}: {error}", "a file that can be imported", fix)
    raise AssertionError("not reached")


def _chosen(classes: Mapping[str, type[User]], load: Mapping[str, Any]) -> list[type[User]]:
    if not classes:
        _refuse("no user class", "a class that extends HttpUser, FastHttpUser or User and is not abstract")
    users: Mapping[str, float] | None = load["users"]
    if users is not None:
        unknown = [name for name in users if name not in classes]
        if unknown:
            fix = did_you_mean(unknown[0], list(classes))
            _refuse(f"no user class {', '.join(unknown)} (load.users)", "one of " + ", ".join(classes), fix)
        for name, weight in users.items():
            classes[name].weight, classes[name].fixed_count = weight, 0
    chosen = [one for name, one in classes.items() if users is None or name in users]
    chosen = [one for one in chosen if one.weight > 0 or one.fixed_count > 0]
    if not chosen:
        _refuse("only user classes of weight 0", "one that is to be run")
    _check_tasks(chosen, load)
    return chosen


def _check_tasks(chosen: list[type[User]], load: Mapping[str, Any]) -> None:
    tags, without = (set(load[name]) if load[name] else None for name in ("tags", "exclude_tags"))
    for one in chosen:
        if one.tasks and (tags or without):
            filter_tasks_by_tags(one, tags, without)
        if not one.tasks:
            _refuse(
                f"the user class {one.__name__} without a task" + (" after tags" if tags or without else ""), "@task"
            )


def _refuse(found: str, wanted: str, fix: str = "") -> None:
    raise ScenarioError("The locustfile cannot be used.", [Problem(_WHERE, found, wanted, fix)])
