"""What a load worker's log says of 100 pods, at its real pace: for the observer's benchmark, run as a pod.

``python -m tests.benchmarks.load_log``: one ``load`` row a second, 100 ``pod_load`` rows each ten seconds.
"""

import json
import time

from tests.benchmarks.bench_analysis import T0, rows

PODS = 100
HOURS = 1.0


def main() -> None:
    """Write until killed, or for an hour."""
    begin = time.time()
    for row in rows(HOURS, PODS):
        if row["k"] not in ("load", "pod_load"):
            continue
        if row["k"] == "load":
            time.sleep(max(0.0, begin + row["seq"] + 1 - time.time()))
        print(json.dumps({**{key: row[key] for key in row if key != "t"}, "at": begin + row["at"] - T0}), flush=True)


if __name__ == "__main__":
    main()
