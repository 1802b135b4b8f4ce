#!/usr/bin/env bash
# artillery 2.0.34: `http.response_time` ends when the head of the answer is there: of answers whose body takes half a second,
# p99 is some milliseconds. An answer whose body never comes whole is an error and a response time of its status's class too.
# Seen with 2.0.34, Node 20, November 2026; `vusers.session_length` has the half second. In this project a request's time ends
# with the last byte of its answer.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$work" artillery@2.0.34 > "$work/npm" 2>&1
cat > "$work/server.py" <<'PY'
"""Answers "ok"; to /body the head at once and the body half a second later; to /short two bytes of the thousand that it announces; /read says how many other requests it has read."""
import asyncio
import sys

read = 0


async def serve(reader, writer):
    global read
    try:
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
        read += path != b"/read"
        body, status, more = str(read).encode() if path == b"/read" else b"ok", b"200 OK", b""
        if path == b"/body":
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n")
            await writer.drain()
            await asyncio.sleep(0.5)
            writer.write(b"ok")
            await writer.drain()
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
export ARTILLERY_DISABLE_TELEMETRY=1
attack() {
  cat > "$work/$1.yml" <<YML
config: {target: "$url", phases: [{duration: 4, arrivalRate: 5}]}
scenarios: [{flow: [{get: {url: "/$1"}}]}]
YML
  "$work/node_modules/.bin/artillery" run -q -o "$work/$1.json" "$work/$1.yml" > "$work/said" 2>&1
}
attack body
attack short
python3 - "$work" <<'PY'
import json
import sys

for name in ("body", "short"):
    said = json.load(open(f"{sys.argv[1]}/{name}.json"))["aggregate"]
    summaries, counters = said["summaries"], said["counters"]
    took = summaries["http.response_time.2xx"]
    errors = sum(count for key, count in counters.items() if key.startswith("errors."))
    print(f"artillery 2.0.34, /{name}: {took['count']} response times 2xx, p50 {took['p50']} ms; {errors} errors")
    assert took["count"] == 20 and took["p50"] < 250, took
    assert errors == (20 if name == "short" else 0), counters
    assert name == "short" or summaries["vusers.session_length"]["min"] > 450
PY
