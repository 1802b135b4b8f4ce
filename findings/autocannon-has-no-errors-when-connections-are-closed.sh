#!/usr/bin/env bash
# autocannon 9.0.0: a server that closes each connection without an answer leaves 0 errors, 0 time-outs and 0 resets in the
# result; the requests that were sent are in no figure but `requests.sent`. Whoever gates on `errors` passes a service that
# answers nobody. Seen with 9.0.0, Node 20, November 2026. This project has one row for every request, that one with its cause
# (closed).
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" autocannon@9.0.0 > "$work/npm" 2>&1
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
"$work/node_modules/.bin/autocannon" -j -c 1 -d 3 -R 5 "$url/close" > "$work/said.json" 2> /dev/null
python3 - "$work/said.json" "$(read_by_server)" <<'PY'
import json
import sys

said = json.load(open(sys.argv[1]))
figures = {name: said[name] for name in ("errors", "timeouts", "non2xx", "resets", "2xx")}
print(f"autocannon 9.0.0: the server read {sys.argv[2]}; {figures}; sent {said['requests']['sent']}")
assert int(sys.argv[2]) >= 5 and not any(figures.values())
PY
