#!/usr/bin/env bash
# hdrhistogram (Python) 0.10.8: a value above the highest trackable one is not recorded; `record_value` returns False, and
# count, maximum and percentiles go on as if the slow request had not been. Seen with 0.10.8, Python 3.11, November 2026. This
# project's histograms have a last bucket without an end.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check hdrhistogram==0.10.8
"$work/venv/bin/python" - <<'PY'
from importlib.metadata import version

from hdrh.histogram import HdrHistogram

latencies = HdrHistogram(1, 1000, 2)
answers = [latencies.record_value(value) for value in (10, 5000)]
print("hdrhistogram", version("hdrhistogram"), "said", answers, "count", latencies.get_total_count(), "max", latencies.get_max_value())
assert answers[1] is False and latencies.get_total_count() == 1 and latencies.get_value_at_percentile(100) == 10
PY
