#!/usr/bin/env bash
# Gatling 3.13.5: each virtual user has a browser's cache, and by default it is on. Where an answer may be kept (`Cache-Control:
# max-age=60`), the user's further requests for it are neither sent nor reported: 2 users with 10 requests each are 2 requests in
# report and server, all OK, and the exit code is 0. With an `ETag` the others are sent as conditional ones, whose 304 needs no body.
# `.disableCaching()` sends all 20. A page that may be cached is tested with a tenth of the load, and the report looks as if that
# was asked for. Seen with Maven's artifacts of 3.13.5, Java 17, November 2026. This project has no cache: each planned request is
# sent, whatever an answer before allowed.
set -euo pipefail
for tool in mvn javac python3; do command -v "$tool" > /dev/null || { echo "needs $tool (Debian: maven, default-jdk, python3)"; exit 2; }; done
work=$(mktemp -d); trap 'kill "${server:-}" 2> "$work/quiet" || true; rm -rf "$work"' EXIT
cat > "$work/pom.xml" <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>x</groupId><artifactId>x</artifactId><version>1</version><dependencies>
<dependency><groupId>io.gatling.highcharts</groupId><artifactId>gatling-charts-highcharts</artifactId><version>3.13.5</version></dependency>
</dependencies></project>
XML
cd "$work"
mvn -q -B dependency:copy-dependencies -DoutputDirectory=jars > mvn 2>&1
cat > Pages.java <<'JAVA'
import static io.gatling.javaapi.core.CoreDsl.*;
import static io.gatling.javaapi.http.HttpDsl.*;

import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Simulation;
import io.gatling.javaapi.http.HttpProtocolBuilder;

public class Pages extends Simulation {
  private final HttpProtocolBuilder protocol = http.baseUrl(System.getProperty("url"));

  private PopulationBuilder readers(String name, String path, HttpProtocolBuilder with) {
    return scenario(name).repeat(10).on(exec(http(name).get(path + "?" + name))).injectOpen(atOnceUsers(2)).protocols(with);
  }

  {
    setUp(
        readers("plain", "/plain", protocol),
        readers("kept", "/kept", protocol),
        readers("tagged", "/tagged", protocol),
        readers("disabled", "/kept", protocol.disableCaching()));
  }
}
JAVA
javac -cp 'jars/*' -d classes Pages.java
echo '<configuration><root level="OFF"/></configuration>' > classes/logback.xml
cat > server.py <<'PY'
"""Answers "ok" and, by the path, what may be kept; /read says how many whole and conditional requests it has read of each name."""
import json
import sys
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

seen = Counter()


class Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path, _, name = self.path.partition("?")
        conditional = "If-None-Match" in self.headers
        seen[f"{name} {'conditional' if conditional else 'whole'}"] += 1
        body = json.dumps(seen).encode() if path == "/read" else b"ok"
        self.send_response(304 if conditional else 200)
        if path == "/kept":
            self.send_header("Cache-Control", "max-age=60")
        if path == "/tagged":
            self.send_header("ETag", '"1"')
        if not conditional:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if conditional else body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
with open(sys.argv[1], "w") as file:
    file.write(str(server.server_port))
server.serve_forever()
PY
python3 server.py port & server=$!
until [ -s port ]; do sleep 0.1; done
url=http://127.0.0.1:$(cat port)
java --add-opens=java.base/java.lang=ALL-UNNAMED -Durl="$url" -cp 'classes:jars/*' io.gatling.app.Gatling -s Pages -rf results -nr \
  > said 2>&1 || { cat said; exit 1; }
python3 - "$url" <<'PY'
import json
import re
import sys
import urllib.request

with urllib.request.urlopen(sys.argv[1] + "/read") as answer:
    seen = json.load(answer)
with open("said") as file:
    said = file.read()
for name, wanted in (("plain", (20, 20, 20, 0)), ("kept", (2, 2, 2, 0)), ("tagged", (20, 20, 2, 18)), ("disabled", (20, 20, 20, 0))):
    row = re.findall(rf"^> {name} +\| +(\d+) \| +(\d+) \|", said, re.M)[-1]
    found = (*map(int, row), seen[f"{name} whole"], seen.get(f"{name} conditional", 0))
    print(f"Gatling 3.13.5, {name}: of 20 reported {found[0]}, OK {found[1]}; the server read {found[2]} whole and {found[3]} conditional")
    assert found == wanted, wanted
PY
