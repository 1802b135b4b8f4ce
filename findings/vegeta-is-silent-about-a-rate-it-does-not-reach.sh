#!/usr/bin/env bash
# vegeta 12.13.0: with fewer workers (`-max-workers`) than the rate needs, it sends what it can, says nothing and ends with 0.
# 50 requests a second for 2 s against a service of 200 ms and 2 workers are 100 asked and about 20 sent; success is 100 %, and
# the latencies, measured from the late sending, look well. Only the figure in `Requests [total, rate]` is lower than asked.
# Seen with 12.13.0, Go 1.26, November 2026. This project counts what was planned and not sent, and makes such a run invalid.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
GOBIN="$work" GOPATH="$work/go" GOFLAGS=-modcacherw go install github.com/tsenart/vegeta/v12@v12.13.0 2> /dev/null
cat > "$work/server.py" <<'PY'
"""Answers "ok" to everything but 200 ms later to /slow; /read says how many other requests it has read."""
import asyncio
import sys

read = 0


async def serve(reader, writer):
    global read
    try:
        while True:
            path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
            read += path != b"/read"
            await asyncio.sleep(0.2 * (path == b"/slow"))
            body = str(read).encode() if path == b"/read" else b"ok"
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
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
python3 "$work/server.py" "$work/port" 2> /dev/null & server=$!
trap 'kill $server; rm -rf "$work"' EXIT
until [ -s "$work/port" ]; do sleep 0.1; done
url=http://127.0.0.1:$(cat "$work/port")
read_by_server() { python3 -c "import sys, urllib.request as u; print(u.urlopen(sys.argv[1] + '/read').read().decode())" "$url"; }
echo "GET $url/slow" | "$work/vegeta" attack -rate 50 -duration 2s -max-workers 2 -workers 2 > "$work/out" 2> "$work/errors"
"$work/vegeta" report -type json "$work/out" > "$work/said.json"
python3 - "$work/said.json" "$(wc -c < "$work/errors")" <<'PY'
import json
import sys

said = json.load(open(sys.argv[1]))
print(f"vegeta 12.13.0: 100 asked, {said['requests']} sent, success {said['success']}, p99 {said['latencies']['99th'] / 1e6:.0f} ms, {sys.argv[2]} bytes of errors")
assert said["requests"] < 40 and said["success"] == 1 and sys.argv[2] == "0" and said["latencies"]["99th"] < 400e6
PY
