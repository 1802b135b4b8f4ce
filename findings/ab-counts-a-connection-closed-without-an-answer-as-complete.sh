#!/usr/bin/env bash
# ab (ApacheBench) 2.3: a request whose connection is closed without a byte of answer is a complete request and no failed one,
# and so is an answer of which most is missing (1,000 bytes announced, 2 sent). A service that answers nobody has 0 failures
# and good percentiles. Seen with Debian 12's apache2-utils 2.4, November 2026. This project counts the one as failed (closed),
# the other as a broken answer.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
(cd "$work" && apt-get download -q apache2-utils libapr1 libaprutil1 > /dev/null 2>&1 && for deb in *.deb; do dpkg -x "$deb" .; done)
ab() { LD_LIBRARY_PATH=$(dirname "$(find "$work" -name 'libapr-1.so*' | head -1)") "$work/usr/bin/ab" "$@"; }
version=$(dpkg-deb -f "$work"/apache2-utils_*.deb Version)
cat > "$work/server.py" <<'PY'
"""Answers "ok"; to /close nothing at all; to /short two bytes of the thousand that it announces; /read says how many other requests it has read."""
import asyncio
import sys

read = 0


async def serve(reader, writer):
    global read
    try:
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
        read += path != b"/read"
        body, status, more = str(read).encode() if path == b"/read" else b"ok", b"200 OK", b""
        if path == b"/close":
            return
        if path == b"/short":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nok")
            return
        writer.write(b"HTTP/1.1 " + status + b"\r\nConnection: close\r\n" + more)
        writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
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
for path in close short; do
  before=$(read_by_server)
  ab -q -n 20 -c 2 "$url/$path" > "$work/said"
  echo "ab of apache2-utils $version, /$path: the server read $(($(read_by_server) - before)), exit 0"
  grep -E '^(Complete|Failed) requests:' "$work/said"
  grep -Eq '^Complete requests: +20$' "$work/said"
  grep -Eq '^Failed requests: +0$' "$work/said"
  ! grep -q 'Non-2xx' "$work/said"
done
