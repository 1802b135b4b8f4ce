#!/usr/bin/env bash
# siege 4.0: a 401 is answered by the same request four times more, without any credential, and each of the five is a
# successful transaction: of 20 requests asked for, 100 are sent, availability is 100 %, and the exit code 0. Seen with Debian
# 12's 4.0.7, November 2026. This project sends a scenario's request once, and a status that was not expected is a failure with
# its number.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
(cd "$work" && apt-get download -q siege > /dev/null 2>&1 && dpkg -x siege_*.deb .)
version=$(dpkg-deb -f "$work"/siege_*.deb Version)
export HOME=$work
cat > "$work/server.py" <<'PY'
"""Answers "ok"; to /login 401, as a service does whose token has run out; /read says how many other requests it has read."""
import asyncio
import sys

read = 0


async def serve(reader, writer):
    global read
    try:
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
        read += path != b"/read"
        body, status, more = str(read).encode() if path == b"/read" else b"ok", b"200 OK", b""
        if path == b"/login":
            status, more = b"401 Unauthorized", b'WWW-Authenticate: Basic realm="shop"\r\n'
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
siege() { "$work/usr/bin/siege" -b -c 2 -r 10 --log="$work/log" "$1" > "$work/said" 2>&1; }
siege "$url/"
before=$(read_by_server)
siege "$url/login"
sent=$(($(read_by_server) - before))
grep -E '"(availability|successful_transactions|failed_transactions)"' "$work/said" | tr -d '\t'
echo "siege $version: 20 asked for, the server read $before without and $sent with 401, exit 0"
[ "$before" = 20 ] && [ "$sent" = 100 ]
grep -Eq '"successful_transactions":\s+100,' "$work/said"
grep -Eq '"failed_transactions":\s+0,' "$work/said"
