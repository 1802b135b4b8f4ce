#!/usr/bin/env bash
# autocannon 9.0.0: with `-R` (requests a second) the percentiles hold samples of requests that were never sent, and they make
# the service look faster. For the correction of coordinated omission the interval expected between two requests is 1/rate
# seconds rounded up to a whole number and taken as milliseconds: 1 ms for any rate. A service that takes 50 ms for every
# request, asked 10 times a second, has a median of half of that, and fifty times as many samples as answers.
# `--ignoreCoordinatedOmission` (`-C`) leaves them out. Seen with 9.0.0, Node 20, November 2026. This project measures from the
# planned time of each request, and has one row for each.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" autocannon@9.0.0 > "$work/npm" 2>&1
cat > "$work/server.py" <<'PY'
"""Answers "ok" to everything but 50 ms later to /slow; /read says how many other requests it has read."""
import asyncio
import sys

read = 0


async def serve(reader, writer):
    global read
    try:
        while True:
            path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
            read += path != b"/read"
            await asyncio.sleep(0.05 * (path == b"/slow"))
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
measure() { "$work/node_modules/.bin/autocannon" -j -c 1 -d 3 -R 10 "$@" "$url/slow" 2> /dev/null; }
measure > "$work/with.json"; measure -C > "$work/without.json"
python3 - "$work" <<'PY'
import json
import sys
from pathlib import Path

made, plain = (json.loads((Path(sys.argv[1]) / name).read_text()) for name in ("with.json", "without.json"))
for name, one in (("as it is", made), ("-C", plain)):
    print(f"autocannon 9.0.0, {name}: {one['requests']['total']} answers, {one['latency']['totalCount']} latencies, p50 {one['latency']['p50']} ms")
assert made["latency"]["totalCount"] > 10 * made["requests"]["total"]
assert made["latency"]["p50"] < 40 <= 50 <= plain["latency"]["p50"]
PY
