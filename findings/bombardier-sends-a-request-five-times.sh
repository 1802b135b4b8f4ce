#!/usr/bin/env bash
# bombardier 1.2.6: a request to which the server answers by closing the connection is sent again, up to five times in all, and
# reported once. `-n 5` put 25 requests on the server. Its HTTP library (fasthttp) takes GET for safe to repeat; no option of
# bombardier's turns that off. A load test of an overloaded server that closes connections loads it five times over and does
# not know. Seen with 1.2.6, Go 1.26, November 2026. This project never sends a request of a scenario twice.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
GOBIN="$work" GOPATH="$work/go" GOFLAGS=-modcacherw go install github.com/codesenberg/bombardier@v1.2.6 2> /dev/null
cat > "$work/server.py" <<'PY'
"""Answers "ok" to everything but /close, where it closes the connection without an answer; /read says how many other requests it has read."""
import asyncio
import sys

read = 0


async def serve(reader, writer):
    global read
    try:
        while True:
            path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
            read += path != b"/read"
            if path == b"/close":
                return  # a keep-alive connection that the server ends
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
"$work/bombardier" -n 5 -c 1 -p r "$url/close"
echo "bombardier 1.2.6, -n 5: the server read $(read_by_server)"
[ "$(read_by_server)" = 25 ]
"$work/bombardier" -n 5 -c 1 -p r "$url/" > /dev/null
[ "$(read_by_server)" = 30 ]
