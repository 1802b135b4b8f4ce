#!/usr/bin/env bash
# wrk 4.1.0: against a target that takes connections and requests and never answers, it reports 0 requests and no error line at
# all, and ends with 0. Time-outs are only counted when a late answer arrives. A target that hangs and one that was not asked
# look the same. Seen with Debian 12's 4.1.0-3, November 2026. This project counts each as failed by time-out, and the run
# fails.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
(cd "$work" && apt-get download -q wrk libluajit-5.1-2 > /dev/null 2>&1 && for deb in *.deb; do dpkg -x "$deb" .; done)
wrk() { LD_LIBRARY_PATH=$(dirname "$(find "$work" -name 'libluajit*.so*' | head -1)") "$work/usr/bin/wrk" "$@"; }
version=$(dpkg-deb -f "$work"/wrk_*.deb Version)
cat > "$work/server.py" <<'PY'
"""Answers "ok" to everything but to /silent, where nothing comes; /read says how many other requests it has read."""
import asyncio
import sys

read = 0


async def serve(reader, writer):
    global read
    try:
        while True:
            path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
            read += path != b"/read"
            if path == b"/silent":
                await asyncio.sleep(60)
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
wrk -t 1 -c 4 -d 5s --timeout 1s "$url/silent" > "$work/said"
cat "$work/said"
echo "wrk $version: the server read $(read_by_server), exit 0"
[ "$(read_by_server)" = 4 ]
grep -q '^  0 requests in' "$work/said"
! grep -q 'Socket errors' "$work/said"
