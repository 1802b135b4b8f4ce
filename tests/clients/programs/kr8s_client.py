"""kr8s. Prints each step that works; ends with a traceback where one does not."""

import json
import os

import kr8s
from kr8s.objects import Deployment, Secret

namespace = os.environ["NAMESPACE"]
deployment = Deployment(json.loads(os.environ["DEPLOYMENT"]), namespace=namespace)

deployment.create()
print("create")
for _, seen in kr8s.watch("deployments", namespace=namespace):
    if seen.status.get("readyReplicas") == 2:
        break
print("watch")
pods = deployment.pods()
assert len(pods) == 2
print("pages")
assert any("started" in "\n".join(pod.logs()) for pod in pods)
print("logs")
deployment.scale(1)
deployment.refresh()
assert deployment.replicas == 1
print("scale")
deployment.patch({"metadata": {"labels": {"a": "b"}}})
assert deployment.labels["a"] == "b"
print("patch")
manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "b"}}
secret = Secret(manifest, namespace=namespace)
secret.create()
secret.refresh()
assert secret.raw["data"] == {"a": "Yg=="}
print("secret")
deployment.delete()
print("delete")
