#!/usr/bin/env bash
# Locust 2.47.0: durations are kept rounded, to 10 ms below a second, to 100 ms below ten, to a second above. Where every
# request took 1,049 ms, p95 is 1,000 ms in the web UI, the CSV files and the summary, beside an average and a maximum of
# 1,049: a gate at 1 s passes a service that never kept it. Seen with Locust 2.47.0, Python 3.11, November 2026. This project's
# own histogram has buckets of 2 %; of an imported Locust file it says between which durations a percentile lies.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check locust==2.47.0
"$work/venv/bin/python" - <<'PY'
import locust
from locust.stats import RequestStats

stats = RequestStats()
for _ in range(100):
    stats.log_request("GET", "/", 1049.0, 2)
p95 = stats.total.get_response_time_percentile(0.95)
print("Locust", locust.__version__, "100 requests of 1049 ms: p95", p95, "average", stats.total.avg_response_time)
assert p95 == 1000 and stats.total.avg_response_time == 1049
PY
