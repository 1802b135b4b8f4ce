#!/usr/bin/env bash
# A client that keeps its connection and sends one request after another, as load tools, proxies and connection pools do, to a server
# that is told to end. Node 20's `server.close()`, the usual answer to SIGTERM, goes on serving that connection for as long as requests
# come on it, each answered with `Connection: keep-alive`: it never ends by itself, so the pod is killed at the end of its grace period
# with requests in work. Fastify 5.12.8's `close()` ends the connection at once, but answers the request that comes on it with
# 503. A preStop sleep is of no help with either: kept connections stay with the pod. Seen with Node 20, November 2026. This project
# tells such losses as failed while pods were taken away, with status and cure (F17).
set -euo pipefail
for tool in node npm python3; do command -v "$tool" > /dev/null || { echo "needs $tool (Debian: nodejs, npm, python3)"; exit 2; }; done
work=$(mktemp -d); trap 'kill -9 "${server:-}" 2> "$work/quiet" || true; rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$work" fastify@5.12.8 > "$work/npm" 2>&1
cat > "$work/plain.js" <<'JS'
const fs = require('fs');
const server = require('http').createServer((_, answer) => setTimeout(() => answer.end('ok'), 100));
server.listen(0, '127.0.0.1', () => fs.writeFileSync(process.argv[2], String(server.address().port)));
process.on('SIGTERM', () => server.close(() => process.exit(0)));
JS
cat > "$work/fastify.js" <<'JS'
const fs = require('fs');
const app = require('fastify')();
app.get('/', () => new Promise((done) => setTimeout(() => done('ok'), 100)));
app.listen({port: 0, host: '127.0.0.1'}).then(() => fs.writeFileSync(process.argv[2], String(app.server.address().port)));
process.on('SIGTERM', () => app.close().then(() => process.exit(0)));
JS
cat > "$work/client.py" <<'PY'
"""Up to sixty requests on one connection, SIGTERM during the third; what the later ones were answered."""
import http.client
import os
import signal
import sys

server, connection, later = int(sys.argv[2]), http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=20), []
for number in range(1, 61):
    connection.request("GET", "/")
    if number == 3:
        os.kill(server, signal.SIGTERM)
    answer = connection.getresponse()
    answer.read()
    if number > 3:
        later.append(f"{answer.status} {answer.getheader('Connection')}")
    if answer.getheader("Connection") == "close":
        break
print(len(later), ", ".join(sorted(set(later))))
PY
node --version
for case in "plain:57 200 keep-alive" "fastify:1 503 close"; do
  rm -f "$work/port"
  node "$work/${case%%:*}.js" "$work/port" & server=$!
  until [ -s "$work/port" ]; do sleep 0.1; done
  said=$(timeout 60 python3 "$work/client.py" "$(cat "$work/port")" $server)
  echo "${case%%:*}: answers to requests sent on the kept connection after SIGTERM: $said"
  [ "$said" = "${case#*:}" ]
  kill -9 $server 2> "$work/quiet" || true
done
