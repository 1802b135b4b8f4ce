"""``make fuzz``: the fuzzers with other examples each time, round after round until the time is over."""

import os
import subprocess
import sys
import time


def main(seconds: float, examples: int = 100) -> int:
    """Run rounds for ``seconds``; 1 as soon as one finds something. A round that has begun is finished."""
    end, number = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        number += 1
        seed = int(time.time())
        print(f"round {number}, seed {seed}", flush=True)
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "tests/fuzz",
            "-p",
            "no:cacheprovider",
            f"--hypothesis-seed={seed}",
        ]
        if subprocess.run(command, env={**os.environ, "FUZZ_EXAMPLES": str(examples)}).returncode:
            return 1
    print(f"{number} rounds found nothing.")
    return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 600))
