"""What a file that was given in the place of another one seems to be, by its beginning, and where it belongs.

For messages only: nothing is read because of it.
"""

import re
from pathlib import Path
from typing import NamedTuple

HEAD_BYTES = 4096
"""How much of a file's beginning tells what it is."""

_ADDRESS = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]{1,9}:/")  # a path has only one of the two slashes left
_PACKED = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")


class Stray(NamedTuple):
    """``what`` it seems to be (short, for "found ..."), and a sentence on what to do."""

    what: str
    fix: str


_TEXTS = (
    (re.compile(rb'\A\s*\{"k": ?"header"'), Stray("a run's record", "Ask `autoscale report FILE` about it.")),
    (
        re.compile(rb"\A\s*(<!doctype html|<html)", re.IGNORECASE),
        Stray("a page (HTML)", "A report is made of the record.jsonl beside it: give that, or its folder."),
    ),
    (
        re.compile(rb"(?m)^(apiVersion|kind):|\A\s*\{\s*\"(apiVersion|kind)\":"),
        Stray("a Kubernetes manifest", "Settings of HPAs are looked at by `autoscale hpa check FILE`."),
    ),
    (
        re.compile(rb"(?m)^(load|requests|objectives|embedded):"),
        Stray("a scenario", "`autoscale run FILE` runs it, `autoscale plan FILE` draws it."),
    ),
)


def of_bytes(head: bytes) -> Stray | None:
    """What begins like this, or None where nobody knows."""
    if not head:
        return Stray("an empty file", "Look whether what wrote it has failed.")
    for mark, name in _PACKED.items():
        if head.startswith(mark):
            return Stray(f"a file packed by {name}", "Unpack it first; a record may be packed by gzip, as NAME.gz.")
    if head.startswith(_WIDE):
        return Stray("text in UTF-16", "Write it again as UTF-8 (PowerShell's `>` writes UTF-16).")
    if not _is_text(head):
        return Stray("bytes that are no text in UTF-8", "Give another file, or write it again as UTF-8.")
    return next((stray for form, stray in _TEXTS if form.search(head)), None)


def _is_text(head: bytes) -> bool:
    try:
        head[:-3].decode()  # the last character may be cut
    except UnicodeDecodeError:
        return False
    return True


def of_file(path: Path) -> Stray | None:
    """What a file begins like, or None where nobody knows or it cannot be read."""
    try:
        with path.open("rb") as file:
            return of_bytes(file.read(HEAD_BYTES)) if path.is_file() else None
    except (OSError, ValueError):
        return None


def of_name(name: str) -> Stray | None:
    """What is named like this where there is no such file, or None."""
    if _ADDRESS.match(name):
        return Stray("an address", "Download it first, and give the file.")
    return None
