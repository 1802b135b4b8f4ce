"""The lock files as values: pins, and what the pinned distributions' own metadata ask for."""

import itertools
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
# lock file -> the groups and extras of pyproject.toml that it is made of ("": the project's own dependencies)
LOCKS = {
    "requirements/run.txt": ("", "whatif", "build"),
    "requirements/dev.txt": ("", "whatif", "dev"),
    "app/requirements.txt": ("app",),
    "loadtest/driver/requirements.txt": ("driver",),
}
Environment = dict[str, str]
# Every system that the project says it runs on.
SYSTEMS: list[Environment] = [
    {
        "python_version": f"3.{minor}",
        "python_full_version": f"3.{minor}.7",
        "implementation_version": f"3.{minor}.7",
        "platform_machine": machine,
        "platform_system": "Linux",
        "sys_platform": "linux",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    for minor, machine in itertools.product((11, 12, 13, 14), ("x86_64", "aarch64"))
]


def pins(text: str, system: Environment | None = None) -> dict[str, Requirement]:
    """Canonical name -> pin of a lock file's text, as far as it counts on a system (None: this one)."""
    lines = (line.removesuffix("\\") for line in text.splitlines() if line[:1].isalnum())
    every = map(Requirement, lines)
    return {canonicalize_name(pin.name): pin for pin in every if not pin.marker or pin.marker.evaluate(system)}


def declared(group: str) -> list[Requirement]:
    """What pyproject.toml declares: the project's own dependencies for "", else the extra's or the group's with its
    includes."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    named = {"": project["project"]["dependencies"], **extras, **project["dependency-groups"]}
    entries = named[group]
    texts = [entry for entry in entries if isinstance(entry, str)]
    included = [entry["include-group"] for entry in entries if isinstance(entry, dict)]
    return [*map(Requirement, texts), *(one for name in included for one in declared(name))]


def needs(name: str) -> list[Requirement]:
    """What an installed distribution's metadata requires; nothing is known of one that is not installed here."""
    try:
        return [Requirement(text) for text in distribution(name).requires or []]
    except PackageNotFoundError:
        return []


def applies(requirement: Requirement, system: Environment, extras: set[str]) -> bool:
    """Whether a requirement counts on a system where these extras of its distribution are asked for."""
    marker = requirement.marker
    return marker is None or any(marker.evaluate(system | {"extra": extra}) for extra in extras | {""})


def faults(locked: dict[str, Requirement], roots: list[Requirement], system: Environment) -> Iterator[str]:
    """What is asked for and not ``locked`` on a system: no pin, another version, or an extra that is not named."""
    asked: dict[str, set[str]] = {}
    todo = [(one, "pyproject.toml") for one in roots if applies(one, system, set())]
    while todo:
        requirement, by = todo.pop()
        name = canonicalize_name(requirement.name)
        pin = locked.get(name)
        if pin is None:
            yield f"{by} asks for {requirement}: no pin"
            continue
        version = next(iter(pin.specifier)).version
        if not requirement.specifier.contains(version, prereleases=True):
            yield f"{by} asks for {requirement}: {version} is pinned"
        if missing := requirement.extras - pin.extras:
            yield f"{by} asks for {requirement}: the pin does not name {', '.join(sorted(missing))}"
        if name in asked and requirement.extras <= asked[name]:
            continue
        asked[name] = asked.get(name, set()) | requirement.extras
        todo += [(one, name) for one in needs(name) if applies(one, system, asked[name])]
