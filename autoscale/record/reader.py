"""Reading a record: one streaming pass, every row checked against its kind."""

import gzip
import json
import os
import typing
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any, NoReturn

import orjson

from autoscale.base.errors import InputError, Problem
from autoscale.record.digest import Digest, digest_of, holds
from autoscale.record.rows.header import SCHEMA
from autoscale.record.rows.kinds import Row
from autoscale.record.shape import MANY, decode, misfit
from loadtest import strays

_LONGEST_LINE = 64 * 2**20
"""In bytes: a header holds the objects of the run and its plan, some MiB at most. A packed file can claim any size."""


def read(path: Path | str) -> Iterator[Row]:
    """Every row of a record (plain or ``.gz``), the header first. An ``end`` with a digest also has ``digest_holds``.

    A last line that was cut off is left out: the run was interrupted, and a record without an ``end`` row is
    partial. Behind an ``end`` it is a row of no known kind, as is damage to what is packed. Raises InputError for what
    is not a record, is of another schema, or is corrupt inside.
    """
    path = Path(path)
    try:
        with _open(path) as file:
            yield from _rows(file, str(path))
    except FileNotFoundError:
        stray = strays.of_name(str(path))
        fix = stray.fix if stray else "give a record.jsonl or the folder of a run"
        raise InputError(f"there is no record {path}", fix=fix) from None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None


def locate(path: Path | str) -> Path:
    """The record inside a run's folder, or the file itself."""
    path = Path(path)
    if os.path.isdir(path):
        for name in ("record.jsonl", "record.jsonl.gz"):
            if os.path.isfile(path / name):
                return path / name
        raise InputError(
            f"{path} holds no record.jsonl", fix="give the folder of one run, for example runs/<time>-<scenario>"
        )
    return path


def _open(path: Path) -> IO[bytes]:
    return typing.cast("IO[bytes]", gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def _rows(file: IO[bytes], name: str) -> Iterator[Row]:
    broken: str | None = None
    ended, blank = typing.cast("Row | None", None), False
    number, digest, header = 0, typing.cast("Digest | None", None), dict[str, typing.Any]()
    for number, line in enumerate(_lines(file), start=1):
        if broken is not None:
            _corrupt(name, number - 1, broken)
        row = decode(line)
        if row is not None and number > 1:
            if digest is not None:
                digest.update(line)
            yield row
            continue
        try:
            row = _decode(line)
        except (ValueError, RecursionError) as error:
            if number == 1:
                _foreign(name, line, file)
            broken, blank = str(error), not line.strip()
            continue
        if number == 1:
            _check_header(row, name, line)
            header, digest = row, digest_of(row)
        _check(row, name, number)
        if digest is not None:
            if row["k"] == "end" and ("digest" in row or "digest" in header):
                row["digest_holds"] = holds(line, header, row.get("digest"), digest)
            else:
                digest.update(line)
        ended = row if row["k"] == "end" else ended
        yield row
    if ended is not None and broken is not None and not blank:
        yield typing.cast("Row", {"k": "unread", "t": ended["t"]})  # no row of a run stands behind its end
    if number == 0:
        _foreign(name, b"")


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """The lines of a file; a compressed one that breaks off or is damaged ends there, as does what has no lines."""
    try:
        while line := file.readline(_LONGEST_LINE):
            yield line
            if len(line) == _LONGEST_LINE and not line.endswith(b"\n"):
                yield b"{"  # corrupt here, whatever follows
                return
    except (EOFError, gzip.BadGzipFile, zlib.error):
        yield b"{"


def _decode(line: bytes) -> Any:
    """The value of a line; raises ValueError or RecursionError for what is no JSON.

    The slower decoder has the last word: it reads ``1e999`` or half a surrogate pair, so that the field is named.
    """
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return _STRICT.decode(line.decode())


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a JSON number")


_STRICT = json.JSONDecoder(parse_constant=_no_constant)


def _corrupt(name: str, number: int, why: str) -> NoReturn:
    raise InputError(
        f"{name} is corrupt",
        problems=[Problem(f"{name}: line {number}", why, "one JSON object per line")],
        fix=f"the {number - 1} lines before it can be kept: head -n {number - 1}",
    )


def _foreign(name: str, line: bytes, file: IO[bytes] | None = None) -> NoReturn:
    """``line`` is the first one, ``file`` what follows it, so that more is known of what this is."""
    rest = b"".join(islice(_lines(file), 40)) if file is not None and len(line) < strays.HEAD_BYTES else b""
    stray = strays.of_bytes((line + rest)[: strays.HEAD_BYTES])
    raise InputError(
        f"{name} is not a record of this tool",
        problems=[Problem(f"{name}: line 1", stray.what if stray else "no header", 'a {"k": "header", ...} row')],
        fix=stray.fix if stray else "results of other tools are turned into a record by `autoscale import`",
    )


def _check_header(row: Any, name: str, line: bytes) -> None:
    if not isinstance(row, dict) or row.get("k") != "header":
        _foreign(name, line)
    schema = row.get("schema")
    if schema != SCHEMA:
        newer = isinstance(schema, int) and schema > SCHEMA
        raise InputError(
            f"{name} is a record of another schema",
            problems=[Problem(f"{name}: header.schema", repr(schema), str(SCHEMA))],
            fix="read it with a newer release of this tool" if newer else "read it with the release that wrote it",
        )


def _check(row: Any, name: str, number: int) -> None:
    """A row has the fields of its kind, of the right JSON type; kinds we do not know pass unread.

    What lies deeper, or is out of bounds, is for the analysis to leave out (``odd`` tells it so of the many, which it
    does not check again): one odd row does not cost the others.
    """
    if not isinstance(row, dict) or not isinstance(row.get("k"), str):
        _corrupt(name, number, "no kind")
    found = misfit(row, row["k"])
    if found is not None and not found.outer:
        row |= {"odd": True} if row["k"] in MANY else {}
    elif found is not None:
        problem = Problem(f"{name}: line {number}: {row['k']}.{found.path}", found.found, found.wanted)
        raise InputError(f"{name} is corrupt", problems=[problem])
