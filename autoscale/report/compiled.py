"""Templates compiled once, not at each report: kept where Python keeps its compiled modules, where it keeps them."""

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import jinja2
from jinja2.bccache import Bucket


def environment(folder: Path, **options: Any) -> jinja2.Environment:
    """An environment for the templates of a folder, with these options of Jinja's."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder), bytecode_cache=_Beside(folder, options), **options
    )


class _Beside(jinja2.FileSystemBytecodeCache):
    """The ``__pycache__`` of a folder (or what ``PYTHONPYCACHEPREFIX`` says), unless ``PYTHONDONTWRITEBYTECODE``.

    What is kept is of one text and of one set of options; where nothing can be kept, templates are compiled each time.
    """

    def __init__(self, folder: Path, options: Mapping[str, Any]) -> None:
        super().__init__(os.path.dirname(cache_from_source(str(folder / "x.py"))), "%s.jinja")
        self._options = repr(options)

    def get_source_checksum(self, source: str) -> str:
        """Of the options too, which make other code of the same text."""
        return super().get_source_checksum(self._options + source)

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what is kept; what cannot be read is made again."""
        try:
            super().load_bytecode(bucket)
        except Exception:  # unpickling raises nearly anything
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it, if that can be done here."""
        if not sys.dont_write_bytecode:
            with suppress(OSError):
                os.makedirs(self.directory, exist_ok=True)
                super().dump_bytecode(bucket)
