"""apt-get beside another one: its locks are waited for, a while. Standard library only: CI runs this file as a script.

python3 tests/local_cluster/apt.py install -y make
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

LONGEST_S = 300.0
PAUSE_S = 1.0
# What apt says of a lock that another process has, of the lists' (update) as of dpkg's (install); one that it may not
# open is "Could not open lock file". It waits by itself for dpkg's only, if told.
_HELD = "Could not get lock"


def apt(words: Sequence[str], longest_s: float = LONGEST_S, say: Callable[[str], object] = print) -> str:
    """Run ``apt-get WORDS``; returns "" or what it said last where it failed.

    A lock that another process holds is waited for, ``longest_s`` seconds at most; ``say`` hears of it once.
    """
    until, told = time.monotonic() + longest_s, False
    while True:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
        done = subprocess.run(["apt-get", *words], env=environment, capture_output=True, text=True, check=False)
        said = done.stderr.strip() or done.stdout.strip()
        if done.returncode == 0:
            return ""
        if _HELD not in said or time.monotonic() > until:
            return said or f"apt-get ended with {done.returncode}"
        if not told:
            say(f"Another program installs packages; waiting for it, {longest_s / 60:g} minutes at most ...")
            told = True
        time.sleep(PAUSE_S)


if __name__ == "__main__":
    sys.exit(apt(sys.argv[1:], say=lambda text: print(text, flush=True)) or 0)
