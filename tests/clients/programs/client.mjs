// @kubernetes/client-node. Prints each step that works; ends with an error where one does not.
import assert from "node:assert";
import { AppsV1Api, AutoscalingV2Api, CoreV1Api, KubeConfig, Watch } from "@kubernetes/client-node";

const config = new KubeConfig();
config.loadFromDefault();
const namespace = process.env.NAMESPACE;
const body = JSON.parse(process.env.DEPLOYMENT);
const apps = config.makeApiClient(AppsV1Api);
const core = config.makeApiClient(CoreV1Api);

await apps.createNamespacedDeployment({ namespace, body });
console.log("create");
await new Promise((resolve, reject) => {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  const seen = (type, object) => object.status?.readyReplicas === 2 && resolve();
  new Watch(config).watch(path, {}, seen, reject);
});
console.log("watch");
const page = await core.listNamespacedPod({ namespace, limit: 1 });
const rest = await core.listNamespacedPod({ namespace, limit: 1, _continue: page.metadata._continue });
assert.equal(new Set([...page.items, ...rest.items].map((pod) => pod.metadata.name)).size, 2);
console.log("pages");
const log = await core.readNamespacedPodLog({ name: page.items[0].metadata.name, namespace });
assert.ok(log.includes("started"));
console.log("logs");
const spec = { maxReplicas: 3, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" } };
const hpa = { metadata: { name: "web" }, spec };
await config.makeApiClient(AutoscalingV2Api).createNamespacedHorizontalPodAutoscaler({ namespace, body: hpa });
console.log("hpa");
const scale = await apps.readNamespacedDeploymentScale({ name: "web", namespace });
scale.spec.replicas = 1;
await apps.replaceNamespacedDeploymentScale({ name: "web", namespace, body: scale });
console.log("scale");
const secret = await core.createNamespacedSecret({ namespace, body: { metadata: { name: "s" }, stringData: { a: "b" } } });
assert.deepEqual(secret.data, { a: "Yg==" });
console.log("secret");
await apps.deleteNamespacedDeployment({ name: "web", namespace });
console.log("delete");
process.exit(0);
