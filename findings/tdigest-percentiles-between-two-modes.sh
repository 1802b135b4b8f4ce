#!/usr/bin/env bash
# tdigest 0.5.2.2: of 1,000 latencies, 990 of 1 ms and 10 of 1,000 ms, it says p50 11 ms and p90 810 ms, where both are 1 ms.
# It interpolates between the centroids of neighbouring values as if the time between were filled; a service with a quick and a
# slow path is shown as one that is slow for every tenth. Seen with 0.5.2.2, Python 3.11, November 2026. This project keeps
# counts by bucket and says between which two bounds a percentile lies.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check tdigest==0.5.2.2
"$work/venv/bin/python" - <<'PY'
from importlib.metadata import version

from tdigest import TDigest

digest = TDigest()
digest.batch_update([1] * 990 + [1000] * 10)
said = {p: round(digest.percentile(p), 1) for p in (50, 90, 99)}
print("tdigest", version("tdigest"), "of 990 times 1 and 10 times 1000:", said)
assert said[50] > 5 and said[90] > 500
PY
