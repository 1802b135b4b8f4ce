"""CPU limits without cgroups: stop and continue process groups within periods of 100 ms.

A helper process does it, so that the cluster's own loop is not woken ten times a second for each container. Each
period a container gets its quota; CPU time used beyond it is a debt that stops the group until it is paid, so
that the mean is right however coarse a look is.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

PERIOD_S = 0.1
LOOK_S = 0.01
_MEMBERS_S = 0.5


def cpu_time_s(pid: int) -> float:
    """CPU time of a process so far, to the nanosecond. OSError where it has ended.

    Any process has a clock whose id follows from its own (``clock_getcpuclockid``).
    """
    return time.clock_gettime((~pid << 3) | 2)


def session_members(sessions: Iterable[int]) -> dict[int, list[int]]:
    """The processes of each session, by one look through /proc."""
    members: dict[int, list[int]] = {session: [] for session in sessions}
    for entry in os.listdir("/proc") if members else ():
        if entry.isdigit():
            with contextlib.suppress(OSError):
                session = os.getsid(int(entry))
                if session in members:
                    members[session].append(int(entry))
    return members


@dataclass
class Limited:
    """One limited session. ``budget_s`` may be negative: a debt."""

    session: int
    share: float
    members: list[int] = field(default_factory=list)
    seen: dict[int, float] = field(default_factory=dict)
    budget_s: float = 0.0
    stopped: bool = False
    gone: bool = False

    def look(self) -> None:
        """Charge what was used since the last look, and stop the group when the quota is used up."""
        for pid in self.members:
            with contextlib.suppress(OSError):
                used = cpu_time_s(pid)
                self.budget_s -= max(0.0, used - self.seen.get(pid, 0.0))
                self.seen[pid] = used
        if self.budget_s <= 0 and not self.stopped:
            self._signal(signal.SIGSTOP)
            self.stopped = True

    def refill(self, periods: int = 1) -> None:
        """A new period: its quota on top of what is owed; unused quota is lost."""
        quota = self.share * PERIOD_S
        self.budget_s = min(quota, self.budget_s + periods * quota)
        if self.stopped and self.budget_s > 0:
            self._signal(signal.SIGCONT)
            self.stopped = False

    def release(self) -> None:
        """Let it run without a limit."""
        if self.stopped:
            self._signal(signal.SIGCONT)
            self.stopped = False

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.session, number)
        except OSError:
            self.gone = True


def _begun(session: int, share: float) -> Limited:
    """A new limit. What its processes have used so far is no debt (they may have run for hours); of those that are
    found later, everything counts."""
    found = Limited(session, share, session_members([session])[session], budget_s=share * PERIOD_S)
    for pid in found.members:
        with contextlib.suppress(OSError):
            found.seen[pid] = cpu_time_s(pid)
    return found


class Limiter:
    """All limited sessions."""

    def __init__(self) -> None:
        self.limited: dict[int, Limited] = {}
        self._members_at = 0.0

    def command(self, line: str) -> None:
        """``SESSION MILLICORES`` sets a limit, ``SESSION 0`` ends it."""
        session, milli = map(int, line.split())
        if milli == 0:
            if found := self.limited.pop(session, None):
                found.release()
        elif session in self.limited:
            self.limited[session].share = milli / 1000
        else:
            self.limited[session] = _begun(session, milli / 1000)

    def look(self, now: float) -> None:
        """Find new members now and then, and charge all."""
        if now >= self._members_at:
            for session, pids in session_members(self.limited).items():
                self.limited[session].members = pids
            self._members_at = now + _MEMBERS_S
        for limited in self.limited.values():
            limited.look()

    def refill(self, periods: int) -> None:
        """Begin a new period for all."""
        for limited in list(self.limited.values()):
            limited.refill(periods)
            if limited.gone:
                del self.limited[limited.session]


class LimiterHandle:
    """The helper process, as the cluster sees it."""

    def __init__(self) -> None:
        argv = [sys.executable, "-I", "-S", __file__]
        self.process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, bufsize=0, start_new_session=True, env={"PATH": os.defpath}, cwd="/"
        )

    def limit(self, session: int, cpu_m: int) -> None:
        """Limit a session's CPU, or with 0 let it go."""
        if self.process.stdin:
            with contextlib.suppress(OSError):
                self.process.stdin.write(f"{session} {cpu_m}\n".encode())

    def stop(self) -> None:
        """End the helper; what it had stopped runs on."""
        if self.process.stdin:
            self.process.stdin.close()
        self.process.wait()


def main() -> None:
    """Take commands from standard input until it ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        os.nice(-5)
    limiter, rest, period_ends = Limiter(), b"", time.monotonic() + PERIOD_S
    while True:
        wait = LOOK_S if limiter.limited else None
        if select.select([0], [], [], wait)[0]:
            data = os.read(0, 65536)
            if not data:
                break
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                limiter.command(line.decode())
        now = time.monotonic()
        limiter.look(now)
        if now >= period_ends:
            periods = int((now - period_ends) // PERIOD_S) + 1
            limiter.refill(periods)
            period_ends += periods * PERIOD_S
    for limited in limiter.limited.values():
        limited.release()


if __name__ == "__main__":
    main()
