// Karpenter with a cloud of our own: its machines are those of tests/local_cluster/pool.py, real nodes of this machine.
//
// Built as a package of Karpenter's own module (in a copy of it), so that its go.mod pins everything.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/awslabs/operatorpkg/status"
	"github.com/samber/lo"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	// A kind of NodeClass is needed; Karpenter's own for tests serves, its nodes do not.
	nodeclass "sigs.k8s.io/karpenter/kwok/apis/v1alpha1"
	v1 "sigs.k8s.io/karpenter/pkg/apis/v1"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/cloudprovider/overlay"
	"sigs.k8s.io/karpenter/pkg/controllers"
	"sigs.k8s.io/karpenter/pkg/controllers/node/health"
	"sigs.k8s.io/karpenter/pkg/controllers/state"
	"sigs.k8s.io/karpenter/pkg/operator"
	"sigs.k8s.io/karpenter/pkg/scheduling"
)

const (
	prefix       = "local://"
	instanceType = "small"
	zone         = "here"
	cores        = "1"
	memory       = "2Gi"
)

// What the provider of nodes is asked for, and tells.
type order struct {
	Name       string              `json:"name"`
	Cores      float64             `json:"cores"`
	Memory     string              `json:"memory"`
	ProviderID string              `json:"provider_id"`
	Labels     map[string]string   `json:"labels"`
	Taints     []map[string]string `json:"taints"`
}

type cloud struct{ url string }

func (c cloud) Create(_ context.Context, claim *v1.NodeClaim) (*v1.NodeClaim, error) {
	labels := lo.Assign(claim.Labels, map[string]string{
		corev1.LabelInstanceTypeStable: instanceType,
		corev1.LabelTopologyZone:       zone,
		v1.CapacityTypeLabelKey:        v1.CapacityTypeOnDemand,
	})
	wanted := order{
		Name: claim.Name, Cores: lo.ToPtr(resource.MustParse(cores)).AsApproximateFloat64(), Memory: memory,
		ProviderID: prefix + claim.Name, Labels: labels,
		Taints: []map[string]string{{"key": v1.UnregisteredTaintKey, "effect": string(corev1.TaintEffectNoExecute)}},
	}
	if _, err := c.call(http.MethodPost, "/nodes", wanted, nil); err != nil {
		return nil, err
	}
	return toClaim(wanted), nil
}

func (c cloud) Delete(_ context.Context, claim *v1.NodeClaim) error {
	code, err := c.call(http.MethodDelete, "/nodes/"+strings.TrimPrefix(claim.Status.ProviderID, prefix), nil, nil)
	if err == nil && code == http.StatusNotFound {
		return cloudprovider.NewNodeClaimNotFoundError(errors.New("no such node"))
	}
	return err
}

func (c cloud) Get(ctx context.Context, providerID string) (*v1.NodeClaim, error) {
	claims, err := c.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, claim := range claims {
		if claim.Status.ProviderID == providerID {
			return claim, nil
		}
	}
	return nil, cloudprovider.NewNodeClaimNotFoundError(errors.New("no such node"))
}

func (c cloud) List(context.Context) ([]*v1.NodeClaim, error) {
	var told struct{ Nodes []order }
	_, err := c.call(http.MethodGet, "/nodes", nil, &told)
	return lo.Map(told.Nodes, func(one order, _ int) *v1.NodeClaim { return toClaim(one) }), err
}

func (c cloud) GetInstanceTypes(context.Context, *v1.NodePool) ([]*cloudprovider.InstanceType, error) {
	return []*cloudprovider.InstanceType{small()}, nil
}

func (c cloud) IsDrifted(context.Context, *v1.NodeClaim) (cloudprovider.DriftReason, error) {
	return "", nil
}

func (c cloud) Reboot(context.Context, *v1.NodeClaim, string) error {
	return errors.New("nodes cannot be rebooted")
}

func (c cloud) Name() string { return "local" }

func (c cloud) GetSupportedNodeClasses() []status.Object {
	return []status.Object{&nodeclass.KWOKNodeClass{}}
}

func (c cloud) RepairPolicies() []cloudprovider.RepairPolicy {
	return []cloudprovider.RepairPolicy{{
		ConditionType: corev1.NodeReady, ConditionStatus: corev1.ConditionFalse,
		TolerationDuration: 10 * time.Minute, Action: cloudprovider.ReplaceNode,
	}}
}

func (c cloud) call(method, path string, body, answer any) (int, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequest(method, c.url+path, bytes.NewReader(text))
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 && response.StatusCode != http.StatusNotFound {
		return response.StatusCode, fmt.Errorf("%s %s: %s", method, path, response.Status)
	}
	if answer != nil {
		err = json.NewDecoder(response.Body).Decode(answer)
	}
	return response.StatusCode, err
}

func toClaim(one order) *v1.NodeClaim {
	return &v1.NodeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: one.Name, Labels: one.Labels},
		Status: v1.NodeClaimStatus{
			ProviderID: one.ProviderID, Capacity: small().Capacity, Allocatable: small().Allocatable(),
		},
	}
}

// Of one size: 1 core, 2 GiB, 110 pods, all of it for pods.
func small() *cloudprovider.InstanceType {
	in := func(key string, values ...string) *scheduling.Requirement {
		return scheduling.NewRequirement(key, corev1.NodeSelectorOpIn, values...)
	}
	return &cloudprovider.InstanceType{
		Name: instanceType,
		Requirements: scheduling.NewRequirements(
			in(corev1.LabelInstanceTypeStable, instanceType),
			in(corev1.LabelArchStable, "amd64", "arm64"),
			in(corev1.LabelOSStable, "linux"),
			in(corev1.LabelTopologyZone, zone),
			in(v1.CapacityTypeLabelKey, v1.CapacityTypeOnDemand),
		),
		Offerings: cloudprovider.Offerings{{
			Requirements: scheduling.NewRequirements(
				in(corev1.LabelTopologyZone, zone), in(v1.CapacityTypeLabelKey, v1.CapacityTypeOnDemand)),
			Price: 1, Available: true,
		}},
		Capacity: corev1.ResourceList{
			corev1.ResourceCPU:              resource.MustParse(cores),
			corev1.ResourceMemory:           resource.MustParse(memory),
			corev1.ResourcePods:             resource.MustParse("110"),
			corev1.ResourceEphemeralStorage: resource.MustParse("20Gi"),
		},
		Overhead: &cloudprovider.InstanceTypeOverhead{},
	}
}

func main() {
	ctx, op := operator.NewOperator()
	plain := cloud{url: os.Getenv("NODE_PROVIDER")}
	decorated := overlay.Decorate(plain, op.GetClient(), op.InstanceTypeStore)
	matcher := lo.Must(health.NewRepairPolicyMatcher(ctx, decorated))
	nodes := state.NewCluster(op.Clock, op.GetClient(), decorated, state.WithRepairPolicyMatcher(matcher))
	op.WithControllers(ctx, controllers.NewControllers(ctx, op.Manager, op.Clock, op.GetClient(), op.EventRecorder,
		decorated, plain, nodes, op.InstanceTypeStore, op.PredictionStore)...).Start(ctx)
}
