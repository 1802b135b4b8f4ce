#!/usr/bin/env bash
# Locust 2.47.0, `--csv`: the percentiles of PREFIX_stats_history.csv are those since the run began, beside a rate and a number of
# users of that moment. A service that takes 1 s a request for 10 s and 10 ms from then on has a p95 of 1 s in every row to the
# end: no scale-up ever shows. With `--csv-full-history` (by its help: each entry, not only the aggregated one) the same columns
# of the same row are of the last ten seconds. Nothing in the file says which. Seen with Locust 2.47.0, Python 3.11, November
# 2026. This project's report has percentiles of each second and stage; an imported history's percentiles are left out.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check locust==2.47.0
cat > "$work/server.py" <<'PY'
"""Answers "ok" after 1 s, from 10 s after the first request on after 10 ms."""
import asyncio
import sys
import time

first = 0.0


async def serve(reader, writer):
    global first
    try:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            first = first or time.monotonic()
            await asyncio.sleep(1 if time.monotonic() < first + 10 else 0.01)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    with open(sys.argv[1], "w") as file:
        file.write(str(server.sockets[0].getsockname()[1]))
    await server.serve_forever()


asyncio.run(main())
PY
cat > "$work/locustfile.py" <<'PY'
from locust import HttpUser, constant, task


class Asking(HttpUser):
    wait_time = constant(0.5)

    @task
    def ask(self):
        self.client.get("/")
PY
for more in "" --csv-full-history; do
    python3 "$work/server.py" "$work/port$more" 2> /dev/null & server=$!
    trap 'kill $server; rm -rf "$work"' EXIT
    until [ -s "$work/port$more" ]; do sleep 0.1; done
    "$work/venv/bin/locust" -f "$work/locustfile.py" --headless -u 5 -r 5 -t 30s --csv "$work/said$more" $more \
        --host "http://127.0.0.1:$(cat "$work/port$more")" > /dev/null 2>&1
    kill $server
    python3 - "$work/said$more" "$more" <<'PY'
import csv
import sys

with open(f"{sys.argv[1]}_stats_history.csv") as file:
    rows = [row for row in csv.DictReader(file) if row["Name"] == "Aggregated"]
last = rows[-1]
print(f"Locust 2.47.0 {sys.argv[2] or '--csv alone'}: last row, 20 s after the service grew quick: p95 {last['95%']} ms, {last['Requests/s']} requests/s")
assert float(last["95%"]) >= 1000 if not sys.argv[2] else float(last["95%"]) < 500
assert float(last["Requests/s"]) > 5 > 5 / 1.5 > float(rows[8]["Requests/s"])
PY
done
trap 'rm -rf "$work"' EXIT
