#!/usr/bin/env bash
# p95 of ten latencies, nine of 1 to 9 ms and one of 100 ms: Python's `statistics.quantiles` says 141 ms, more than any request took,
# NumPy 2.4.6 59 ms, polars 2.1.0 100 ms, DuckDB 2.0.1 59, 100 or 9 ms, by which of its functions is asked. Each is right by its own
# definition; a gate at 60 ms on ten requests (a second of a small test) passes or fails by the library. Seen with Python 3.11,
# November 2026. This project takes the request of that rank
# (nearest rank), and of an import says between which two bounds it lies.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 polars==2.1.0 duckdb==2.0.1
"$work/venv/bin/python" - <<'PY'
import statistics
from importlib.metadata import version

import duckdb
import numpy
import polars

took = [1, 2, 3, 4, 5, 6, 7, 8, 9, 100]
asked = ", ".join(f"{name}(ms, 0.95)" for name in ("quantile_cont", "quantile_disc", "approx_quantile", "reservoir_quantile"))
said = {
    "statistics": statistics.quantiles(took, n=100)[94],
    "numpy": float(numpy.percentile(took, 95)),
    "polars": polars.Series(took).quantile(0.95),
    "duckdb": duckdb.sql(f"SELECT {asked} FROM (SELECT unnest({took}) AS ms)").fetchall()[0],
}
print({name: version(name) for name in ("numpy", "polars", "duckdb")}, said)
assert said["statistics"] > max(took)
assert round(said["numpy"]) == 59 and said["polars"] == 100
assert [round(one) for one in said["duckdb"]] == [59, 100, 100, 9]
PY
