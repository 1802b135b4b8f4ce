"""kubernetes_asyncio. Prints each step that works; ends with a traceback where one does not."""

import asyncio
import json
import os

from kubernetes_asyncio import client, config, watch

namespace, deployment = os.environ["NAMESPACE"], json.loads(os.environ["DEPLOYMENT"])


async def main() -> None:
    await config.load_kube_config()
    async with client.ApiClient() as api:
        apps, core = client.AppsV1Api(api), client.CoreV1Api(api)
        await apps.create_namespaced_deployment(namespace, deployment)
        print("create")
        async with watch.Watch().stream(apps.list_namespaced_deployment, namespace, timeout_seconds=90) as stream:
            async for event in stream:
                if event["object"].status.ready_replicas == 2:
                    break
            else:
                raise SystemExit("the watch ended without two ready pods")
        print("watch")
        page = await core.list_namespaced_pod(namespace, limit=1)
        rest = await core.list_namespaced_pod(namespace, limit=1, _continue=page.metadata._continue)
        assert len({one.metadata.name for one in page.items + rest.items}) == 2
        print("pages")
        assert "started" in await core.read_namespaced_pod_log(page.items[0].metadata.name, namespace)
        print("logs")
        await apps.patch_namespaced_deployment_scale("web", namespace, {"spec": {"replicas": 1}})
        assert (await apps.read_namespaced_deployment("web", namespace)).spec.replicas == 1
        print("scale")
        secret = client.V1Secret(metadata=client.V1ObjectMeta(name="s"), string_data={"a": "b"})
        assert (await core.create_namespaced_secret(namespace, secret)).data == {"a": "Yg=="}
        print("secret")
        await apps.delete_namespaced_deployment("web", namespace)
        print("delete")


asyncio.run(main())
