"""Rows on the standard output, one JSON object a line; messages on the standard error."""

import json
import sys
from collections.abc import Iterable

from loadtest.lines import Line


def write(rows: Iterable[Line]) -> None:
    """Write rows and flush them: whoever follows the log sees them at once."""
    lines = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
    sys.stdout.write(lines)
    sys.stdout.flush()


def say(text: str) -> None:
    """A message for a person."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
