#!/usr/bin/env bash
# httperf 0.9.0 (Debian 12): an answer cut off after 2 of 1,000 bytes is a reply with status 2xx; of 20 such, 20 are replies and no
# error of any kind is counted. Its reply rate is of whole intervals of five seconds: a run of two seconds with 40 replies has a reply
# rate of 0.0 from 0 samples. Seen on one machine, November 2026. Here an answer that ends early is failed, as a broken answer, and
# rates are of the run's own time.
set -euo pipefail
work=$(mktemp -d); trap 'kill "${server:-}" 2> "$work/quiet" || true; rm -rf "$work"' EXIT
command -v httperf > "$work/where" || apt-get install -y -qq --no-install-recommends httperf > "$work/apt" 2>&1
cat > "$work/server.py" <<'PY'
import socketserver


class Connection(socketserver.StreamRequestHandler):
    """Answers once, with all of its bytes or with two of a thousand."""

    def handle(self):
        asked = self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        body = b"ok" if asked.startswith(b"GET /cut") else b"x" * 1000
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n" + body)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Connection)
print(server.server_address[1], flush=True)
server.serve_forever()
PY
python3 "$work/server.py" > "$work/port" & server=$!
until [ -s "$work/port" ]; do sleep 0.1; done
asked() { httperf --server 127.0.0.1 --port "$(cat "$work/port")" "$@" > "$work/said" 2> "$work/warned"; }
httperf --version | grep -o 'httperf-0.9.0'

asked --uri /cut --num-conns 20
grep -E '^(Total|Reply size|Reply status|Errors: total)' "$work/said"
grep -q 'replies 20 ' "$work/said"
grep -q 'content 2.0 ' "$work/said"
grep -q '2xx=20 ' "$work/said"
test "$(grep -c '^Errors: total 0 \|other 0$' "$work/said")" = 2

asked --uri /whole --num-conns 40 --rate 20
grep -E '^(Total|Reply rate|Reply size)' "$work/said"
grep -q 'replies 40 ' "$work/said"
grep -q '^Reply rate .* avg 0.0 .*(0 samples)' "$work/said"
