"""How a command that goes on for a while is ended."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from autoscale.cli.signals import ENDS, by_default, ending

INT, TERM, HUP = signal.SIGINT, signal.SIGTERM, signal.SIGHUP


def sent(signals: Sequence[int]) -> bool:
    """Whether these signals, one after the other, end in order; False: at once."""
    ended = threading.Event()
    try:
        with ending(ended.set):
            for number in signals:
                signal.raise_signal(number)
    except KeyboardInterrupt:
        return False
    return ended.is_set()


@pytest.mark.parametrize(
    "signals",
    [[INT], [TERM], [HUP], [HUP, HUP, HUP], [TERM, HUP], [INT, HUP], [HUP, TERM], [HUP, INT, HUP]],
    ids=lambda signals: " ".join(signal.Signals(number).name for number in signals),
)
def test_a_terminal_that_closes_asks_for_an_end_in_order(signals: list[int]) -> None:
    """Kernel, shell, sshd and systemd tell of it more than once, also beside SIGTERM: the report is still written."""
    assert sent(signals)


@pytest.mark.parametrize("signals", [[INT, INT], [TERM, TERM], [INT, TERM], [HUP, INT, INT], [INT, HUP, INT]])
def test_ctrl_c_again_stops_at_once(signals: list[int]) -> None:
    """A person who asks twice, or a system that does, waits no longer."""
    assert not sent(signals)


def test_afterwards_signals_do_what_they_did() -> None:
    """The handlers of before are there again, whatever came between."""
    before = [signal.getsignal(number) for number in ENDS]
    sent([INT, INT])
    assert [signal.getsignal(number) for number in ENDS] == before


def test_words_about_the_end_never_break_what_is_being_written() -> None:
    """A signal within a write that waits: its words come after it (Python refuses to write within a write)."""
    program = """
import os, signal, sys, threading
from autoscale.cli.signals import ending
from autoscale.base.outlets import Outlet
out = Outlet(sys.stdout)
with ending(lambda: None, lambda: (out.write("ending\\n"), out.flush())):
    print("begun", file=sys.stderr, flush=True)
    out.write("x" * 1_000_000 + "\\n")
    out.flush()
    for thread in threading.enumerate():
        if thread.name == "ending":
            thread.join()
print("over")
"""
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-c", program]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=buffered)
    with run:
        assert run.stderr is not None
        assert run.stdout is not None
        assert run.stderr.readline() == b"begun\n"
        first = os.read(run.stdout.fileno(), 1)  # it is within the write now, and waits for us
        run.send_signal(signal.SIGINT)
        said, told = first + run.stdout.read(), run.stderr.read()
    assert (run.returncode, told) == (0, b"")
    assert (said.count(b"x"), said.count(b"ending"), said[-5:]) == (1_000_000, 1, b"over\n")


@contextmanager
def disposed(number: int, disposition: signal.Handlers) -> Iterator[None]:
    """Within it a signal does that; afterwards all of them do what they did."""
    before = {one: signal.getsignal(one) for one in ENDS}
    signal.signal(number, disposition)
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


@pytest.mark.parametrize("number", [INT, TERM, HUP])
def test_a_command_without_an_order_of_its_own_tidies_up_after_itself(number: int) -> None:
    """What ends it is an exception within it, whichever signal that was: `cluster start`, `--dry-run`, `clean`."""
    with disposed(number, signal.SIG_DFL):
        by_default()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)


def test_a_run_started_with_nohup_outlives_its_terminal() -> None:
    """SIGHUP that was ignored from the start goes on being ignored; Ctrl-C and SIGTERM still end it."""
    with disposed(HUP, signal.SIG_IGN):
        by_default()
        assert not sent([HUP])
        assert sent([HUP, TERM])
        signal.raise_signal(HUP)


def test_ctrl_c_while_python_still_imports_ends_at_once(tmp_path: Path) -> None:
    """From the first moment on: no traceback out of a library, one word, and the exit code of an interruption."""
    (tmp_path / "click.py").write_text("import sys, time\nprint('importing', flush=True)\ntime.sleep(600)\n")
    command = [sys.executable, "-m", "autoscale", "run"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        assert run.stdout.readline() == b"importing\n"
        run.send_signal(signal.SIGINT)
        assert (run.wait(), run.stderr.read()) == (130, b"Interrupted.\n")
