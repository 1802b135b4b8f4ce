#!/usr/bin/env bash
# kubernetes (Python) 37.0.2: `watch.Watch().stream(list_...)`, as its README has it, goes on from the version of the object that it
# heard of last, when the server ends the watch (an API server does so after some minutes to an hour). The first events of a watch
# without a version are the objects that are there, by name and not by version, so the last one may be the oldest: what is newer
# is told once more as ADDED. Who counts pods by such events counts them twice. A list first, and `resource_version` of the list,
# cures it. Seen with 37.0.2, Python 3.11, a server of the documented protocol, November 2026. This project lists, watches from
# the list's version and knows objects by their uid.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check kubernetes==37.0.2
cat > "$work/watch.py" <<'PY'
"""Three pods that never change, a server that ends each watch: what a program hears that watches them."""
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from urllib.parse import parse_qsl, urlparse

from kubernetes import client, watch

VERSIONS = {"web-1": 100, "web-2": 205, "web-3": 150}  # web-2 was made anew last
asked = []


class Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        query = dict(parse_qsl(urlparse(self.path).query))
        pods = [
            {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": name, "resourceVersion": str(made)}}
            for name, made in sorted(VERSIONS.items())
            if made > int(query.get("resourceVersion", 0))
        ]
        if query.get("watch") == "true":
            asked.append(query.get("resourceVersion"))
            text = "".join(json.dumps({"type": "ADDED", "object": pod}) + "\n" for pod in pods)
        else:
            text = json.dumps({"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": "205"}, "items": pods})
        time.sleep(0.2)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
configuration = client.Configuration(host=f"http://127.0.0.1:{server.server_address[1]}")
api = client.CoreV1Api(client.ApiClient(configuration))
heard = []


def hear(**since):
    for event in watch.Watch().stream(api.list_namespaced_pod, "shop", **since):
        heard.append((event["type"], event["object"].metadata.name))


since = {} if sys.argv[1] == "alone" else {"resource_version": api.list_namespaced_pod("shop").metadata.resource_version}
threading.Thread(target=hear, kwargs=since, daemon=True).start()
while len(asked) < 4:
    time.sleep(0.1)
print("kubernetes", version("kubernetes"), "watch", sys.argv[1], "asked from", asked[:4], "heard", heard)
added = [name for kind, name in heard if kind == "ADDED"]
assert added == (["web-1", "web-2", "web-3", "web-2"] if sys.argv[1] == "alone" else [])
PY
"$work/venv/bin/python" "$work/watch.py" alone
"$work/venv/bin/python" "$work/watch.py" after-a-list
