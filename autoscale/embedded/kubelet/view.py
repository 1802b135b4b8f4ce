"""What a container sees of the file system: the machine's, with its image's files and the cluster's names over it.

A mount namespace, in a user namespace of its own where the cluster does not run as root. All of it happens in the child
between fork and exec, so nothing here logs, locks or waits.
"""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_NEWNS, _NEWUSER = 0x20000, 0x10000000
_BIND, _REC, _SLAVE = 4096, 16384, 1 << 19


@dataclass(frozen=True)
class View:
    """``over``: files to put in the place of others (path seen: path on the machine). ``files``: a folder whose
    contents lie at the root, "" for none; ``stage`` an empty folder to build that root in."""

    over: Mapping[str, str]
    files: str = ""
    stage: str = ""


def enter(view: View) -> None:
    """See the view from now on, and all children too. OSError where the machine refuses it."""
    _own_mounts()
    _mount("none", "/", _REC | _SLAVE)
    if view.files:
        _mount("tmpfs", view.stage, 0, "tmpfs")
        _graft("/", view.files, view.stage)
    for path, source in view.over.items():
        target = view.stage + path
        if os.path.exists(target):
            _mount(source, target, _BIND)
    if view.files:
        os.chroot(view.stage)
        os.chdir("/")


def join(pid: int) -> None:
    """See what a running process of the same user sees. OSError where it has ended."""
    root = os.open(f"/proc/{pid}/root", os.O_PATH)
    spaces = [os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY) for name in ("user", "mnt")]
    if os.fstat(spaces[0]).st_ino != os.stat("/proc/self/ns/user").st_ino:
        _call(_LIBC.setns(spaces[0], _NEWUSER))
    _call(_LIBC.setns(spaces[1], _NEWNS))
    os.fchdir(root)
    os.chroot(".")
    for descriptor in (root, *spaces):
        os.close(descriptor)


def why_refused() -> str:
    """Why a container cannot have a view of its own here; "" where it can."""
    return tried(lambda: enter(View({})))


def tried(act: Callable[[], None]) -> str:
    """Do something in a child that ends; the system's word for why it cannot, "" where it can."""
    reader, writer = os.pipe()

    def attempt() -> None:
        try:
            act()
        except OSError as error:
            os.write(writer, (error.strerror or str(error)).encode())

    try:
        subprocess.run(["/bin/true"], preexec_fn=attempt, check=True, pass_fds=(writer,))
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    finally:
        os.close(writer)
        with os.fdopen(reader, "rb") as said:
            why = said.read().decode()
    return why


def fresh_files(image_files: str, copy: Path) -> None:
    """Every run of a container begins with its image's files as they are in the image."""
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(image_files, copy, symlinks=True)


def _own_mounts() -> None:
    """Root needs a mount namespace only; whoever else needs a user namespace in which mounting is allowed. Ids stay."""
    if os.geteuid() == 0 and _LIBC.unshare(_NEWNS) == 0:
        return
    uid, gid = os.geteuid(), os.getegid()
    _call(_LIBC.unshare(_NEWUSER | _NEWNS))
    for name, text in (("uid_map", f"{uid} {uid} 1"), ("setgroups", "deny"), ("gid_map", f"{gid} {gid} 1")):
        descriptor = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(descriptor, text.encode())
        os.close(descriptor)


def _graft(here: str, files: str, target: str) -> None:
    """Make ``target`` show the folder ``here`` with ``files`` in it: a folder that only one of them has is shown as a
    whole, so only the paths down to the image's files are made anew."""
    mine = set(os.listdir(files))
    for name in {*os.listdir(here), *mine}:
        old, new, at = os.path.join(here, name), os.path.join(files, name), os.path.join(target, name)
        source = new if name in mine else old
        if os.path.islink(source) and not (name in mine and os.path.isdir(old)):
            os.symlink(os.readlink(source), at)
        elif name in mine and os.path.isdir(new) and os.path.isdir(old):
            os.mkdir(at)
            _graft(os.path.realpath(old), new, at)
        else:
            _show(source, at)


def _show(source: str, at: str) -> None:
    if os.path.isdir(source):
        os.mkdir(at)
    else:
        os.close(os.open(at, os.O_CREAT | os.O_WRONLY))
    _mount(source, at, _BIND | _REC)


def _mount(source: str, target: str, flags: int, kind: str = "none") -> None:
    _call(_LIBC.mount(source.encode(), target.encode(), kind.encode(), flags, None))


def _call(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
