#!/usr/bin/env bash
# wrk 4.1.0: its percentiles hold samples of requests that were never sent. After a stall it adds a series of falling
# latencies, one for each request that the connection would have sent meanwhile. One stall of 1 s among some ten thousand
# answers of under a millisecond gives a 99th percentile of nearly a second. The help does not say so, and no option turns it
# off. Seen with Debian 12's 4.1.0-3, November 2026. This project sends at planned times instead, so that a late request is a
# real one.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
(cd "$work" && apt-get download -q wrk libluajit-5.1-2 > /dev/null 2>&1 && for deb in *.deb; do dpkg -x "$deb" .; done)
wrk() { LD_LIBRARY_PATH=$(dirname "$(find "$work" -name 'libluajit*.so*' | head -1)") "$work/usr/bin/wrk" "$@"; }
version=$(dpkg-deb -f "$work"/wrk_*.deb Version)
cat > "$work/server.py" <<'PY'
"""Answers "ok" to everything at once but to the fiftieth request, which waits 1 s; /read says how many other requests it has read."""
import asyncio
import sys

read = 0


async def serve(reader, writer):
    global read
    try:
        while True:
            path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
            read += path != b"/read"
            if path != b"/read" and read == 50:
                await asyncio.sleep(1)
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
wrk -t 1 -c 1 -d 3s --latency "$url/" > "$work/said"
cat "$work/said"
sent=$(awk '/requests in/ {print $1}' "$work/said"); p99=$(awk '$1 == "99%" {print $2}' "$work/said")
echo "wrk $version: one of $sent requests was slow; p99 $p99"
[ "$sent" -gt 1000 ]
python3 -c "
import re, sys
value, unit = re.fullmatch(r'([0-9.]+)(us|ms|s)', sys.argv[1]).groups()
sys.exit(float(value) * {'us': 1e-6, 'ms': 1e-3, 's': 1}[unit] < 0.1)" "$p99"
