"""Set-up under interruption and haste: the Makefile's own lines, with a Python that only writes down its orders."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.conftest import eventually, need

ROOT = Path(__file__).resolve().parents[2]
# `-m venv DIR` makes DIR/bin/python, which is this script again; installing waits as long as the file `hold` is there.
PYTHON = """#!/bin/sh
echo "$@" >> "{log}"
case "$*" in
  "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  *"pip install"*) while test -e "{hold}"; do sleep 0.05; done ;;
esac
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The Makefile, its locks, and a Python of the test's own."""
    need(shutil.which("make") is not None, "no make on this machine")
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    python = tmp_path / "python"
    python.write_text(PYTHON.format(log=tmp_path / "log", hold=tmp_path / "hold"))
    python.chmod(0o755)
    return tmp_path


def setup(copy: Path) -> "subprocess.Popen[str]":
    """``make setup``, in a process group of its own as a shell would give it."""
    words = ["make", "setup", f"PYTHON={copy / 'python'}"]
    return subprocess.Popen(
        words, cwd=copy, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def told(copy: Path, words: str) -> int:
    """How often Python was told something that begins so."""
    log = copy / "log"
    return sum(line.startswith(words) for line in log.read_text().splitlines()) if log.exists() else 0


def test_what_an_interruption_left_is_made_again_from_nothing(copy: Path) -> None:
    """Ctrl-C while packages are installed: the next set-up begins anew, and the one after that does nothing."""
    (copy / "hold").touch()
    first = setup(copy)
    eventually(lambda: told(copy, "-m pip install"), "the first installation")
    os.killpg(first.pid, signal.SIGINT)
    first.communicate()
    assert first.returncode != 0
    assert (copy / ".venv.unfinished").exists()
    (copy / "hold").unlink()
    second = setup(copy)
    said, _ = second.communicate()
    assert second.returncode == 0, said
    assert told(copy, "-m venv") == 2
    assert not (copy / ".venv.unfinished").exists()
    third = setup(copy)
    third.communicate()
    assert (third.returncode, told(copy, "-m venv")) == (0, 2)


def test_of_two_at_once_one_does_the_work(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second waits for the first and finds the environment made."""
    need(shutil.which("flock") is not None, "no flock on this machine: util-linux has it")
    (copy / "hold").touch()
    both = [setup(copy), setup(copy)]
    eventually(lambda: told(copy, "-m pip install"), "one of them")
    (copy / "hold").unlink()
    assert [(one.communicate(), one.returncode)[1] for one in both] == [0, 0]
    assert told(copy, "-m venv") == 1


@pytest.mark.parametrize(("changed", "again"), [("requirements/run.txt", True), ("README.md", False)])
def test_an_environment_is_made_again_when_what_it_is_made_of_changes(copy: Path, changed: str, again: bool) -> None:
    """A newer lock is installed over it; another file does not matter."""
    setup(copy).communicate()
    before = told(copy, "-m pip install")
    stamp = (copy / ".venv" / ".run").stat().st_mtime
    (copy / changed).touch()
    os.utime(copy / changed, (stamp + 5, stamp + 5))
    setup(copy).communicate()
    assert (told(copy, "-m pip install") > before) is again
