"""Python's collector of unreachable cycles, for commands that end once they have said what they were asked."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the collector: what a command loads stays until its end, and what goes before goes by its references.

    Looking through all of it again and again took a thirtieth of the CPU of a report.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
