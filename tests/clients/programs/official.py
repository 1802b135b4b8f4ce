"""The official Python client (kubernetes). Prints each step that works; ends with a traceback where one does not."""

import json
import os

from kubernetes import client, config, watch

config.load_kube_config()
apps, core, scaling = client.AppsV1Api(), client.CoreV1Api(), client.AutoscalingV2Api()
namespace, deployment = os.environ["NAMESPACE"], json.loads(os.environ["DEPLOYMENT"])

apps.create_namespaced_deployment(namespace, deployment)
print("create")
for event in watch.Watch().stream(apps.list_namespaced_deployment, namespace, timeout_seconds=90):
    if event["object"].status.ready_replicas == 2:
        break
else:
    raise SystemExit("the watch ended without two ready pods")
print("watch")
page = core.list_namespaced_pod(namespace, limit=1)
rest = core.list_namespaced_pod(namespace, limit=1, _continue=page.metadata._continue)
assert len({one.metadata.name for one in page.items + rest.items}) == 2
print("pages")
assert "started" in core.read_namespaced_pod_log(page.items[0].metadata.name, namespace)
print("logs")
target = client.V2CrossVersionObjectReference(api_version="apps/v1", kind="Deployment", name="web")
spec = client.V2HorizontalPodAutoscalerSpec(min_replicas=1, max_replicas=3, scale_target_ref=target)
hpa = client.V2HorizontalPodAutoscaler(metadata=client.V1ObjectMeta(name="web"), spec=spec)
assert scaling.create_namespaced_horizontal_pod_autoscaler(namespace, hpa).spec.max_replicas == 3
scaling.delete_namespaced_horizontal_pod_autoscaler("web", namespace)
print("hpa")
apps.patch_namespaced_deployment_scale("web", namespace, {"spec": {"replicas": 1}})
assert apps.read_namespaced_deployment("web", namespace).spec.replicas == 1
print("scale")
secret = client.V1Secret(metadata=client.V1ObjectMeta(name="s"), string_data={"a": "b"})
assert core.create_namespaced_secret(namespace, secret).data == {"a": "Yg=="}
print("secret")
apps.delete_namespaced_deployment("web", namespace)
print("delete")
