"""Writing a record: rows as they happen, numbered, flushed."""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

import msgspec

from autoscale.base.errors import AutoscaleError
from autoscale.base.exits import ExitCode
from autoscale.record.digest import NAME, new_digest, signed
from autoscale.record.rows.kinds import Row
from autoscale.record.shape import FROM_JSON, misfit

_ENCODER = msgspec.json.Encoder()


class Writer:
    """Append-only writer of one record; an interrupted run is a readable shorter run.

    Used as a context manager. Raises AutoscaleError when the disk refuses a row.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self._digest = new_digest()
        try:
            self._file: BinaryIO = path.open("xb")
        except OSError as error:
            raise AutoscaleError(
                f"cannot write the record {path}: {error.strerror}", fix="choose another --out"
            ) from error

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # what a full disk refused was told by `write`
            self._file.close()

    def write(self, row: Row, now: float) -> Row:
        """Number, stamp and append one row; returns it as written. ValueError for a NaN: JSON has none.

        The ``end`` gets the digest of what stands before it, the header the digest's name.
        """
        full = {
            "k": row["k"],
            "n": self.rows,
            "t": round(now, 4),
            **{name: value for name, value in row.items() if name != "k"},
        }
        if full["k"] == "header":
            full["digest"] = NAME
        line = _line(full)
        if full["k"] == "end":
            line = signed(line, self._digest)
            full["digest"] = self._digest.hexdigest()
        try:
            self._file.write(line)
            self._file.flush()
        except OSError as error:
            raise AutoscaleError(
                f"the record {self.path} cannot be written any further: {os.strerror(error.errno or 0)}",
                fix="free some disk space; what was written so far can be read with `autoscale report`",
                exit_code=ExitCode.UNKNOWN,
            ) from error
        self.rows += 1
        self._digest.update(line)
        return cast("Row", full)


def _line(row: Any) -> bytes:
    """A row as it stands in the file.

    The strict encoder has the last word: over half a surrogate pair, which a message that was cut may end in, and over
    what does not fit its type, where a NaN may hide, which the fast one would write as null.
    """
    try:
        if row["k"] in FROM_JSON or misfit(row, row["k"]) is None:
            return _ENCODER.encode(row) + b"\n"
    except UnicodeEncodeError:
        pass
    return json.dumps(row, separators=(",", ":"), allow_nan=False).encode() + b"\n"
