"""A locustfile before a run: packed with what lies beside it, and asked what it holds.

Its code runs in a process of its own (``loadtest.driver.inspection``), as Locust would import it: what it does to that
process, this one does not notice.
"""

import base64
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from loadtest.errors import Problem, ScenarioError, did_you_mean

MOST = 900_000  # characters in base64: a ConfigMap holds 1 MiB, an environment somewhat more
PATIENCE_S = 60.0
_SKIPPED = {"__pycache__", "node_modules", "venv", "env", "dist", "build", "runs"}


@dataclass(frozen=True)
class Inspected:
    """What a locustfile holds: its user classes by name with their weights; ``shape`` [[second, users]] of its
    LoadTestShape, None without one, or where the scenario has a plan."""

    classes: dict[str, float]
    shape: list[list[float]] | None


def pack(path: Path, where: str) -> str:
    """The file and all that lies in its folder and below, as a zip in base64. ScenarioError where it does not fit."""
    if not os.path.isfile(path):
        problem = Problem(where, str(path), "a Python file beside the scenario", did_you_mean(path.name, _beside(path)))
        raise ScenarioError("There is no such locustfile.", [problem])
    text = base64.b64encode(_zipped(path)).decode("ascii")
    if len(text) > MOST:
        found = f"{len(text):,} characters, compressed, with what lies in its folder"
        fix = "Give the locustfile a folder of its own; put what is larger into the load image or a volume."
        raise ScenarioError("The locustfile cannot travel.", [Problem(where, found, f"at most {MOST:,}", fix)])
    return text


def _beside(path: Path) -> list[str]:
    return [file.name for file in path.parent.glob("*.py")] if os.path.isdir(path.parent) else []


def _zipped(path: Path) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        size = 0
        for file in sorted({path, *_files(path.parent)}):
            size += file.stat().st_size
            if size > 50 * MOST:
                break  # too large whatever its compression
            archive.write(file, str(file.relative_to(path.parent)))
    return target.getvalue()


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name.startswith(".") or path.name in _SKIPPED or path.is_symlink():
            continue
        if os.path.isdir(path):
            yield from _files(path)
        elif path.suffix != ".pyc":
            yield path


def inspect(path: Path, load: Mapping[str, Any], where: str) -> Inspected:
    """Import a locustfile in another process; ScenarioError with what is wrong, as far as that shows by itself."""
    command = [sys.executable, "-m", "loadtest.driver.inspection", str(path.absolute()), json.dumps(load)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE_S, stdin=subprocess.DEVNULL, check=False
        )
    except subprocess.TimeoutExpired:
        _refuse(where, f"no end of its import within {PATIENCE_S:g} s", "an import that starts nothing")
    lines = done.stdout.splitlines()
    try:
        answer = json.loads(lines[-1]) if lines else None
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not answer.keys() & {"classes", "found"}:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        _refuse(where, f"a file whose import ends the process (exit code {done.returncode}): {last}", "a locustfile")
    if "found" in answer:
        _refuse(where, answer["found"], answer["wanted"], answer.get("fix", ""))
    return Inspected(answer["classes"], answer["shape"])


def _refuse(where: str, found: str, wanted: str, fix: str = "") -> NoReturn:
    raise ScenarioError("The locustfile cannot be used.", [Problem(where, found, wanted, fix)])
