#!/usr/bin/env bash
# nginx 1.22 and Apache 2.4, `combined` log format in both: one request of 4 s, and nginx's line has the time at which it ended,
# Apache's the one at which it began. A peak replayed from nginx's log comes late and flat, by as much as the service was slow
# then: the more it was overrun, the more. Seen with Debian 12's nginx 1.22.1 and apache2-bin 2.4, November 2026. This project
# counts a request where it began, wherever a line says how long it took (docs/scenarios.md has each log).
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
(cd "$work" && apt-get download -q nginx apache2-bin libapr1 libaprutil1 > /dev/null 2>&1 && for deb in *.deb; do dpkg -x "$deb" .; done)
LD_LIBRARY_PATH=$(dirname "$(find "$work" -name 'libapr-1.so*' | head -1)"); export LD_LIBRARY_PATH
cat > "$work/service.py" <<'PY'
"""Answers "ok" after 4 s; says three free ports, of which the first is its own."""
import asyncio
import socket
import sys


async def serve(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    await asyncio.sleep(4)
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
    await writer.drain()
    writer.close()


async def main():
    others = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    ports = [one.getsockname()[1] for one in (server.sockets[0], *others)]
    for one in others:
        one.close()
    with open(sys.argv[1], "w") as file:
        file.write(" ".join(map(str, ports)) + "\n")
    await server.serve_forever()


asyncio.run(main())
PY
python3 "$work/service.py" "$work/ports" 2> /dev/null & started=$!
trap 'kill $started; rm -rf "$work"' EXIT
until [ -s "$work/ports" ]; do sleep 0.1; done
read -r service nginx apache < "$work/ports"
mkdir "$work/nginx"
cat > "$work/nginx.conf" <<CONF
pid $work/nginx/pid; error_log $work/nginx/error; daemon off; master_process off;
events {}
http {
  access_log $work/nginx/access combined;
  client_body_temp_path $work/nginx/1; proxy_temp_path $work/nginx/2; fastcgi_temp_path $work/nginx/3;
  uwsgi_temp_path $work/nginx/4; scgi_temp_path $work/nginx/5;
  server { listen 127.0.0.1:$nginx; location / { proxy_pass http://127.0.0.1:$service; } }
}
CONF
mkdir "$work/apache"
modules=$work/usr/lib/apache2/modules
cat > "$work/apache.conf" <<CONF
ServerRoot $work/apache
ServerName localhost
PidFile $work/apache/pid
ErrorLog $work/apache/error
Listen 127.0.0.1:$apache
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule proxy_module $modules/mod_proxy.so
LoadModule proxy_http_module $modules/mod_proxy_http.so
LogFormat "%h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"" combined
CustomLog $work/apache/access combined
ProxyPass / http://127.0.0.1:$service/
CONF
"$work/usr/sbin/nginx" -c "$work/nginx.conf" -p "$work/nginx" 2> /dev/null & started="$started $!"
"$work/usr/sbin/apache2" -f "$work/apache.conf" -DFOREGROUND & started="$started $!"
python3 - "$work" "$nginx" "$apache" <<'PY'
import re
import socket
import sys
import time
from datetime import datetime
from pathlib import Path
from urllib.request import urlopen

work, *ports = sys.argv[1:]
for name, port in zip(("nginx", "apache"), ports):
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", int(port))).close()
            break
        except OSError:
            time.sleep(0.1)
    began = int(time.time())
    urlopen(f"http://127.0.0.1:{port}/", timeout=30).read()
    took = time.time() - began
    while '"GET / ' not in Path(work, name, "access").read_text():
        time.sleep(0.1)
    line = Path(work, name, "access").read_text().strip().splitlines()[-1]
    after = datetime.strptime(re.search(r"\[(.*?)\]", line)[1], "%d/%b/%Y:%H:%M:%S %z").timestamp() - began
    print(f"{name}: a request of {took:.1f} s is dated {after:.0f} s after it was sent")
    assert after > 2.5 if name == "nginx" else after < 2, line
PY
