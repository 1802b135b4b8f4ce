#!/usr/bin/env bash
# prometheus-flask-exporter 0.23.2, gunicorn 27.0.1: of twenty requests at once to a service that takes half a second for each,
# clients with a time-out of 1.5 s get two of them; the service works off the others all the same, counts twenty of status 200,
# nearly all within 0.75 s. A streamed answer that breaks off after a second is a 200 of some microseconds. The
# service's errors and p95 stay well while its clients get nothing; a gate or an autoscaler on them sees no overload. Seen with
# Python 3.11, November 2026. This project measures at the client from the planned time; an import of such figures says what is not in them.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check prometheus-flask-exporter==0.23.2 gunicorn==27.0.1 flask==3.1.3
cat > "$work/service.py" <<'PY'
import time

from flask import Flask
from prometheus_flask_exporter import PrometheusMetrics

app = Flask("service")
PrometheusMetrics(app)


@app.route("/")
def work():
    time.sleep(0.5)
    return "ok"


@app.route("/stream")
def stream():
    def parts():
        yield "a"
        time.sleep(1)
        raise RuntimeError("in the middle")

    return parts()
PY
cat > "$work/ask.py" <<'PY'
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import IncompleteRead
from pathlib import Path
from urllib.request import urlopen

folder = Path(__file__).parent
with (folder / "log").open("w") as log:
    words = "-k gthread --threads 1 --no-control-socket -b 127.0.0.1:0 service:app".split()
    server = subprocess.Popen([folder / "venv/bin/gunicorn", *words], cwd=folder, stderr=log, stdout=log)


def answered(_):
    try:
        return urlopen(url, timeout=1.5).read() == b"ok"
    except OSError:
        return False


try:
    while not (found := re.search(r"Listening at: (http://\S+)", (folder / "log").read_text())):
        time.sleep(0.1)
    url = found[1]
    urlopen(url + "/metrics", timeout=60).read()  # ready
    with ThreadPoolExecutor(20) as clients:
        got = sum(clients.map(answered, range(20)))
    broken = False
    try:
        urlopen(url + "/stream", timeout=60).read()
    except IncompleteRead:
        broken = True
    said = urlopen(url + "/metrics", timeout=60).read().decode()
finally:
    server.terminate()
    server.wait()


def figure(pattern):
    return float(re.search(rf"^flask_http_request_{pattern} (\S+)$", said, re.M)[1])


counted = figure(r'duration_seconds_count\{method="GET",path="/",status="200"\}')
quick = figure(r'duration_seconds_bucket\{le="0.75",method="GET",path="/",status="200"\}')
streamed = figure(r'duration_seconds_sum\{method="GET",path="/stream",status="200"\}')
print(f"20 sent, {got} answered in time; the service counts {counted:.0f} of status 200, {quick:.0f} of them within 0.75 s")
print(f"a stream that broke after a second: status 200 in {streamed * 1000:.2f} ms")
assert got <= 5 and counted == 20 and quick >= 15 and broken and streamed < 0.5 and 'status="500"' not in said
PY
"$work/venv/bin/python" "$work/ask.py"
