#!/usr/bin/env bash
# One patch of a Deployment, an image of one container, by five Python clients: kubernetes 37.0.2, kubernetes_asyncio 36.1.0 and
# lightkube 1.0.1 send it as a strategic merge, as kubectl does, in which the container keeps its ports, probes and requests. kr8s
# 0.20.15 (`patch`) and pykube-ng 23.6.0 (`patch`, whose argument is called strategic_merge_patch) send a JSON merge patch, in
# which the list of containers is replaced: the container has no CPU request any more, and an HPA by utilization has no metric. Of a
# custom object kubernetes sends a merge patch; kubernetes_asyncio labels the same dict a JSON patch, which is a list: an API server
# refuses it. Seen with Python 3.11, a server that keeps what it is sent, November 2026. This project names the type of each patch.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check kubernetes==37.0.2 kubernetes_asyncio==36.1.0 lightkube==1.0.1 \
  kr8s==0.20.15 pykube-ng==23.6.0
cat > "$work/patch.py" <<'PY'
"""The content type that each client gives to the same patch."""
import asyncio
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import kr8s
import kubernetes
import kubernetes_asyncio
import lightkube
import pykube
from kr8s.objects import Deployment
from lightkube.resources.apps_v1 import Deployment as LightkubeDeployment

CONTAINER = {"name": "web", "image": "web:1", "resources": {"requests": {"cpu": "100m"}}}
WEB = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "default", "uid": "1", "resourceVersion": "1"},
    "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [CONTAINER]}},
    },
}
PATCH = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "web:2"}]}}}}
ANSWERS = {
    "/version": dict.fromkeys(("gitCommit", "platform", "goVersion", "buildDate", "compiler", "gitTreeState"), "x")
    | {"major": "1", "minor": "35", "gitVersion": "v1.35.0"},
    "/apis/apps/v1/namespaces/default/deployments": {
        "apiVersion": "apps/v1",
        "kind": "DeploymentList",
        "metadata": {"resourceVersion": "1"},
        "items": [WEB],
    },
    "/apis/apps/v1": {
        "kind": "APIResourceList",
        "groupVersion": "apps/v1",
        "resources": [{"name": "deployments", "kind": "Deployment", "namespaced": True, "verbs": ["get", "patch"]}],
    },
}
sent = []


class Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.answer(ANSWERS.get(self.path.partition("?")[0].rstrip("/"), WEB))

    def do_PATCH(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        sent.append((self.headers["Content-Type"], body == PATCH))
        self.answer(WEB)

    def answer(self, what):
        body = json.dumps(what).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


async def by_asyncio(config):
    await kubernetes_asyncio.config.load_kube_config(config)
    async with kubernetes_asyncio.client.ApiClient() as api:
        await kubernetes_asyncio.client.AppsV1Api(api).patch_namespaced_deployment("web", "default", PATCH)
        custom = kubernetes_asyncio.client.CustomObjectsApi(api)
        await custom.patch_namespaced_custom_object("example.com", "v1", "default", "webs", "web", PATCH)


server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
config = sys.argv[1]
with open(config, "w") as file:
    named = {"cluster": "c", "user": "u", "namespace": "default"}
    cluster = {"server": f"http://127.0.0.1:{server.server_port}"}
    json.dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "c",
            "contexts": [{"name": "c", "context": named}],
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "u", "user": {}}],
        },
        file,
    )
kubernetes.config.load_kube_config(config)
kubernetes.client.AppsV1Api().patch_namespaced_deployment("web", "default", PATCH)
kubernetes.client.CustomObjectsApi().patch_namespaced_custom_object("example.com", "v1", "default", "webs", "web", PATCH)
asyncio.run(by_asyncio(config))
lightkube.Client(lightkube.KubeConfig.from_file(config)).patch(LightkubeDeployment, "web", PATCH, namespace="default")
Deployment.get("web", namespace="default", api=kr8s.api(kubeconfig=config)).patch(PATCH)
api = pykube.HTTPClient(pykube.KubeConfig.from_file(config))
pykube.Deployment.objects(api, namespace="default").get_by_name("web").patch(strategic_merge_patch=PATCH)

who = ("kubernetes", "kubernetes, custom", "asyncio", "asyncio, custom", "lightkube", "kr8s", "pykube-ng")
found = {name: kind.removeprefix("application/").removesuffix("+json") for name, (kind, _) in zip(who, sent, strict=True)}
for name, kind in found.items():
    print(f"{name:20} {kind}")
assert all(same for _, same in sent)
strategic, merge = "strategic-merge-patch", "merge-patch"
assert list(found.values()) == [strategic, merge, strategic, "json-patch", strategic, merge, merge]
PY
"$work/venv/bin/python" "$work/patch.py" "$work/kubeconfig"
