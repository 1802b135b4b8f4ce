import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.LocalPortForward;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** fabric8. Prints each step that works; ends with an exception where one does not. */
public class Program {
  public static void main(String[] arguments) throws Exception {
    String namespace = System.getenv("NAMESPACE");
    try (KubernetesClient client = new KubernetesClientBuilder().build()) {
      Deployment deployment = client.getKubernetesSerialization().unmarshal(System.getenv("DEPLOYMENT"), Deployment.class);
      client.apps().deployments().inNamespace(namespace).resource(deployment).create();
      System.out.println("create");
      Set<String> seen = ConcurrentHashMap.newKeySet();
      SharedIndexInformer<Pod> informer = client.pods().inNamespace(namespace).inform(new ResourceEventHandler<>() {
        public void onAdd(Pod pod) { seen.add(pod.getMetadata().getName()); }
        public void onUpdate(Pod old, Pod pod) {}
        public void onDelete(Pod pod, boolean unknown) {}
      });
      client.apps().deployments().inNamespace(namespace).withName("web").waitUntilReady(120, TimeUnit.SECONDS);
      check(seen.size() == 2 && informer.getStore().list().size() == 2, "the informer saw " + seen);
      System.out.println("informer");
      String pod = seen.iterator().next();
      check(client.pods().inNamespace(namespace).withName(pod).getLog().contains("started"), "no log");
      System.out.println("logs");
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      check(client.pods().inNamespace(namespace).withName(pod).writingOutput(out).exec("echo", "hello").exitCode().get() == 0, "exec");
      check(out.toString().equals("hello\n"), "exec printed " + out);
      System.out.println("exec");
      try (LocalPortForward forward = client.pods().inNamespace(namespace).withName(pod).portForward(8080)) {
        URI page = URI.create("http://localhost:" + forward.getLocalPort() + "/");
        HttpResponse<String> answer = HttpClient.newHttpClient()
            .send(HttpRequest.newBuilder(page).version(HttpClient.Version.HTTP_1_1).build(), HttpResponse.BodyHandlers.ofString());
        check(answer.statusCode() == 200, "port-forward answered " + answer.statusCode());
      }
      System.out.println("port-forward");
      var hpa = new HorizontalPodAutoscalerBuilder().withNewMetadata().withName("web").endMetadata()
          .withNewSpec().withMaxReplicas(3)
          .withNewScaleTargetRef().withApiVersion("apps/v1").withKind("Deployment").withName("web").endScaleTargetRef()
          .endSpec().build();
      client.autoscaling().v2().horizontalPodAutoscalers().inNamespace(namespace).resource(hpa).create();
      client.autoscaling().v2().horizontalPodAutoscalers().inNamespace(namespace).resource(hpa).delete();
      System.out.println("hpa");
      client.apps().deployments().inNamespace(namespace).withName("web").scale(1);
      System.out.println("scale");
      client.apps().deployments().inNamespace(namespace).resource(deployment).forceConflicts().serverSideApply();
      System.out.println("apply");
      var secret = new SecretBuilder().withNewMetadata().withName("s").endMetadata().addToStringData("a", "b").build();
      check(client.secrets().inNamespace(namespace).resource(secret).create().getData().get("a").equals("Yg=="), "secret");
      System.out.println("secret");
      client.apps().deployments().inNamespace(namespace).withName("web").delete();
      System.out.println("delete");
    }
  }

  static void check(boolean right, String said) {
    if (!right) {
      throw new AssertionError(said);
    }
  }
}
