"""The ``autoscale`` command, which can be ended from its first moment on: ``python -m autoscale`` is the same."""

import os
import signal
from types import FrameType

_INTERRUPTED = 130


def at_once(_number: int, _frame: FrameType | None) -> None:
    """Nothing was begun yet, or all is done: a traceback out of some import would tell nobody anything."""
    os.write(2, b"Interrupted.\n")
    os._exit(_INTERRUPTED)


def main() -> None:
    """Entry point of the console script. What it imports takes a second on a slow machine, in which there is nothing
    to be tidied up."""
    signal.signal(signal.SIGINT, at_once)
    from autoscale.cli import main as command
    from autoscale.cli.signals import by_default

    by_default()
    try:
        command()
    finally:
        signal.signal(signal.SIGINT, at_once)


if __name__ == "__main__":
    main()
