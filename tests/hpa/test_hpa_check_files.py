"""Files after public reports, each with what is right about it, and what lies just beside it."""

import copy
import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from autoscale.cli.hpa import command
from autoscale.hpa.check.faults import Fault, Manifest
from autoscale.hpa.check.manifests import check
from autoscale.hpa.config import Release

FILES = Path(__file__).parents[1] / "fixtures" / "manifests"


def objects(name: str) -> list[dict[str, Any]]:
    """The objects of a file."""
    return list(yaml.safe_load_all((FILES / f"{name}.yaml").read_text()))


def found(objects: list[dict[str, Any]], release: Release | None = None) -> list[Fault]:
    """The faults of objects."""
    return check([Manifest("f.yaml", each) for each in objects], release)


def rules(objects: list[dict[str, Any]], release: Release | None = None) -> list[str]:
    """The rules that hit."""
    return [fault.rule for fault in found(objects, release)]


def of_kind(objects: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    """The one object of a kind."""
    return next(each for each in objects if each["kind"] == kind)


@pytest.mark.parametrize(
    ("name", "hits"),
    [
        ("float-max", []),
        ("injected-dapr", ["sidecar-request-missing"]),
        ("injected-istio-memory-only", ["sidecar-request-missing"]),
        ("keda-and-hpa", ["two-for-one"]),
        ("limit-range", []),
        ("lower-case-kind", ["target-unresolved"]),
        ("min-zero", ["zero-minimum"]),
        ("native-sidecar", ["request-missing"]),
        ("other-namespace", ["target-missing"]),
        ("overlapping-deployments", ["pods-of-others"]),
        ("percent-100", []),
        ("removed-group", ["target-unresolved"]),
        ("zero-request", []),
    ],
)
def test_what_is_right_of_a_public_file(name: str, hits: list[str]) -> None:
    """Exactly these rules hit: what cannot work is found, and nothing else is said."""
    assert rules(objects(name)) == hits


@pytest.mark.parametrize(("release", "hits"), [("1.35", ["invalid"]), ("1.36", ["invalid"]), ("1.37", [])])
def test_a_minimum_of_zero_is_a_matter_of_the_release(release: Release, hits: list[str]) -> None:
    """Refused while the gate HPAScaleToZero is off by default."""
    assert rules(objects("min-zero"), release) == hits


def test_a_cure_stands_where_the_container_does() -> None:
    """A sidecar among the init containers gets its request there; applied, nothing is found."""
    files = objects("native-sidecar")
    patch = found(files)[0].patch
    assert patch == {
        "spec": {
            "template": {"spec": {"initContainers": [{"name": "proxy", "resources": {"requests": {"cpu": "100m"}}}]}}
        }
    }
    of_kind(files, "Deployment")["spec"]["template"]["spec"]["initContainers"][0]["resources"] = {
        "requests": {"cpu": "100m"}
    }
    assert rules(files) == []


def test_words_name_what_is_there() -> None:
    """The namespace that holds the target, and upstream's words for a kind that is nowhere."""
    assert "but these files hold it in shop" in found(objects("other-namespace"))[0].what
    unresolved = found(objects("lower-case-kind"))[0]
    assert 'no matches for kind "deployment" in group "apps"' in unresolved.what
    assert unresolved.patch == {
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}
    }


@pytest.mark.parametrize(
    ("reference", "hits"),
    [
        ({"apiVersion": "apps/v1beta1", "kind": "Deployment"}, []),  # group and kind count
        ({"apiVersion": "v1", "kind": "Deployment"}, ["invalid"]),  # the API server asks for a group
        ({"kind": "Deployment"}, ["invalid"]),
        ({"apiVersion": "v1", "kind": "ReplicationController"}, []),
        ({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout"}, []),
        ({"apiVersion": "batch/v1", "kind": "Job"}, ["no-scale"]),
    ],
)
def test_a_target_is_resolved_by_group_and_kind(reference: dict[str, str], hits: list[str]) -> None:
    """Groups of other projects are theirs; of Kubernetes' own it is known what they hold."""
    files = objects("float-max")
    files[0]["spec"]["scaleTargetRef"] = {"name": "web", **reference}
    assert rules(files) == hits


def test_pods_of_others_are_a_warning_where_they_can_be_measured() -> None:
    """An average over both is no failure; a selector that leaves the others out is no fault."""
    files = objects("overlapping-deployments")
    worker = files[1]["spec"]["template"]["spec"]["containers"][0]
    worker["resources"] = {"requests": {"cpu": "10m"}}
    assert [(fault.rule, fault.level) for fault in found(files)] == [("pods-of-others", "warning")]
    web = files[0]["spec"]
    web["selector"]["matchLabels"]["tier"] = "web"
    assert rules(files) == []


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("CronJob", ("spec", "jobTemplate", "spec", "template")),
        ("ScaledJob", ("spec", "jobTargetRef", "template")),
        ("ReplicationController", ("spec", "template")),
        ("Rollout", ("spec", "template")),
        ("Pod", ()),
    ],
)
def test_whatever_makes_pods_under_the_selector_counts(kind: str, path: tuple[str, ...]) -> None:
    """Jobs of any kind, workloads of other projects, and bare pods; a template lies where its kind has it."""
    files = objects("overlapping-deployments")
    made: dict[str, Any] = files[1]["spec"]["template"]
    for name in reversed(path):
        made = {name: made}
    files[1] = {**made, "kind": kind, "metadata": {**made.get("metadata", {}), "name": "nightly"}}
    assert f"{kind}/nightly" in found(files)[0].what


@pytest.mark.parametrize(
    ("annotations", "hits"),
    [
        ({"dapr.io/enabled": "true", "dapr.io/sidecar-cpu-request": "100m"}, []),
        ({"dapr.io/enabled": "true", "dapr.io/sidecar-cpu-limit": "1"}, []),  # an unset request is the limit
        ({"dapr.io/enabled": "false"}, []),
        ({"sidecar.istio.io/inject": "true"}, []),  # Istio's own default has a CPU request
        ({"sidecar.istio.io/inject": "true", "sidecar.istio.io/proxyMemoryLimit": "1Gi"}, ["sidecar-request-missing"]),
        ({"linkerd.io/inject": "enabled"}, ["sidecar-request-missing"]),
        ({"linkerd.io/inject": "enabled", "config.linkerd.io/proxy-cpu-request": "10m"}, []),
        ({"consul.hashicorp.com/connect-inject": "true"}, ["sidecar-request-missing"]),
    ],
)
def test_sidecars_to_be_injected_are_looked_at(annotations: dict[str, str], hits: list[str]) -> None:
    """By what each webhook makes of its annotations."""
    files = objects("injected-dapr")
    files[0]["spec"]["template"]["metadata"]["annotations"] = annotations
    assert rules(files) == hits


@pytest.mark.parametrize(
    ("namespace", "pods", "hits"),
    [
        ({"labels": {"istio-injection": "enabled"}}, {"sidecar.istio.io/proxyMemory": "64Mi"}, 1),
        ({"labels": {"istio-injection": "disabled"}}, {"sidecar.istio.io/proxyMemory": "64Mi"}, 0),
        (
            {"labels": {"istio-injection": "enabled"}},
            {"sidecar.istio.io/proxyMemory": "64Mi", "sidecar.istio.io/inject": "false"},
            0,
        ),
        ({"labels": {"istio-injection": "enabled"}}, {}, 0),
        ({"annotations": {"linkerd.io/inject": "enabled"}}, {}, 1),
        ({"annotations": {"linkerd.io/inject": "enabled"}}, {"linkerd.io/inject": "disabled"}, 0),
        ({"annotations": {"linkerd.io/inject": "enabled", "config.linkerd.io/proxy-cpu-request": "10m"}}, {}, 0),
    ],
)
def test_a_namespace_injects_where_its_pods_say_nothing(
    namespace: dict[str, Any], pods: dict[str, str], hits: int
) -> None:
    """Istio by a label of the namespace, Linkerd by an annotation, which may bring the request as well."""
    files = objects("injected-dapr")
    files[0]["spec"]["template"]["metadata"]["annotations"] = pods
    space = {"kind": "Namespace", "metadata": {"name": "default", **namespace}}
    assert rules([*files, space]) == ["sidecar-request-missing"] * hits
    space["metadata"]["name"] = "elsewhere"
    assert rules([*files, space]) == []


def test_a_container_metric_a_value_and_a_limit_range_do_not_mind_a_sidecar() -> None:
    """Only a percentage over all containers needs a request in each, and a LimitRange gives one."""
    files = objects("injected-dapr")
    ranged = [*files, of_kind(objects("limit-range"), "LimitRange")]
    assert rules(ranged) == []
    target = {"type": "Utilization", "averageUtilization": 70}
    source = {"name": "cpu", "container": "web", "target": target}
    of_kind(files, "HorizontalPodAutoscaler")["spec"]["metrics"] = [
        {"type": "ContainerResource", "containerResource": source}
    ]
    assert rules(files) == []


@pytest.mark.parametrize(
    ("limits", "hits"),
    [
        ([{"type": "Container", "default": {"cpu": "1"}}], []),
        ([{"type": "Container", "max": {"cpu": "2"}}], []),
        ([{"type": "Container", "min": {"cpu": "10m"}}], []),
        ([{"type": "Container", "defaultRequest": {"memory": "1Gi"}}], ["request-missing"]),
        ([{"type": "Pod", "max": {"cpu": "2"}}], ["request-missing"]),
    ],
)
def test_a_limit_range_gives_what_the_api_server_would(limits: list[dict[str, Any]], hits: list[str]) -> None:
    """Requests from limits, limits from the maximum, and from the minimum what is left (containers only)."""
    files = objects("limit-range")
    of_kind(files, "LimitRange")["spec"]["limits"] = limits
    assert [rule for rule in rules(files) if rule == "request-missing"] == hits


def test_a_limit_range_of_another_namespace_is_none() -> None:
    """The default is the namespace's."""
    files = objects("limit-range")
    of_kind(files, "LimitRange")["metadata"]["namespace"] = "elsewhere"
    assert rules(files) == ["request-missing"]


def test_requests_of_the_pod_itself_count() -> None:
    """spec.resources of a template stands for all containers; without CPU in it the metric fails."""
    files = objects("limit-range")[::2]
    template = files[0]["spec"]["template"]["spec"]
    template["resources"] = {"requests": {"cpu": "1"}}
    assert rules(files) == []
    template["resources"] = {"requests": {"memory": "1Gi"}}
    (fault,) = found(files)
    assert "missing pod-level request for cpu" in fault.what
    assert fault.patch == {"spec": {"template": {"spec": {"resources": {"requests": {"cpu": "100m"}}}}}}


def test_a_resource_that_no_metrics_server_has_gets_no_patch() -> None:
    """metrics.k8s.io has CPU and memory."""
    files = objects("native-sidecar")
    of_kind(files, "HorizontalPodAutoscaler")["spec"]["metrics"][0]["resource"]["name"] = "nvidia.com/gpu"
    assert [(fault.rule, fault.patch) for fault in found(files)] == [("resource-not-served", None)]


@pytest.mark.parametrize(
    ("hard", "hits"),
    [
        ({"pods": "4"}, ["quota-below-max"]),
        ({"pods": "5"}, []),
        ({"requests.cpu": "450m"}, ["quota-below-max"]),
        ({"requests.cpu": "500m"}, []),
        ({"cpu": "1", "configmaps": "1", "requests.storage": "1"}, []),
        ({"limits.cpu": "1"}, ["quota-unmet"]),
        ({"requests.memory": "10Gi", "limits.memory": "10Gi"}, ["quota-unmet", "quota-unmet"]),
    ],
)
def test_a_quota_that_ends_before_the_maximum(hard: dict[str, str], hits: list[str]) -> None:
    """Five pods of 100m: pods beyond the quota would be asked for and never made; none at all is made without what the
    quota counts."""
    quota = {"kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": hard}}
    assert rules([*objects("keda-and-hpa")[:2], quota]) == hits


def test_a_target_of_another_kind_is_noticed() -> None:
    """The name is that of a Deployment in the files, and there is no StatefulSet in them."""
    files = objects("keda-and-hpa")[:2]
    reference = of_kind(files, "HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    reference["kind"] = "StatefulSet"
    (fault,) = found(files)
    assert "names StatefulSet/web, but these files hold Deployment/web" in fault.what
    assert fault.patch is not None
    assert fault.patch["spec"]["scaleTargetRef"] == {**reference, "kind": "Deployment"}
    reference["name"] = "elsewhere"
    assert rules(files) == []


def test_keda_may_take_an_hpa_over() -> None:
    """With its annotation and the HPA's name it is one autoscaler, else two; another target is no rival."""
    files = objects("keda-and-hpa")
    scaled = of_kind(files, "ScaledObject")
    other = copy.deepcopy(scaled)
    other["spec"]["scaleTargetRef"]["name"] = "elsewhere"
    assert "two-for-one" not in rules([*files[:2], other])
    scaled["metadata"]["annotations"] = {"scaledobject.keda.sh/transfer-hpa-ownership": "true"}
    assert rules(files) == ["two-for-one"]
    scaled["spec"]["advanced"] = {"horizontalPodAutoscalerConfig": {"name": "web"}}
    assert rules(files) == []


CPU = {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "60"}}
QUEUE = {"type": "rabbitmq", "metadata": {"queueName": "q", "mode": "QueueLength", "value": "5"}}


def scaled_object(*triggers: dict[str, Any], **spec: Any) -> list[dict[str, Any]]:
    """A ScaledObject, and the Deployment that it scales, whose container requests no CPU."""
    reference = {"name": "web"}
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "web"}]}}
    return [
        {
            "apiVersion": "keda.sh/v1alpha1",
            "kind": "ScaledObject",
            "metadata": {"name": "web"},
            "spec": {"scaleTargetRef": reference, "triggers": list(triggers), **spec},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web"},
            "spec": {"selector": {"matchLabels": labels}, "template": template},
        },
    ]


@pytest.mark.parametrize(
    ("triggers", "spec", "hits"),
    [
        ([CPU], {}, ["request-missing"]),
        ([QUEUE], {}, []),
        ([{**CPU, "metricType": "AverageValue", "metadata": {"value": "500m"}}], {}, []),
        ([{**CPU, "metadata": {"value": "60", "containerName": "api"}}], {}, ["container-missing"]),
        ([QUEUE], {"scaleTargetRef": {"name": "web", "kind": "DaemonSet"}}, ["no-scale"]),
        ([QUEUE], {"minReplicaCount": 4, "maxReplicaCount": 4}, ["min-is-max"]),
    ],
)
def test_the_hpa_that_keda_will_make_is_checked(
    triggers: list[dict[str, Any]], spec: dict[str, Any], hits: list[str]
) -> None:
    """A cpu trigger needs requests as an HPA does, a queue does not; no patch is of a field of HPAs alone."""
    faults = found(scaled_object(*triggers, **spec))
    assert [fault.rule for fault in faults] == hits
    patched = {key for fault in faults for key in ((fault.patch or {}).get("spec") or {})}
    assert patched <= {"template"}


def test_a_workload_that_is_written_twice_is_one() -> None:
    """Variants of one Deployment in a folder are no two that share their pods; what both say is said once."""
    files = objects("zero-request")
    twice = [*files, copy.deepcopy(of_kind(files, "Deployment"))]
    assert rules(twice) == rules(files) == []
    of_kind(twice, "Deployment")["spec"]["replicas"] = 3
    assert rules([*twice, copy.deepcopy(of_kind(twice, "HorizontalPodAutoscaler"))]) == ["replicas-set"]


def test_a_custom_kind_that_makes_its_pods_otherwise_is_no_mistake() -> None:
    """A LeaderWorkerSet has two templates under a name of its own; of a Deployment without one that is still told."""
    files = objects("zero-request")
    workload, hpa = of_kind(files, "Deployment"), of_kind(files, "HorizontalPodAutoscaler")
    workload["spec"]["leaderWorkerTemplate"] = {"workerTemplate": workload["spec"].pop("template")}
    assert rules(files) == ["invalid"]
    workload["kind"] = hpa["spec"]["scaleTargetRef"]["kind"] = "LeaderWorkerSet"
    workload["apiVersion"] = hpa["spec"]["scaleTargetRef"]["apiVersion"] = "leaderworkerset.x-k8s.io/v1"
    assert rules(files) == []


def test_a_rollout_takes_the_template_of_the_workload_that_it_refers_to() -> None:
    """Argo's workloadRef: the Deployment's pods are no others', and what its template lacks is told."""
    files = objects("zero-request")
    workload, hpa = of_kind(files, "Deployment"), of_kind(files, "HorizontalPodAutoscaler")
    head = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout"}
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": workload["metadata"]["name"]}
    spec = {"workloadRef": reference, "selector": workload["spec"]["selector"]}
    rollout = {**head, "metadata": {"name": "web"}, "spec": spec}
    hpa["spec"]["scaleTargetRef"] = {**head, "name": "web"}
    assert rules([*files, rollout]) == []
    workload["spec"]["template"]["spec"]["containers"] = [{"name": "web", "image": "web"}]
    assert rules([*files, rollout]) == ["request-missing"]
    spec["workloadRef"] = {**reference, "name": "elsewhere"}
    assert rules([*files, rollout]) == ["pods-of-others"]


def test_a_workload_of_another_namespace_and_name_is_no_hint() -> None:
    """An adapter's Deployment beside the HPA says nothing of a target that is not in the files; a near name does."""
    files = objects("zero-request")
    workload = of_kind(files, "Deployment")
    workload["metadata"]["name"] = "prometheus-adapter"
    assert rules(files) == ["target-missing"]
    workload["metadata"]["namespace"] = "monitoring"
    assert rules(files) == []


@pytest.mark.parametrize(
    ("spec", "hits"),
    [
        ({}, ["vpa-too"]),
        ({"updatePolicy": {"updateMode": "Off"}}, []),
        ({"resourcePolicy": {"containerPolicies": [{"containerName": "*", "controlledResources": ["memory"]}]}}, []),
    ],
)
def test_a_vertical_autoscaler_on_the_same_resource(spec: dict[str, Any], hits: list[str]) -> None:
    """It changes the request of which the target is a percentage."""
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    vpa = {"kind": "VerticalPodAutoscaler", "metadata": {"name": "web"}, "spec": {"targetRef": reference, **spec}}
    assert rules([*objects("keda-and-hpa")[:2], vpa]) == hits


def test_overhead_counts_up_to_1_37(tmp_path: Path) -> None:
    """90 % of what the pods ask for on master, 72 % with the overhead before (kubernetes/kubernetes#142154)."""
    file = FILES / "explain-overhead.yaml"
    said = CliRunner().invoke(command, ["explain", str(file)]).output
    assert "was 90 %" in said
    assert "from 2 to 3" in said
    older = file.read_text().replace("release: master", "release: '1.37'")
    (tmp_path / "older.yaml").write_text(older)
    assert "was 72 %" in CliRunner().invoke(command, ["explain", str(tmp_path / "older.yaml")]).output


def test_a_key_given_twice_is_named_with_its_line() -> None:
    """As in scenarios and kustomizations, not the last one in silence."""
    done = CliRunner().invoke(command, ["check", str(FILES / "duplicate-key.yaml")])
    assert "line 12, column 3: found the key maxReplicas twice" in str(done.exception)


def test_standard_input_folders_lists_and_kustomizations_are_taken(tmp_path: Path) -> None:
    """A pipe from `helm template`, a folder with other files beside, a List, and a kustomization rendered."""
    text = (FILES / "removed-group.yaml").read_text()
    piped = CliRunner().invoke(command, ["check", "-"], input=text)
    assert "standard input: HorizontalPodAutoscaler/web" in piped.output.replace("-: ", "standard input: ")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "all.yaml").write_text(yaml.safe_dump({"kind": "List", "items": objects("removed-group")}))
    (tmp_path / "values.yaml").write_text("- just\n- values\n")
    assert "no matches for kind" in CliRunner().invoke(command, ["check", str(tmp_path)]).output
    (tmp_path / "kustomization.yaml").write_text("resources: [web.yaml]\nnamespace: shop\n")
    (tmp_path / "web.yaml").write_text((FILES / "zero-request.yaml").read_text())
    assert "1 HorizontalPodAutoscaler checked" in CliRunner().invoke(command, ["check", str(tmp_path)]).output


def test_a_folder_is_looked_through_within_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk is no folder of manifests; what is hidden is not looked at, and what may not be read is told."""
    monkeypatch.setattr("autoscale.cli.manifests._MOST_FILES", 3)
    (tmp_path / ".git").mkdir()
    for i in range(9):
        (tmp_path / ".git" / f"{i}.yaml").write_text("- not looked at: {")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "web.yaml").write_text((FILES / "zero-request.yaml").read_text())
    assert "1 HorizontalPodAutoscaler checked" in CliRunner().invoke(command, ["check", str(tmp_path)]).output
    for i in range(3):
        (tmp_path / f"{i}.txt").touch()
    refused = CliRunner().invoke(command, ["check", str(tmp_path)]).exception
    assert "found more than 3 files, wanted a folder of manifests" in str(refused)
    monkeypatch.setattr("autoscale.cli.manifests.os.walk", _walk_of_a_closed_folder)
    assert "Permission denied" in str(CliRunner().invoke(command, ["check", str(tmp_path)]).exception)


def _walk_of_a_closed_folder(
    folder: Path, onerror: Callable[[OSError], object]
) -> Iterator[tuple[str, list[str], list[str]]]:
    """A walk that meets a folder that is gone by now and one that may not be read."""
    onerror(FileNotFoundError(errno.ENOENT, "No such file or directory", f"{folder}/gone"))
    onerror(PermissionError(errno.EACCES, "Permission denied", f"{folder}/closed"))
    yield str(folder), [], []


def test_a_template_is_to_be_rendered_first(tmp_path: Path) -> None:
    """The way round is named, for a file of a chart and for the chart."""
    (tmp_path / "hpa.yaml").write_text(
        "kind: HorizontalPodAutoscaler\nmetadata:\n  {{- toYaml .Values.x | nindent 4 }}\n"
    )
    assert "helm template" in str(CliRunner().invoke(command, ["check", str(tmp_path / "hpa.yaml")]).exception)
    (tmp_path / "Chart.yaml").write_text("name: shop\n")
    assert "helm template" in str(CliRunner().invoke(command, ["check", str(tmp_path)]).exception)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("name: web", 'name: "{{ .Release.Name }}-web"'), "metadata.name: found '{{ .Release.Name }}-web'"),
        (("maxReplicas: 5", 'maxReplicas: "{{ .Values.max }}"'), "helm template"),
        (("maxReplicas: 5", "maxReplicas: ${MAX}"), "envsubst"),
        (("maxReplicas: 5", "maxReplicas: {% if big %}9{% else %}5{% endif %}"), "render it first"),
    ],
)
def test_a_blank_that_reads_as_text_is_a_template_too(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    """In a name and in an HPA nothing else can be meant; in an annotation it may be."""
    text = yaml.safe_dump(of_kind(objects("keda-and-hpa"), "HorizontalPodAutoscaler"), sort_keys=False)
    file = tmp_path / "hpa.yaml"
    file.write_text(text.replace("maxReplicas: 10", "maxReplicas: 5").replace(*change, 1))
    assert said in str(CliRunner().invoke(command, ["check", str(file)]).exception)
    file.write_text(text.replace("name: web", "annotations: {note: '{{ $value }} of ${MAX}'}\n  name: web", 1))
    assert CliRunner().invoke(command, ["check", str(file)]).exception is None


def test_a_patch_is_written_out_without_anchors(tmp_path: Path) -> None:
    """Two containers that want the same get it twice, so that it can be copied."""
    files = objects("zero-request")
    for one in files[0]["spec"]["template"]["spec"]["containers"]:
        one["resources"] = {"requests": {"cpu": 0}}
    (tmp_path / "f.yaml").write_text(yaml.safe_dump_all(files))
    said = CliRunner().invoke(command, ["check", str(tmp_path / "f.yaml")]).output
    assert "cpu: 100m" in said
    assert "&id" not in said
