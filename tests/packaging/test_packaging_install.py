"""The locks are installed by the oldest pips that supported systems bring, whatever is published after them."""

import os
import re
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest
from locks import ROOT
from stubs import NEWER, index, requirements

from tests.conftest import need

pytestmark = pytest.mark.long

# Versions that supported systems bring, and the newest Python that each of them runs on.
OLDEST = {"23.0.1": (3, 11), "23.2.1": (3, 12)}  # Debian 12; Python 3.11.7 and 3.12.0
Pip = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module", params=OLDEST)
def pip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pip:
    """An old pip beside an empty environment that it sees."""
    if sys.version_info[:2] > OLDEST[request.param]:
        pytest.skip(f"no Python as new as this one brings pip {request.param}")
    folder = tmp_path_factory.mktemp("pip")
    fetch = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--retries", "1"]
    got = subprocess.run([*fetch, "--target", folder / "pip", f"pip=={request.param}"], capture_output=True, text=True)
    need(got.returncode == 0, f"pip {request.param} cannot be fetched (is the index reachable?): {got.stderr[-300:]}")
    venv.create(folder / "empty", with_pip=False)
    environment = {**os.environ, "PYTHONPATH": str(folder / "pip")}

    def run(*words: str | Path) -> "subprocess.CompletedProcess[str]":
        command = [folder / "empty" / "bin" / "python", "-m", "pip", "--isolated", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    assert f"pip {request.param} " in run("--version").stdout
    return run


def makefiles() -> list[str]:
    """The words after pip with which the Makefile installs a lock."""
    text = (ROOT / "Makefile").read_text()
    install = re.search(r"^INSTALL := \$\(BIN\)/python -m pip (.*)$", text, re.MULTILINE)
    lock = re.search(r"\$\(INSTALL\) (.*)-r requirements/\$\(1\)\.txt", text)
    assert install
    assert lock
    return [*install[1].split(), *lock[1].split()]


def images(lock: str) -> list[str]:
    """The words after pip with which the image beside a lock installs it."""
    found = re.search(r"bin/pip (install .*)-r ", (ROOT / lock).with_name("Dockerfile").read_text())
    assert found
    return found[1].split()


def offline(folder: Path) -> list[str | Path]:
    """Words that make pip look into a folder only, and install nothing."""
    return ["--no-index", "--find-links", folder, "--dry-run"]


# Those that name extras; the lock of the tests holds the pins of requirements/run.txt too.
@pytest.mark.parametrize("lock", ["requirements/dev.txt", "loadtest/driver/requirements.txt"])
def test_a_lock_is_taken_when_everything_in_it_has_a_newer_version(pip: Pip, lock: str, tmp_path: Path) -> None:
    """With the very words of the Makefile and of the images, all of it and in the pinned versions."""
    hashed = index((ROOT / lock).read_text(), tmp_path)
    (tmp_path / "lock.txt").write_text(requirements(hashed, extras=True))
    words = makefiles() if lock.startswith("requirements/") else images(lock)
    done = pip(*(word for word in words if word != "-q"), *offline(tmp_path), "-r", tmp_path / "lock.txt")
    assert done.returncode == 0, done.stderr
    taken = done.stdout.rpartition("Would install ")[2].split()
    assert len(taken) == len(hashed)
    assert not [word for word in taken if word.endswith(f"-{NEWER}")]


def test_a_lock_without_extras_is_refused_where_pip_resolves(pip: Pip, tmp_path: Path) -> None:
    """What set-up was before: the same pins with their extras left out, and pip left to look for dependencies."""
    hashed = index((ROOT / "loadtest/driver/requirements.txt").read_text(), tmp_path)
    (tmp_path / "lock.txt").write_text(requirements(hashed, extras=False))
    done = pip("install", "--require-hashes", *offline(tmp_path), "-r", tmp_path / "lock.txt")
    assert done.returncode != 0
    assert "In --require-hashes mode, all requirements must have their versions pinned" in done.stderr


def test_a_wheel_that_was_changed_is_refused(pip: Pip, tmp_path: Path) -> None:
    """Not to look for dependencies does not mean not to look at the hashes."""
    [(pin, _), *_] = index((ROOT / "app/requirements.txt").read_text(), tmp_path)
    (tmp_path / "lock.txt").write_text(requirements([(pin, "0" * 64)], extras=True))
    done = pip(*makefiles(), *offline(tmp_path), "-r", tmp_path / "lock.txt")
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr
