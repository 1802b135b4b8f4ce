"""The page after a run: it stays at a terminal, says so, and ends at a key; nobody else waits."""

import os
import pty
import subprocess
import sys
from io import StringIO

import pytest

from autoscale.cli.stay import is_watched
from tests.conftest import eventually

STAY = "from autoscale.cli.stay import stay; stay('http://x', print, 60); print('over')"


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("ends", "env", "watched"),
    [
        ((Terminal, Terminal), {}, True),
        ((StringIO, Terminal), {}, False),
        ((Terminal, StringIO), {}, False),
        ((Terminal, Terminal), {"CI": "true"}, False),
        ((Terminal, Terminal), {"CI": "false"}, True),
    ],
)
def test_only_a_person_at_a_terminal_is_waited_for(
    ends: tuple[type[StringIO], type[StringIO]], env: dict[str, str], watched: bool
) -> None:
    """A pipe at either end or a CI system that lends a terminal: the command ends at once."""
    assert is_watched(ends[0](), ends[1](), env) is watched


@pytest.mark.parametrize("key", [b"\n", b"\x03"], ids=["Enter", "Ctrl-C"])
def test_a_key_ends_it(key: bytes) -> None:
    """At a real terminal the page says where and how long it stays; Enter and Ctrl-C both end it in order."""
    leader, follower = pty.openpty()
    heard = b""
    with subprocess.Popen(
        [sys.executable, "-c", STAY],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
        preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),
    ) as process:
        os.close(follower)
        while b"ends it now" not in heard:
            heard += os.read(leader, 1000)
        assert b"stays at http://x for 1 min" in heard
        os.write(leader, key)
        eventually(lambda: process.poll() is not None, "the end")
        assert process.returncode == 0
    os.close(leader)


def test_it_ends_by_itself() -> None:
    """After the stated time the command goes on; a terminal on which nobody types ends nothing before."""
    leader, follower = pty.openpty()
    short = STAY.replace("60)", "0.3)")
    said = subprocess.run([sys.executable, "-c", short], stdin=follower, stdout=subprocess.PIPE, text=True, check=True)
    assert said.stdout.splitlines()[-1] == "over"
    os.close(leader)
    os.close(follower)
