#!/usr/bin/env bash
# FastAPI 0.165.0 with a BackgroundTask of three seconds after an answer: clients have it in some milliseconds,
# prometheus-fastapi-instrumentator 8.1.0 and OpenTelemetry's FastAPI instrumentation 0.66b2 say that the request took more than
# three seconds (they measure until the app returns, which is after its tasks); starlette_exporter 0.24.0 measures to the end of the
# answer. An objective for p95, or an HPA that scales by it, goes by work that nobody waits for. Seen with Python 3.11 and uvicorn
# 0.54.0, November 2026. This project measures at the client, and its imports say that a server's own figures are others.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check fastapi==0.165.0 uvicorn==0.54.0 starlette_exporter==0.24.0 \
  prometheus-fastapi-instrumentator==8.1.0 prometheus_client==0.26.0 opentelemetry-sdk==1.45.2 \
  opentelemetry-instrumentation-fastapi==0.66b2 opentelemetry-exporter-prometheus==0.66b2
cat > "$work/app.py" <<'PY'
"""An app with a background task, by one exporter: how long its client waits, and how long the exporter says it took."""
import asyncio
import re
import sys
import threading
import time
import urllib.request

import uvicorn
from fastapi import BackgroundTasks, FastAPI
from prometheus_client import REGISTRY, generate_latest

app, exporter = FastAPI(), sys.argv[1]
done = threading.Event()


async def task():
    await asyncio.sleep(3)
    done.set()


@app.get("/order")
async def order(tasks: BackgroundTasks):
    tasks.add_task(task)
    return "taken"


if exporter == "prometheus-fastapi-instrumentator":
    from prometheus_fastapi_instrumentator import Instrumentator

    Instrumentator().instrument(app)
elif exporter == "starlette_exporter":
    from starlette_exporter import PrometheusMiddleware

    app.add_middleware(PrometheusMiddleware)
else:
    from opentelemetry.exporter.prometheus import PrometheusMetricReader
    from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
    from opentelemetry.metrics import set_meter_provider
    from opentelemetry.sdk.metrics import MeterProvider

    set_meter_provider(MeterProvider(metric_readers=[PrometheusMetricReader()]))
    FastAPIInstrumentor.instrument_app(app)

server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical"))
threading.Thread(target=server.run, daemon=True).start()
while not server.started:
    time.sleep(0.05)
port = server.servers[0].sockets[0].getsockname()[1]
begun = time.monotonic()
assert urllib.request.urlopen(f"http://127.0.0.1:{port}/order").read() == b'"taken"'
waited = time.monotonic() - begun
assert not done.is_set(), "the answer came before the task was done"
assert done.wait(30)

SUM = re.compile(r"^(?:http_request_duration_seconds|starlette_request_duration_seconds|http_server_duration_milliseconds)_sum\b.* (\S+)$")
told = []
while not told:
    told = [float(found[1]) for line in generate_latest(REGISTRY).decode().splitlines() if (found := SUM.match(line))]
    time.sleep(0.05)
said = told[0] / (1000 if exporter == "opentelemetry" else 1)
print(f"{exporter}: the client waited {waited:.2f} s, the exporter says {said:.2f} s")
assert len(told) == 1
assert said <= waited if exporter == "starlette_exporter" else said >= 3
PY
for exporter in prometheus-fastapi-instrumentator opentelemetry starlette_exporter; do
  "$work/venv/bin/python" "$work/app.py" "$exporter"
done
