"""lightkube. Prints each step that works; ends with a traceback where one does not."""

import json
import os

from lightkube import Client, codecs
from lightkube.models.autoscaling_v1 import ScaleSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import Pod, Secret

namespace = os.environ["NAMESPACE"]
api = Client(namespace=namespace, field_manager="lightkube")
deployment = codecs.from_dict(json.loads(os.environ["DEPLOYMENT"]))

api.create(deployment)
print("create")
for _, seen in api.watch(Deployment):
    if seen.status and seen.status.readyReplicas == 2:
        break
print("watch")
pods = [pod.metadata.name for pod in api.list(Pod, chunk_size=1)]
assert len(pods) == 2
print("pages")
assert any("started" in line for line in api.log(pods[0]))
print("logs")
api.replace(Deployment.Scale(metadata=ObjectMeta(name="web", namespace=namespace), spec=ScaleSpec(replicas=1)), "web")
assert api.get(Deployment, "web").spec.replicas == 1
print("scale")
applied = api.apply(codecs.from_dict({**json.loads(os.environ["DEPLOYMENT"])}), force=True)
assert applied.spec.replicas == 2
print("apply")
assert api.create(Secret(metadata=ObjectMeta(name="s"), stringData={"a": "b"})).data == {"a": "Yg=="}
print("secret")
api.delete(Deployment, "web")
print("delete")
