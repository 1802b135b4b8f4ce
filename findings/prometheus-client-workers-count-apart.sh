#!/usr/bin/env bash
# prometheus_client 0.26.0 in gunicorn 27.0.1 with two workers: each worker counts its own requests, and whichever is free answers
# the scrape. Read as Prometheus reads a counter (a fall is a restart from zero), 600 requests come to some thousands, and the
# more the longer the service lives: an HPA or KEDA that scales by that rate adds pods without any load. No line is logged.
# Its multiprocess mode (PROMETHEUS_MULTIPROC_DIR and a collector of its own) counts 600. Seen with Python 3.11, November 2026.
# This project's app has one worker; its import refuses such a counter and says why.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check prometheus-client==0.26.0 gunicorn==27.0.1
cat > "$work/service.py" <<'PY'
import os

from prometheus_client import REGISTRY, CollectorRegistry, Counter, make_wsgi_app
from prometheus_client.multiprocess import MultiProcessCollector

asked = Counter("http_requests", "Requests")
together = CollectorRegistry()
if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
    MultiProcessCollector(together)
metrics = make_wsgi_app(together if "PROMETHEUS_MULTIPROC_DIR" in os.environ else REGISTRY)


def app(environ, start):
    if environ["PATH_INFO"] == "/metrics":
        return metrics(environ, start)
    asked.inc()
    start("200 OK", [("Content-Length", "2")])
    return [b"ok"]
PY
cat > "$work/ask.py" <<'PY'
"""Ten requests, a scrape, sixty times over: prints what was asked, and the increase of the counter."""
import re
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from urllib.request import urlopen

folder, least, most = Path(__file__).parent, int(sys.argv[1]), int(sys.argv[2])
with (folder / "log").open("w") as log:
    server = subprocess.Popen(
        [folder / "venv/bin/gunicorn", *"-w 2 -k gthread --threads 2 --no-control-socket -b 127.0.0.1:0 service:app".split()],
        cwd=folder, stderr=log, stdout=log,
    )
try:
    while not (found := re.search(r"Listening at: (http://\S+)", (folder / "log").read_text())):
        time.sleep(0.1)
    asked, values = 0, [0.0]
    for _ in range(60):
        for _ in range(10):
            asked += urlopen(found[1]).read() == b"ok"
        values.append(float(re.search(r"^http_requests_total (\S+)", urlopen(found[1] + "/metrics").read().decode(), re.M)[1]))
finally:
    server.terminate()
    server.wait()
increase = sum(b - a if b >= a else b for a, b in pairwise(values))
print(f"asked {asked}, the counter grew by {increase:.0f}, falls {sum(b < a for a, b in pairwise(values))}, last {values[-1]:.0f}")
assert least <= increase <= most and not re.search("multiproc|warn", (folder / "log").read_text(), re.I)
PY
echo "prometheus_client 0.26.0, gunicorn 27.0.1, two workers:"
"$work/venv/bin/python" "$work/ask.py" 900 100000
mkdir "$work/counts"
echo "the same in multiprocess mode:"
PROMETHEUS_MULTIPROC_DIR=$work/counts "$work/venv/bin/python" "$work/ask.py" 600 600
