"""apt-get beside another one: its lock is waited for and not failed on."""

import fcntl
import shutil
import threading
from pathlib import Path

import pytest

from tests.conftest import need
from tests.local_cluster.apt import apt


@pytest.fixture
def own(tmp_path: Path) -> list[str]:
    """Options that give apt-get lists, a cache and a dpkg status of the test's own, and no source at all."""
    need(shutil.which("apt-get") is not None, "no apt-get: Debian and its kin have it")
    for folder in ("lists/partial", "cache/archives/partial", "dpkg/updates"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "dpkg" / "status").touch()
    options = {
        "Dir::State": tmp_path,
        "Dir::State::lists": tmp_path / "lists",
        "Dir::State::status": tmp_path / "dpkg/status",
        "Dir::Cache": tmp_path / "cache",
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": "/dev/null",
    }
    return [word for name, value in options.items() for word in ("-o", f"{name}={value}")]


# What is asked of apt-get, and the lock that it takes for that: of the lists, and of dpkg.
LOCKS = [("update", "lists/lock"), ("install", "dpkg/lock-frontend")]


@pytest.mark.parametrize(("word", "lock"), LOCKS)
def test_a_held_lock_is_waited_for(own: list[str], tmp_path: Path, word: str, lock: str) -> None:
    """It is said once; as soon as the other one is done, it goes on."""
    said: list[str] = []
    waits = threading.Event()

    def hear(text: str) -> None:
        said.append(text)
        waits.set()

    with (tmp_path / lock).open("w") as other:
        fcntl.lockf(other, fcntl.LOCK_EX)
        done: list[str] = []
        thread = threading.Thread(target=lambda: done.append(apt([word, *own], say=hear)))
        thread.start()
        assert waits.wait(60)
        fcntl.lockf(other, fcntl.LOCK_UN)
        thread.join()
    assert done == [""]
    assert len(said) == 1


@pytest.mark.parametrize(("word", "lock"), LOCKS)
def test_a_lock_that_is_held_for_ever_is_an_error(own: list[str], tmp_path: Path, word: str, lock: str) -> None:
    """After the longest wait, in apt's words."""
    with (tmp_path / lock).open("w") as other:
        fcntl.lockf(other, fcntl.LOCK_EX)
        assert "lock" in apt([word, *own], longest_s=0.0, say=lambda _: None)


def test_another_failure_is_not_waited_for(own: list[str]) -> None:
    """A word that apt-get does not know fails at once."""
    assert apt(["updaet", *own]) != ""


@pytest.mark.parametrize(("word", "lock"), LOCKS)
def test_a_lock_that_cannot_be_opened_is_not_waited_for(own: list[str], tmp_path: Path, word: str, lock: str) -> None:
    """As of somebody who is not root: apt has other words for it, and nobody is told to wait."""
    (tmp_path / lock).mkdir()
    said: list[str] = []
    assert "Could not open lock file" in apt([word, *own], say=said.append)
    assert said == []
