"""One container as a process: in its own session and cgroup, gone with the cluster, its output in one pipe."""

import asyncio
import contextlib
import ctypes
import fcntl
import os
import pty
import resource
import signal
import socket
import struct
import subprocess
import termios
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from signal import Signals

from autoscale.embedded.kubelet import syscalls, view
from autoscale.embedded.kubelet.view import View

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_OPEN_FILES = resource.getrlimit(resource.RLIMIT_NOFILE)
"""What this process began with. Containers get it, however far the cluster raises its own."""
_BURIAL_TRIES, _BURIAL_WAIT_S = 100, 0.01


@dataclass(frozen=True)
class Command:
    """What to run. ``join``: ``cgroup.procs`` files to enter first; ``nice`` is added to the priority value.

    ``view``: what it is to see of the file system, or the id of a process whose view it shares; None: the machine's.
    ``keep`` is given the descriptor that tells of the addresses it binds and connects (see ``syscalls``).
    """

    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: str
    nice: int = 0
    join: tuple[str, ...] = ()
    view: View | int | None = None
    keep: Callable[[int], None] | None = None


class Input:
    """What a command is given: the write end of a pipe, or its terminal's other side; ``descriptor`` -1: nothing.

    The descriptor is not blocking, and is this object's own.
    """

    def __init__(self, descriptor: int = -1, *, terminal: bool = False) -> None:
        self.terminal = terminal
        self._descriptor = descriptor
        if descriptor >= 0:
            os.set_blocking(descriptor, False)

    async def write(self, data: bytes) -> None:
        """Give it input; nothing happens where it takes none, or no more."""
        while data and self._descriptor >= 0:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BlockingIOError:
                await asyncio.sleep(0.005)
            except OSError:
                return

    def end(self) -> None:
        """It gets no more; at a terminal somebody else may go on typing."""
        if not self.terminal:
            self.close()

    def resize(self, width: int, height: int) -> None:
        """Its terminal has another size."""
        if self.terminal and self._descriptor >= 0:
            fcntl.ioctl(self._descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def close(self) -> None:
        """Let go of it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class Process:
    """A running command. ``output`` is the read end of its stdout and stderr, not blocking; ``input`` what it is
    given."""

    def __init__(self, popen: subprocess.Popen[bytes], output: int, given: Input | None = None) -> None:
        self.pid = popen.pid
        self.output = output
        self.input = given or Input()
        self._popen = popen
        self._ended = asyncio.get_running_loop().create_future()
        self._burial: asyncio.Task[None] | None = None
        self._pidfd = os.pidfd_open(popen.pid)
        asyncio.get_running_loop().add_reader(self._pidfd, self._reap)

    def _reap(self) -> None:
        asyncio.get_running_loop().remove_reader(self._pidfd)
        os.close(self._pidfd)
        # What the main process leaves behind goes with it, as with a container's PID namespace.
        self.kill()
        code = self._popen.wait()
        self._burial = asyncio.create_task(self._bury(code if code >= 0 else 128 - code))

    async def _bury(self, code: int) -> None:
        """Collect the exit codes of what was left (see ``adopt_orphans``), so that no zombie stays."""
        for _ in range(_BURIAL_TRIES):
            try:
                while os.waitpid(-self.pid, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                break
            await asyncio.sleep(_BURIAL_WAIT_S)
        self._ended.set_result(code)

    async def wait(self) -> int:
        """The exit code, 128 + n after signal n; may be awaited by several."""
        code: int = await asyncio.shield(self._ended)
        return code

    @property
    def ended(self) -> bool:
        """It has been waited for."""
        return self._ended.done()

    def signal(self, number: Signals) -> None:
        """Send a signal to the main process only, as container runtimes do."""
        if self._popen.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL to the whole group. The main process is not waited for before, so its id cannot be another's."""
        self._signal_group(signal.SIGKILL)

    def resume(self) -> None:
        """SIGCONT to the whole group."""
        self._signal_group(signal.SIGCONT)

    def _signal_group(self, number: Signals) -> None:
        if self._popen.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)


def spawn(command: Command, *, stdin: bool = False, terminal: bool = False) -> Process:
    """Start the command in a session of its own. OSError where it cannot be started.

    ``stdin``: it can be given input; ``terminal``: it has one, through which input and output go.
    """
    if terminal:
        popen, master = at_terminal(command)
        return Process(popen, os.dup(master), Input(master, terminal=True))
    reader, writer = os.pipe2(os.O_CLOEXEC)
    source, sink = os.pipe2(os.O_CLOEXEC) if stdin else (subprocess.DEVNULL, -1)
    try:
        popen = start(command, source, writer, writer)
    except BaseException:
        for end in filter(_is_open, (reader, sink)):
            os.close(end)
        raise
    finally:
        for end in filter(_is_open, (writer, source)):
            os.close(end)
    os.set_blocking(reader, False)
    return Process(popen, reader, Input(sink))


def _is_open(descriptor: int) -> bool:
    return descriptor >= 0


def at_terminal(command: Command) -> tuple[subprocess.Popen[bytes], int]:
    """Start the command at a terminal of its own, whose other side is returned, not blocking."""
    master, slave = pty.openpty()
    os.set_blocking(master, False)
    try:
        return start(command, slave, slave, slave, terminal=True), master
    except BaseException:
        os.close(master)
        raise
    finally:
        os.close(slave)


def start(command: Command, stdin: int, stdout: int, stderr: int, *, terminal: bool = False) -> subprocess.Popen[bytes]:
    """Start the command with these descriptors; ``terminal``: they are one, which becomes that of its session."""
    here, there = socket.socketpair() if command.keep else (None, None)
    try:
        popen = subprocess.Popen(
            list(command.argv),
            env=dict(command.env),
            # In a view of its own it goes there itself: the folder may be in no other.
            cwd=command.cwd if command.view is None else "/",
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            preexec_fn=_prepare(command, os.getpid(), there.fileno() if there else None, terminal=terminal),
        )
        if command.keep and here and there:
            there.close()
            command.keep(socket.recv_fds(here, 1, 1)[1][0])
    finally:
        for end in filter(None, (here, there)):
            end.close()
    return popen


def _prepare(command: Command, parent: int, teller: int | None, *, terminal: bool) -> Callable[[], None]:
    """What the child does between fork and exec: enter its cgroups and its view, die with its parent, step back."""

    def prepare() -> None:
        if terminal:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, _OPEN_FILES)
        for path in command.join:
            with open(path, "w") as file:
                file.write("0")
        if command.nice:
            os.nice(command.nice)
        if command.view is not None:
            view.join(command.view) if isinstance(command.view, int) else view.enter(command.view)
            os.chdir(command.cwd)
        # Only now: who gets a user namespace of its own loses what was asked of the system here.
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        if teller is not None:
            syscalls.tell_of_addresses(teller)

    return prepare


def adopt_orphans() -> None:
    """Become the parent of what our descendants leave behind: not every container has an init that buries them."""
    _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1)


def parent_death_signal(number: signal.Signals = signal.SIGKILL) -> None:
    """Ask the kernel to send this process a signal when its parent ends."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, number)
