"""Writing a record: rows as they happen, numbered, flushed."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from autoscale.base.errors import AutoscaleError
from autoscale.base.exits import ExitCode


class Writer:
    """Append-only writer of one record; an interrupted run is a readable shorter run.

    Used as a context manager. Raises AutoscaleError when the disk refuses a row.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        try:
            self._file: TextIO = path.open("x", encoding="utf-8")
        except OSError as error:
            raise AutoscaleError(
                f"cannot write the record {path}: {error.strerror}", fix="choose another --out folder"
            ) from error

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # what a full disk refused was told by `write`
            self._file.close()

    def write(self, row: Mapping[str, Any], now: float) -> dict[str, Any]:
        """Number, stamp and append one row; returns it as written."""
        full = {
            "k": row["k"],
            "n": self.rows,
            "t": round(now, 4),
            **{key: row[key] for key in row if key != "k"},
        }
        try:
            self._file.write(json.dumps(full, separators=(",", ":"), allow_nan=False) + "\n")
            self._file.flush()
        except OSError as error:
            raise AutoscaleError(
                f"the record {self.path} cannot be written any further: {os.strerror(error.errno or 0)}",
                fix="free some disk space; what was written so far can be read with `autoscale report`",
                exit_code=ExitCode.UNKNOWN,
            ) from error
        self.rows += 1
        return full
