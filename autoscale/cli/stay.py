"""The live page after its run: it stays for whoever sits at a terminal, and for nobody else."""

import os
import select
import sys
import threading
from collections.abc import Callable, Mapping
from typing import TextIO

from autoscale.cli.signals import handled

STAYS_S = 600.0
_LOOK_S = 0.25


def is_watched(stdin: TextIO = sys.stdin, stdout: TextIO = sys.stdout, env: Mapping[str, str] = os.environ) -> bool:
    """Whether a person sits there: both ends are a terminal, and no CI system says that it is one (``CI``)."""
    return stdin.isatty() and stdout.isatty() and env.get("CI", "") in ("", "false", "0")


def stay(url: str, say: Callable[[str], None], seconds: float = STAYS_S) -> None:
    """Return once Enter or Ctrl-C is pressed, the terminal is closed, or ``seconds`` are over; says so first."""
    over = threading.Event()
    with handled(lambda _number: over.set()):
        say(f"The page stays at {url} for {seconds / 60:.3g} min; Enter or Ctrl-C ends it now.")
        for _ in range(int(seconds / _LOOK_S)):
            if over.is_set() or select.select([sys.stdin], [], [], 0)[0]:
                return
            over.wait(_LOOK_S)
