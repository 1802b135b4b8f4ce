#!/usr/bin/env bash
# hey 0.1.5: `-n 10 -c 3` sends 9 requests. The number is divided among the workers and the rest is dropped; no line says so,
# and the summary counts 9. Seen with 0.1.5, Go 1.26, November 2026. This project splits a plan among its workers to the last
# request.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
GOBIN="$work" GOPATH="$work/go" GOFLAGS=-modcacherw go install github.com/rakyll/hey@v0.1.5 2> /dev/null
cat > "$work/server.py" <<'PY'
"""Answers "ok" to everything; /read says how many other requests it has read."""
import asyncio
import sys

read = 0


async def serve(reader, writer):
    global read
    try:
        while True:
            path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
            read += path != b"/read"
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
"$work/hey" -n 10 -c 3 "$url/" > "$work/said"
grep -F '[200]' "$work/said"
echo "hey 0.1.5, -n 10 -c 3: the server read $(read_by_server)"
[ "$(read_by_server)" = 9 ]
