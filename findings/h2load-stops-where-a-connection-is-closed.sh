#!/usr/bin/env bash
# h2load (nghttp2-client, Debian 12: 1.52), HTTP/1.1, a server that closes a connection after its fifth answer, as one does whose pod
# ends or whose keep-alive time is over: the client that had it makes no other. With `-n 20 -c 2` each gives up the half of its share,
# which is counted as errored though no such request was ever sent; with `-D 3 -c 2` all load is over in the first milliseconds of the
# three seconds, with 0 failed, 0 errored, 0 timeout, exit code 0 and a rate over the whole time. Where the answer says `Connection:
# close` it goes on. Seen on one machine, November 2026. This project opens a connection anew and has a row for each planned request.
set -euo pipefail
work=$(mktemp -d); trap 'kill "${server:-}" 2> "$work/quiet" || true; rm -rf "$work"' EXIT
command -v h2load > "$work/where" || apt-get install -y -qq --no-install-recommends nghttp2-client > "$work/apt" 2>&1
cat > "$work/server.py" <<'PY'
import itertools
import socketserver
import sys


class Connection(socketserver.StreamRequestHandler):
    """Answers; closes after five, without a word or with `Connection: close` in the fifth."""

    def handle(self):
        for answered in itertools.count(1):
            if not (line := self.rfile.readline()):
                return
            while self.rfile.readline().strip():
                pass
            polite = line.startswith(b"GET /polite") and answered == 5
            with open(sys.argv[1], "a") as file:
                file.write("asked\n")
            head = b"Connection: close\r\n" if polite else b""
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + head + b"\r\nok")
            if answered == 5:
                return


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Connection)
print(server.server_address[1], flush=True)
server.serve_forever()
PY
python3 "$work/server.py" "$work/asked" > "$work/port" & server=$!
until [ -s "$work/port" ]; do sleep 0.1; done
url="http://127.0.0.1:$(cat "$work/port")"
h2load --version | grep 1.52
line() { h2load --h1 "$@" > "$work/said"; grep -E '^(finished|requests:)' "$work/said"; }

line -n 20 -c 2 "$url/" | tee "$work/count"
echo "the server was asked $(wc -l < "$work/asked") times"
grep -q '20 total, .* 10 succeeded, 10 failed, 10 errored, 0 timeout' "$work/count"
test "$(wc -l < "$work/asked")" = 10

line -D 3 -c 2 "$url/" | tee "$work/time"
echo "the server was asked $(($(wc -l < "$work/asked") - 10)) times in three seconds"
grep -q '10 succeeded, 0 failed, 0 errored, 0 timeout' "$work/time"
grep -q 'finished in 3' "$work/time"
test "$(wc -l < "$work/asked")" = 20

line -n 20 -c 2 "$url/polite" | grep '20 succeeded, 0 failed'
