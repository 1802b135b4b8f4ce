// A program of client-go's typed clients, which send protobuf. Prints each step that works.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	applyv1 "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	must(err)
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	client, err := kubernetes.NewForConfig(config)
	must(err)
	ctx, namespace := context.Background(), os.Getenv("NAMESPACE")
	apps, core := client.AppsV1(), client.CoreV1()

	deployment := appsv1.Deployment{}
	must(json.Unmarshal([]byte(os.Getenv("DEPLOYMENT")), &deployment))
	_, err = apps.Deployments(namespace).Create(ctx, &deployment, metav1.CreateOptions{})
	must(err)
	fmt.Println("create")

	ready := make(chan bool, 1)
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(namespace))
	look := func(object any) {
		if object.(*appsv1.Deployment).Status.ReadyReplicas == 2 {
			select {
			case ready <- true:
			default:
			}
		}
	}
	_, err = factory.Apps().V1().Deployments().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: look, UpdateFunc: func(_, object any) { look(object) },
	})
	must(err)
	factory.Start(ctx.Done())
	<-ready
	fmt.Println("informer")

	page, err := core.Pods(namespace).List(ctx, metav1.ListOptions{Limit: 1})
	must(err)
	rest, err := core.Pods(namespace).List(ctx, metav1.ListOptions{Limit: 1, Continue: page.Continue})
	must(err)
	if page.Items[0].Name == rest.Items[0].Name {
		panic("the second page is the first")
	}
	fmt.Println("pages")

	stream, err := core.Pods(namespace).GetLogs(page.Items[0].Name, &corev1.PodLogOptions{}).Stream(ctx)
	must(err)
	text, err := io.ReadAll(stream)
	must(err)
	if !strings.Contains(string(text), "started") {
		panic("the log is empty")
	}
	fmt.Println("logs")

	least := int32(1)
	hpa := autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: metav1.ObjectMeta{Name: "web"}}
	hpa.Spec.MinReplicas, hpa.Spec.MaxReplicas = &least, 3
	hpa.Spec.ScaleTargetRef = autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "web"}
	_, err = client.AutoscalingV2().HorizontalPodAutoscalers(namespace).Create(ctx, &hpa, metav1.CreateOptions{})
	must(err)
	must(client.AutoscalingV2().HorizontalPodAutoscalers(namespace).Delete(ctx, "web", metav1.DeleteOptions{}))
	fmt.Println("hpa")

	scale, err := apps.Deployments(namespace).GetScale(ctx, "web", metav1.GetOptions{})
	must(err)
	scale.Spec.Replicas = 1
	_, err = apps.Deployments(namespace).UpdateScale(ctx, "web", scale, metav1.UpdateOptions{})
	must(err)
	fmt.Println("scale")

	applied := applyv1.ConfigMap("c", namespace).WithData(map[string]string{"a": "b"})
	_, err = core.ConfigMaps(namespace).Apply(ctx, applied, metav1.ApplyOptions{FieldManager: "typed"})
	must(err)
	fmt.Println("apply")

	secret := corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "s"}, StringData: map[string]string{"a": "b"}}
	made, err := core.Secrets(namespace).Create(ctx, &secret, metav1.CreateOptions{})
	must(err)
	if string(made.Data["a"]) != "b" {
		panic("stringData is not in data")
	}
	fmt.Println("secret")

	review := authorizationv1.SelfSubjectAccessReview{}
	review.Spec.ResourceAttributes = &authorizationv1.ResourceAttributes{Verb: "get", Resource: "pods"}
	answer, err := client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, &review, metav1.CreateOptions{})
	must(err)
	if !answer.Status.Allowed {
		panic("not allowed")
	}
	fmt.Println("review")

	lease := &resourcelock.LeaseLock{
		LeaseMeta: metav1.ObjectMeta{Name: "lead", Namespace: namespace}, Client: client.CoordinationV1(),
		LockConfig: resourcelock.ResourceLockConfig{Identity: "me"},
	}
	leading, stop := context.WithCancel(ctx)
	leaderelection.RunOrDie(leading, leaderelection.LeaderElectionConfig{
		Lock: lease, LeaseDuration: 15 * time.Second, RenewDeadline: 10 * time.Second, RetryPeriod: 2 * time.Second,
		ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { stop() }, OnStoppedLeading: func() {},
		},
	})
	fmt.Println("leader-election")

	left, err := core.Pods(namespace).List(ctx, metav1.ListOptions{})
	must(err)
	eviction := policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: left.Items[0].Name, Namespace: namespace}}
	must(client.PolicyV1().Evictions(namespace).Evict(ctx, &eviction))
	fmt.Println("evict")

	orphan := metav1.DeletePropagationBackground
	must(apps.Deployments(namespace).Delete(ctx, "web", metav1.DeleteOptions{PropagationPolicy: &orphan}))
	fmt.Println("delete")
}
