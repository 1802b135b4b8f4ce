import io.kubernetes.client.PortForward;
import io.kubernetes.client.informer.ResourceEventHandler;
import io.kubernetes.client.informer.SharedInformerFactory;
import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.openapi.apis.AppsV1Api;
import io.kubernetes.client.openapi.apis.AutoscalingV2Api;
import io.kubernetes.client.openapi.apis.CoreV1Api;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Pod;
import io.kubernetes.client.openapi.models.V1PodList;
import io.kubernetes.client.openapi.models.V1Secret;
import io.kubernetes.client.openapi.models.V2CrossVersionObjectReference;
import io.kubernetes.client.openapi.models.V2HorizontalPodAutoscaler;
import io.kubernetes.client.openapi.models.V2HorizontalPodAutoscalerSpec;
import io.kubernetes.client.util.CallGeneratorParams;
import io.kubernetes.client.util.Config;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The official Java client. Prints each step that works; ends with an exception where one does not. */
public class Program {
  public static void main(String[] arguments) {
    try {
      run();
      System.exit(0);
    } catch (Throwable error) {
      error.printStackTrace();
      System.exit(1);  // threads of the informer would keep it
    }
  }

  static void run() throws Exception {
    String namespace = System.getenv("NAMESPACE");
    ApiClient client = Config.defaultClient();
    client.setReadTimeout(0);
    AppsV1Api apps = new AppsV1Api(client);
    CoreV1Api core = new CoreV1Api(client);
    apps.createNamespacedDeployment(namespace, V1Deployment.fromJson(System.getenv("DEPLOYMENT"))).execute();
    System.out.println("create");
    Set<String> ready = ConcurrentHashMap.newKeySet();
    SharedInformerFactory factory = new SharedInformerFactory(client);
    factory.sharedIndexInformerFor(
        (CallGeneratorParams params) -> core.listNamespacedPod(namespace).resourceVersion(params.resourceVersion)
            .timeoutSeconds(params.timeoutSeconds).watch(params.watch).buildCall(null),
        V1Pod.class, V1PodList.class).addEventHandler(new ResourceEventHandler<V1Pod>() {
          public void onAdd(V1Pod pod) { note(pod); }
          public void onUpdate(V1Pod old, V1Pod pod) { note(pod); }
          public void onDelete(V1Pod pod, boolean unknown) {}
          void note(V1Pod pod) {
            var conditions = pod.getStatus().getConditions();
            if (conditions != null
                && conditions.stream().anyMatch(one -> one.getType().equals("Ready") && one.getStatus().equals("True"))) {
              ready.add(pod.getMetadata().getName());
            }
          }
        });
    factory.startAllRegisteredInformers();
    for (int tries = 0; ready.size() < 2 && tries < 1200; tries++) {
      Thread.sleep(100);
    }
    check(ready.size() == 2, "the informer saw " + ready);
    System.out.println("informer");
    V1PodList page = core.listNamespacedPod(namespace).limit(1).execute();
    V1PodList rest = core.listNamespacedPod(namespace).limit(1)._continue(page.getMetadata().getContinue()).execute();
    check(!nameOf(rest).equals(nameOf(page)), "both pages hold " + nameOf(page));
    System.out.println("pages");
    check(core.readNamespacedPodLog(nameOf(page), namespace).execute().contains("started"), "no log");
    System.out.println("logs");
    var forward = new PortForward(client).forward(page.getItems().get(0), List.of(8080));
    // Asked for before the pod answers: once it has closed the connection, the client gives no stream any more.
    var answer = forward.getInputStream(8080);
    forward.getOutboundStream(8080).write("GET / HTTP/1.0\r\n\r\n".getBytes());
    forward.getOutboundStream(8080).flush();
    check(new String(answer.readNBytes(6)).equals("HTTP/1"), "port-forward");
    System.out.println("port-forward");
    var target = new V2CrossVersionObjectReference().apiVersion("apps/v1").kind("Deployment").name("web");
    var hpa = new V2HorizontalPodAutoscaler().metadata(new V1ObjectMeta().name("web"))
        .spec(new V2HorizontalPodAutoscalerSpec().maxReplicas(3).scaleTargetRef(target));
    AutoscalingV2Api scaling = new AutoscalingV2Api(client);
    scaling.createNamespacedHorizontalPodAutoscaler(namespace, hpa).execute();
    scaling.deleteNamespacedHorizontalPodAutoscaler("web", namespace).execute();
    System.out.println("hpa");
    var scale = apps.readNamespacedDeploymentScale("web", namespace).execute();
    scale.getSpec().setReplicas(1);
    apps.replaceNamespacedDeploymentScale("web", namespace, scale).execute();
    System.out.println("scale");
    V1Secret secret = new V1Secret().metadata(new V1ObjectMeta().name("s")).stringData(Map.of("a", "b"));
    byte[] held = core.createNamespacedSecret(namespace, secret).execute().getData().get("a");
    check(new String(held).equals("b"), "the secret is " + new String(held));
    System.out.println("secret");
    apps.deleteNamespacedDeployment("web", namespace).execute();
    System.out.println("delete");
  }

  static String nameOf(V1PodList list) {
    return list.getItems().get(0).getMetadata().getName();
  }

  static void check(boolean right, String said) {
    if (!right) {
      throw new AssertionError(said);
    }
  }
}
