"""Speed, as ratios taken side by side in one run: ``make bench`` (ARGS='hpa report' for some of them)."""

import importlib
import sys
import traceback
from pathlib import Path


def main(wanted: list[str]) -> int:
    """Run every ``bench_*.py`` beside this file, or the wanted ones, and print its figures as a table."""
    names = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
    if unknown := [name for name in wanted if name not in names]:
        print(f"no such benchmark: {', '.join(unknown)} (there are: {', '.join(names)})", file=sys.stderr)
        return 2
    broken = 0
    for name in wanted or names:
        print(f"\n{name}", flush=True)
        try:
            for what, figure in importlib.import_module(f"tests.benchmarks.bench_{name}").run():
                print(f"  {what:<72} {figure}", flush=True)
        except Exception:  # the others still have something to say
            traceback.print_exc()
            broken += 1
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
