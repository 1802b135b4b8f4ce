"""The folder that an image is built of: which of its files COPY means, without what ``.dockerignore`` names."""

import fnmatch
import os
import posixpath
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autoscale.base.errors import InputError, Problem
from autoscale.embedded.images.recipe import Copy


@dataclass(frozen=True)
class Context:
    """A build's folder; ``where`` names its Dockerfile in messages."""

    folder: Path
    where: str

    def copy(self, step: Copy, root: Path) -> None:
        """Copy the files of a step under ``root``. InputError where a source is not there."""
        target = root / step.target.lstrip("/")
        if step.target.endswith("/"):
            target.mkdir(parents=True, exist_ok=True)
        ignored = _Ignored(self.folder)
        for pattern in step.sources:
            found = list(self._matches(pattern, ignored))
            if not found:
                wanted = "a file of the build's folder"
                raise InputError(
                    "The image cannot be built.",
                    problems=[Problem(f"{self.where}: line {step.line}", f"no {pattern}", wanted)],
                )
            for name in found:
                self._take(name, target, ignored)

    def _matches(self, pattern: str, ignored: "_Ignored") -> Iterator[str]:
        """Paths relative to the folder; "." is the folder itself. What lies outside of it is not there."""
        clean = posixpath.normpath(pattern.lstrip("/") or ".")
        if clean == ".":
            yield clean
            return
        names = [clean] if os.path.exists(self.folder / clean) else self._globbed(clean)
        yield from (name for name in names if not name.startswith("..") and not ignored(name))

    def _globbed(self, pattern: str) -> list[str]:
        if not re.search(r"[*?\[]", pattern) or pattern.startswith(".."):
            return []
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.glob(pattern))

    def _take(self, name: str, target: Path, ignored: "_Ignored") -> None:
        """A folder's contents go into the target, a file goes there, or into it where it is a folder."""
        source = self.folder / name
        if source.is_dir():
            shutil.copytree(
                source,
                target,
                symlinks=True,
                dirs_exist_ok=True,
                ignore=lambda at, names: [
                    one for one in names if ignored(os.path.relpath(os.path.join(at, one), self.folder))
                ],
            )
            return
        target = target / source.name if target.is_dir() else target
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


class _Ignored:
    """Whether ``.dockerignore`` leaves a path out: the last pattern that fits decides, ``!`` takes it back."""

    def __init__(self, folder: Path) -> None:
        file = folder / ".dockerignore"
        lines = file.read_text().splitlines() if file.is_file() else []
        kept = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        self._rules = [(one.removeprefix("!").strip("/"), one.startswith("!")) for one in kept]

    def __call__(self, path: str) -> bool:
        result = False
        for pattern, back in self._rules:
            if _fits(path, pattern):
                result = not back
        return result


def _fits(path: str, pattern: str) -> bool:
    """The pattern names the path or a folder above it; ``**/`` is any number of folders, also none."""
    parts = path.split("/")
    above = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    bare = pattern.removeprefix("**/")
    if bare != pattern:
        return any(_matches(one, bare) for start in range(len(parts)) for one in _heads(parts[start:]))
    return any(_matches(one, pattern) for one in above)


def _heads(parts: list[str]) -> list[str]:
    return ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _matches(path: str, pattern: str) -> bool:
    """``*`` stays within one name, as Go's ``filepath.Match`` has it."""
    mine, wanted = path.split("/"), pattern.split("/")
    return len(mine) == len(wanted) and all(map(fnmatch.fnmatchcase, mine, wanted))
