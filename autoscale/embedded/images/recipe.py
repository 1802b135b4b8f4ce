"""From a Dockerfile to what has to be done for it: files to copy, packages to install, and how the image runs. Pure.

What a Python service needs of a Dockerfile is understood; everything else is refused by name, all at once.
"""

import posixpath
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from autoscale.base.errors import InputError, Problem
from autoscale.embedded.images.words import Instruction, exec_form, expand, instructions

_BASE = re.compile(r"(?:(?:docker\.io/)?library/|docker\.io/)?python(?::([\w.-]+))?(?:@sha256:\w+)?")
_VERSION = re.compile(r"(\d+)(?:\.(\d+))?")
_FLAG = re.compile(r"--([a-z-]+)(?:=(\S+))?\s*")
_PIP = (
    ("pip", "install"),
    ("pip3", "install"),
    ("python", "-m", "pip", "install"),
    ("python3", "-m", "pip", "install"),
)
_BASE_PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
KNOWN = "FROM python, WORKDIR, COPY, ADD of local files, RUN pip install, ENV, ARG, EXPOSE, USER, ENTRYPOINT and CMD"


@dataclass(frozen=True)
class Copy:
    """Files of the build's folder, and where they go: an absolute path, with a slash at the end of a folder's."""

    line: int
    sources: tuple[str, ...]
    target: str


@dataclass(frozen=True)
class Install:
    """``pip install`` with these arguments, in a folder of the image and with this environment."""

    line: int
    arguments: tuple[str, ...]
    workdir: str
    env: Mapping[str, str]


@dataclass(frozen=True)
class Config:
    """How the image runs: as Docker's image config has it. ``command`` is CMD; ``ports`` are ``5000/tcp``."""

    env: Mapping[str, str] = field(default_factory=dict)
    workdir: str = "/"
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    user: str = ""
    ports: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recipe:
    """A Dockerfile understood: ``base`` as FROM names it, ``python`` the (major, minor) it asks for, as far as it does;
    ``notes`` what is taken but makes no difference here."""

    base: str
    python: tuple[int, ...]
    steps: tuple[Copy | Install, ...]
    config: Config
    notes: tuple[str, ...]


def recipe(text: str, where: str, arguments: Mapping[str, str] | None = None) -> Recipe:
    """Read a Dockerfile; ``arguments`` are ``--build-arg``. InputError names everything that cannot be done."""
    reader = _Reader(where, dict(arguments or {}))
    for instruction in instructions(text):
        reader.read(instruction)
    if not reader.base and not reader.problems:
        reader.problems.append(Problem(where, "no FROM", "FROM python:3.12 or the like"))
    for name in reader.unused:
        reader.notes.append(f"no ARG takes the build argument {name}")
    if reader.problems:
        fix = "Take it out, or build the image with Docker and use it on a real cluster."
        raise InputError("The Dockerfile cannot be built here.", problems=reader.problems, fix=fix)
    return Recipe(
        base=reader.base,
        python=reader.python,
        steps=tuple(reader.steps),
        config=reader.config,
        notes=tuple(dict.fromkeys(reader.notes)),
    )


class _Reader:
    """How far the reading is: what is set so far, and every problem."""

    def __init__(self, where: str, given: dict[str, str]) -> None:
        self.where, self._given = where, given
        self.base, self.python = "", tuple[int, ...]()
        self.steps: list[Copy | Install] = []
        self.config = Config(env={"PATH": _BASE_PATH}, command=("python3",))
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        self.unused = set(given)
        self._arguments: dict[str, str] = {}
        self._line, self._has_command = 0, False

    def read(self, instruction: Instruction) -> None:
        """Take one instruction."""
        self._line = instruction.line
        act = _ACTS.get(instruction.name)
        if act is None:
            self._refuse(instruction.name, KNOWN)
        elif not self.base and instruction.name not in ("FROM", "ARG"):
            self._refuse(instruction.name, "FROM first")
        elif "<<" in instruction.text and instruction.name in ("RUN", "COPY", "ADD"):
            self._refuse(f"{instruction.name} {instruction.text.split()[0]}", "no here-documents")
        elif not instruction.text:
            self._refuse(f"{instruction.name} of nothing", "what it is about")
        else:
            act(self, instruction.text)

    def _refuse(self, found: str, wanted: str) -> None:
        self.problems.append(Problem(f"{self.where}: line {self._line}", found, wanted))

    def _expanded(self, text: str) -> str:
        return expand(text, {**self._arguments, **self.config.env})

    def _flags(self, text: str, known: tuple[str, ...], name: str) -> str:
        """The text after its ``--flags``; the known ones make no difference here."""
        while match := _FLAG.match(text):
            if match[1] not in known:
                self._refuse(f"{name} --{match[1]}", f"{name} without it")
            else:
                self.notes.append(f"{name} --{match[1]} makes no difference here")
            text = text[match.end() :]
        return text

    def from_(self, text: str) -> None:
        """The base image; only one stage."""
        words = self._flags(self._expanded(text), ("platform",), "FROM").split()
        if self.base:
            self._refuse(f"a second FROM {text}", "one stage")
            return
        self.base = words[0] if words else text
        match = _BASE.fullmatch(self.base)
        if match is None:
            self._refuse(f"FROM {self.base}", "an official Python image (python:3.12, python:3.12-slim, ...)")
            return
        version = _VERSION.match(match[1] or "")
        self.python = tuple(int(part) for part in version.groups() if part) if version else ()

    def arg(self, text: str) -> None:
        """A build argument, with its default."""
        for word in _words(text):
            name, given, default = word.partition("=")
            self.unused.discard(name)
            if name in self._given:
                self._arguments[name] = self._given[name]
            elif given:
                self._arguments[name] = self._expanded(default)

    def env(self, text: str) -> None:
        """``ENV A=1 B="two words"``, or the old ``ENV NAME all the rest``."""
        first, _, rest = text.partition(" ")
        old = [(first, "", rest.strip())]
        pairs = [word.partition("=") for word in _words(text)] if "=" in first else old
        values = {name: self._expanded(value) for name, _, value in pairs}
        self.config = replace(self.config, env={**self.config.env, **values})

    def workdir(self, text: str) -> None:
        """Where what follows happens, and where the container starts."""
        path = posixpath.normpath(posixpath.join(self.config.workdir, self._expanded(text)))
        self.config = replace(self.config, workdir=path)
        self.steps.append(Copy(self._line, (), path + "/"))

    def copy(self, text: str, name: str = "COPY") -> None:
        """Files of the build's folder."""
        text = self._flags(text, ("chown", "chmod", "link"), name)
        words = [self._expanded(word) for word in exec_form(text) or _words(text)]
        if len(words) < 2:
            self._refuse(f"{name} {text}", "a source and a destination")
            return
        sources, target = words[:-1], words[-1]
        path = posixpath.normpath(posixpath.join(self.config.workdir, target))
        folder = target.endswith(("/", "/.")) or target == "." or len(sources) > 1
        self.steps.append(Copy(self._line, tuple(sources), path + "/" if folder else path))

    def add(self, text: str) -> None:
        """As COPY, where nothing has to be fetched or unpacked."""
        for word in _words(text)[:-1]:
            if "://" in word or word.startswith("git@"):
                self._refuse(f"ADD {word}", "local files")
                return
            if re.search(r"\.(tar|tgz|tar\.\w+|txz|tbz2?)$", word):
                self._refuse(f"ADD {word}", "files that need not be unpacked (COPY takes an archive as it is)")
                return
        self.copy(text, "ADD")

    def run(self, text: str) -> None:
        """One or more ``pip install``; what a build mounts as a cache is not needed here."""
        if text.startswith("--mount") and not text.startswith("--mount=type=cache"):
            self._refuse(f"RUN {text.split()[0]}", "RUN pip install")
            return
        text = self._flags(text, ("mount",), "RUN")
        exact = exec_form(text)
        values = {**self._arguments, **self.config.env}
        parts = [list(exact)] if exact else list(_commands(expand(text, values)))
        for words in parts:
            arguments = _pip_arguments(words)
            if arguments is None:
                self._refuse(f"RUN {' '.join(words[:3])}", "RUN pip install")
                continue
            self.steps.append(Install(self._line, arguments, self.config.workdir, values))

    def expose(self, text: str) -> None:
        """Ports that are written down, as Docker does; they open by themselves."""
        ports = [word if "/" in word else f"{word}/tcp" for word in self._expanded(text).split()]
        self.config = replace(self.config, ports=tuple(dict.fromkeys((*self.config.ports, *ports))))

    def user(self, text: str) -> None:
        """Written down; pods run as whoever started the cluster."""
        self.config = replace(self.config, user=self._expanded(text))
        self.notes.append("USER makes no difference here: pods run as the user who started the cluster")

    def entrypoint(self, text: str) -> None:
        """The program; the base image's own CMD is not its argument, one of this file is."""
        own = self.config.command if self._has_command else ()
        self.config = replace(self.config, entrypoint=_command(text), command=own)

    def command(self, text: str) -> None:
        """Its arguments, or the whole command line."""
        self._has_command = True
        self.config = replace(self.config, command=_command(text))


_ACTS: Mapping[str, Callable[[_Reader, str], None]] = {
    "FROM": _Reader.from_,
    "ARG": _Reader.arg,
    "ENV": _Reader.env,
    "WORKDIR": _Reader.workdir,
    "COPY": _Reader.copy,
    "ADD": _Reader.add,
    "RUN": _Reader.run,
    "EXPOSE": _Reader.expose,
    "USER": _Reader.user,
    "ENTRYPOINT": _Reader.entrypoint,
    "CMD": _Reader.command,
}


def _command(text: str) -> tuple[str, ...]:
    words = exec_form(text)
    return ("/bin/sh", "-c", text) if words is None else words


def _words(text: str) -> list[str]:
    """Words as a shell has them; a quote that does not end is a character."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _commands(text: str) -> Iterator[list[str]]:
    """The commands of ``a && b``, each in words."""
    for part in text.split("&&"):
        yield _words(part.strip())


def _pip_arguments(words: list[str]) -> tuple[str, ...] | None:
    """What follows ``pip install``; None where it is something else, or more than that. An image's packages are for all
    its users, so ``--user`` goes."""
    for start in _PIP:
        rest = words[len(start) :]
        if tuple(words[: len(start)]) == start and rest and not any(map(_is_more, rest)):
            return tuple(word for word in rest if word != "--user")
    return None


def _is_more(word: str) -> bool:
    """Something of a shell's; not ``flask>=3`` or ``uvicorn; python_version > "3"``, which were in quotes."""
    quoted = re.match(r"[A-Za-z0-9][\w.-]*(\[[\w,.-]+\])?\s*(==|>=|<=|~=|!=|<|>|;)\s*\S", word)
    return quoted is None and re.search(r"[;|&<>`]|\$\(", word) is not None
