"""apt-get beside another one: its lock is waited for and not failed on."""

import fcntl
import shutil
import threading
from pathlib import Path

import pytest

from tests.conftest import need
from tests.local_cluster.apt import apt


@pytest.fixture
def update(tmp_path: Path) -> list[str]:
    """``apt-get update`` of lists of the test's own, from no source at all."""
    need(shutil.which("apt-get") is not None, "no apt-get: Debian and its kin have it")
    (tmp_path / "lists" / "partial").mkdir(parents=True)
    options = {
        "Dir::State::lists": tmp_path / "lists", "Dir::Cache": tmp_path / "cache",
        "Dir::Etc::sourcelist": "/dev/null", "Dir::Etc::sourceparts": "/dev/null",
    }  # fmt: skip
    return ["update", *(word for name, value in options.items() for word in ("-o", f"{name}={value}"))]


def test_a_held_lock_is_waited_for(update: list[str], tmp_path: Path) -> None:
    """It is said once; as soon as the other one is done, it goes on."""
    said: list[str] = []
    waits = threading.Event()

    def hear(text: str) -> None:
        said.append(text)
        waits.set()

    with (tmp_path / "lists" / "lock").open("w") as other:
        fcntl.lockf(other, fcntl.LOCK_EX)
        done: list[str] = []
        thread = threading.Thread(target=lambda: done.append(apt(update, say=hear)))
        thread.start()
        assert waits.wait(60)
        fcntl.lockf(other, fcntl.LOCK_UN)
        thread.join()
    assert done == [""]
    assert len(said) == 1


def test_a_lock_that_is_held_for_ever_is_an_error(update: list[str], tmp_path: Path) -> None:
    """After the longest wait, in apt's words."""
    with (tmp_path / "lists" / "lock").open("w") as other:
        fcntl.lockf(other, fcntl.LOCK_EX)
        assert "lock" in apt(update, longest_s=0.0, say=lambda _: None)


def test_another_failure_is_not_waited_for(update: list[str]) -> None:
    """A word that apt-get does not know fails at once."""
    assert apt(["updaet", *update[1:]]) != ""
