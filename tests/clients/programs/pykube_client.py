"""pykube-ng. Prints each step that works; ends with a traceback where one does not."""

import json
import os

from pykube import Deployment, HTTPClient, KubeConfig, Pod, Secret

namespace = os.environ["NAMESPACE"]
api = HTTPClient(KubeConfig.from_env())
body = json.loads(os.environ["DEPLOYMENT"])
body["metadata"]["namespace"] = namespace
deployment = Deployment(api, body)

deployment.create()
print("create")
for event in Deployment.objects(api, namespace=namespace).watch():
    if event.object.obj.get("status", {}).get("readyReplicas") == 2:
        break
print("watch")
pods = list(Pod.objects(api, namespace=namespace))
assert len(pods) == 2
print("pages")
assert any("started" in pod.logs() for pod in pods)
print("logs")
deployment.reload()
deployment.patch({"spec": {"replicas": 1}})
deployment.reload()
assert deployment.replicas == 1
print("scale")
manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": namespace}}
secret = Secret(api, {**manifest, "stringData": {"a": "b"}})
secret.create()
assert secret.obj["data"] == {"a": "Yg=="}
print("secret")
deployment.delete()
print("delete")
