#!/usr/bin/env bash
# Locust 2.47.0: FastHttpUser sends a request to which the server answers by closing the connection again and again, and
# reports one. The server read twelve times what Locust counted; HttpUser sends it once. A service that sheds load by closing
# connections gets a multiple of it from a test that shows a steady rate. Seen with Locust 2.47.0 (geventhttpclient as it
# requires), Python 3.11, November 2026. This project's own requests are never sent twice; what a locustfile's client sends
# again is counted and told.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check locust==2.47.0
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
cat > "$work/locustfile.py" <<'PY'
import os

import locust


class Visitor(getattr(locust, os.environ["USER_CLASS"])):
    wait_time = locust.constant(0.1)

    @locust.task
    def visit(self):
        self.client.get("/close")
PY
ratio() {
    before=$(read_by_server)
    (cd "$work" && USER_CLASS=$1 venv/bin/locust --headless -u 1 -t 10s -H "$url" --json --only-summary --exit-code-on-error 0 2> /dev/null > "$1.json")
    told=$(python3 -c "import json, sys; print(sum(one['num_requests'] for one in json.load(open(sys.argv[1]))))" "$work/$1.json")
    echo "Locust 2.47.0, $1: reported $told, read by the server $(($(read_by_server) - before))" >&2
    echo $((($(read_by_server) - before) / told))
}
[ "$(ratio HttpUser)" = 1 ]
[ "$(ratio FastHttpUser)" = 12 ]
