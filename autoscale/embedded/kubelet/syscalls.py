"""Ask to be told when a process binds or connects a socket: seccomp's user notification (Linux 5.6, no root needed).

The child installs a filter and hands the file descriptor that tells of such calls to its parent; children of it are
told of too. Each call waits until it is answered, here always with: go on (with the address as it then is).
Source: seccomp_unotify(2).
"""

import contextlib
import ctypes
import fcntl
import os
import platform
import select
import socket
import struct
from dataclasses import dataclass
from typing import NamedTuple

_LIBC = ctypes.CDLL(None, use_errno=True)
_NO_NEW_PRIVS = 38
_SET_FILTER, _NEW_LISTENER, _SPEC_ALLOW = 1, 8, 4
_ALLOW, _NOTIFY = 0x7FFF0000, 0x7FC00000
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_RECEIVE, _SEND, _VALID = 0xC0502100, 0xC0182101, 0x40082102
_CONTINUE = 1
_SET_FLAGS, _WAKE_HERE = 0x40082104, 1
_SHORTEST, _LONGEST, _UNIX = 16, 28, 110
"""Lengths of addresses: an IPv4 one, an IPv6 one; what most programs give for a unix socket."""
_NOTIFICATION = struct.Struct("=QI4xi12xQQQ24x")
"""``struct seccomp_notif``: its id, the thread, the number of the system call, and the first three arguments."""


@dataclass(frozen=True)
class _Machine:
    """An architecture's number for audit and its numbers of the system calls."""

    audit: int
    seccomp: int
    bind: int
    connect: int
    pidfd_getfd: int = 438


_MACHINES = {
    "x86_64": _Machine(0xC000003E, 317, 49, 42),
    "aarch64": _Machine(0xC00000B7, 277, 200, 203),
}


class Call(NamedTuple):
    """A ``bind`` (else a ``connect``) that waits: of which thread, which of its sockets, and where the address lies."""

    id: int
    pid: int
    is_bind: bool
    socket: int
    address: int
    length: int


def _filter(machine: _Machine) -> bytes:
    """Tell of bind and connect with an address that may be an internet one; let everything else pass."""
    code = (
        (_LOAD, 0, 0, 4),
        (_EQUAL, 0, 7, machine.audit),
        (_LOAD, 0, 0, 0),
        (_EQUAL, 1, 0, machine.bind),
        (_EQUAL, 0, 4, machine.connect),
        (_LOAD, 0, 0, 16 + 2 * 8),
        (_AT_LEAST, 0, 2, _SHORTEST),
        (_EQUAL, 1, 0, _UNIX),
        (_RETURN, 0, 0, _NOTIFY),
        (_RETURN, 0, 0, _ALLOW),
    )
    return b"".join(struct.pack("HBBI", *line) for line in code)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def tell_of_addresses(to: int) -> None:
    """In the child: have this process and all its children told of, and send what tells to the socket ``to``.

    OSError where the machine refuses it."""
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        raise OSError(f"no table of system calls for {platform.machine()}")
    code = _filter(machine)
    program = _Program(len(code) // 8, code)
    if _LIBC.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs is refused")
    teller = _LIBC.syscall(machine.seccomp, _SET_FILTER, _NEW_LISTENER | _SPEC_ALLOW, ctypes.byref(program))
    if teller < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"seccomp: {os.strerror(number)}")
    with socket.socket(fileno=os.dup(to)) as channel:
        socket.send_fds(channel, [b"."], [teller])
    os.close(teller)


def wake_here(teller: int) -> None:
    """Wake who waits for a call, and whose call is answered, on the processor at hand, which is cheaper than to rouse
    another one (Linux 6.6; nothing on an older one)."""
    with contextlib.suppress(OSError):
        fcntl.ioctl(teller, _SET_FLAGS, _WAKE_HERE)


def next_call(teller: int) -> Call | None:
    """A call that waits, where ``teller`` is readable; None where its process has ended meanwhile. OSError once no
    process is left to tell of."""
    poll = select.poll()
    poll.register(teller, select.POLLIN)
    # Asked for a call where none waits, older systems (before 6.11) keep who asks until there is one.
    ready = poll.poll(0)
    if not ready:
        return None
    if ready[0][1] & select.POLLHUP:
        raise OSError("no process is left")
    buffer = bytearray(_NOTIFICATION.size)
    try:
        fcntl.ioctl(teller, _RECEIVE, buffer)
    except FileNotFoundError:
        return None
    id_, pid, number, first, address, length = _NOTIFICATION.unpack(buffer)
    is_bind = number == _MACHINES[platform.machine()].bind
    return Call(id=id_, pid=pid, is_bind=is_bind, socket=first, address=address, length=length)


def read_address(call: Call) -> bytes:
    """The address that the process gives. OSError where it has ended."""
    memory = os.open(f"/proc/{call.pid}/mem", os.O_RDONLY)
    try:
        return os.pread(memory, min(call.length, _LONGEST), call.address)
    finally:
        os.close(memory)


def write_address(teller: int, call: Call, address: bytes) -> None:
    """Put another address in its place. OSError where the process has ended."""
    with open(f"/proc/{call.pid}/mem", "r+b", buffering=0) as memory:
        # Only while the call waits is the process known to be the same one.
        fcntl.ioctl(teller, _VALID, struct.pack("=Q", call.id))
        os.pwrite(memory.fileno(), address, call.address)


def the_socket(call: Call) -> socket.socket:
    """A copy of the socket that the call is about. OSError where there is none."""
    pidfd = os.pidfd_open(_process_of(call.pid))
    try:
        found = _LIBC.syscall(_MACHINES[platform.machine()].pidfd_getfd, pidfd, call.socket, 0)
        if found < 0:
            raise OSError(ctypes.get_errno(), "the socket cannot be had")
        return socket.socket(fileno=found)
    finally:
        os.close(pidfd)


def _process_of(thread: int) -> int:
    """The process that a thread belongs to."""
    with open(f"/proc/{thread}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("Tgid:"))


def go_on(teller: int, call: Call) -> None:
    """Let the call happen. Nothing where it waits no more."""
    _answer(teller, struct.pack("=QqiI", call.id, 0, 0, _CONTINUE))


def done(teller: int, call: Call) -> None:
    """Let the process think that it has happened."""
    _answer(teller, struct.pack("=QqiI", call.id, 0, 0, 0))


def _answer(teller: int, answer: bytes) -> None:
    with contextlib.suppress(FileNotFoundError):
        fcntl.ioctl(teller, _SEND, bytearray(answer))


def try_out() -> None:
    """What a child does that only tries whether the machine allows it. OSError where not."""
    here, there = socket.socketpair()
    with here, there:
        tell_of_addresses(there.fileno())
