"""What a session of processes uses, from /proc: for machines without writable cgroups."""

import contextlib
import os
from pathlib import Path

from autoscale.embedded.kubelet.limiter import cpu_time_s, session_members


def session_cpu_s(session: int) -> float:
    """CPU time of a session's living processes and of the children they have waited for, in seconds."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0.0
    for pid in session_members([session])[session]:
        with contextlib.suppress(OSError, ValueError):
            total += cpu_time_s(pid)
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += (int(fields[13]) + int(fields[14])) / ticks
    return total


def session_memory_b(session: int) -> int:
    """Resident memory of a session's processes, less what they share with files, in bytes."""
    page, total = os.sysconf("SC_PAGE_SIZE"), 0
    for pid in session_members([session])[session]:
        with contextlib.suppress(OSError, ValueError):
            _, resident, shared = Path(f"/proc/{pid}/statm").read_text().split()[:3]
            total += (int(resident) - int(shared)) * page
    return total
