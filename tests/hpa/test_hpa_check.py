"""Static findings: each rule with its hit and its near miss."""

from typing import Any

import pytest
import yaml

from autoscale.hpa import Config, parse_spec
from autoscale.hpa.check.faults import Fault, Manifest
from autoscale.hpa.check.manifests import check

CPU = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}


def hpa(name: str = "web", kind: str = "Deployment", **spec: Any) -> dict[str, Any]:
    """An HPA on web, 1 to 10 pods, CPU at 50 %."""
    target = {"kind": kind, "name": "web", "apiVersion": "apps/v1"}
    body = {"scaleTargetRef": target, "maxReplicas": 10, "metrics": [CPU], **spec}
    return {"kind": "HorizontalPodAutoscaler", "metadata": {"name": name}, "spec": body}


def deployment(*containers: dict[str, Any], name: str = "web", **spec: Any) -> dict[str, Any]:
    """A Deployment with containers of (name, resources)."""
    template = {"spec": {"containers": list(containers)}}
    return {"kind": "Deployment", "metadata": {"name": name}, "spec": {"template": template, **spec}}


def container(name: str = "app", request: str | None = "100m", limit: str | None = "500m") -> dict[str, Any]:
    """A container with a CPU request and limit."""
    resources = {"requests": request and {"cpu": request}, "limits": limit and {"cpu": limit}}
    return {"name": name, "resources": {key: value for key, value in resources.items() if value}}


def utilization(percent: int) -> list[dict[str, Any]]:
    """A metrics list with one CPU target."""
    target = {"type": "Utilization", "averageUtilization": percent}
    return [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]


def found(*objects: dict[str, Any]) -> list[Fault]:
    """The findings about some manifests of one file."""
    return check([Manifest("f.yaml", each) for each in objects])


def rules(*objects: dict[str, Any]) -> list[str]:
    """The names of the rules that hit."""
    return [finding.rule for finding in found(*objects)]


def test_good_manifests_have_no_findings() -> None:
    """The near miss of every rule at once."""
    assert found(deployment(container()), hpa()) == []


def test_invalid_hpa_lists_every_mistake() -> None:
    """As errors, each with its field."""
    findings = found(hpa(maxReplicas=0, minReplicas="1"))

    assert [(finding.rule, finding.level, finding.where) for finding in findings] == [
        ("invalid", "error", "f.yaml: HorizontalPodAutoscaler/web: spec.minReplicas")
    ]
    assert found(hpa(bogus=1))[0].what.startswith("found an unknown field, wanted one of")


@pytest.mark.parametrize(
    ("target", "request_", "limit", "hit"),
    [
        (90, "100m", "99m", True),
        (90, "100m", "100m", False),  # 100/90 lies just outside of the tolerance: slow, but not dead
        (95, "100m", "100m", True),
        (50, "100m", "55m", True),
        (50, "100m", "56m", False),
        (50, None, "100m", False),  # an unset request is the limit
        (50, "100m", None, False),
    ],
)
def test_target_that_the_limit_keeps_out_of_reach(
    target: int, request_: str | None, limit: str | None, hit: bool
) -> None:
    """100 * limit / request within the tolerance of the target never scales up (F7)."""
    hits = rules(deployment(container("app", request_, limit)), hpa(metrics=utilization(target)))

    assert ("target-unreachable" in hits) is hit


def test_unreachable_target_is_cured_by_its_patch() -> None:
    """Applied as a merge patch, the finding is gone."""
    objects = deployment(container(limit="100m")), hpa(metrics=utilization(95))
    finding = found(*objects)[0]

    assert finding.what == (
        "with a cpu limit of 100m and a request of 100m it never exceeds 100 %, and more than 104.5 % would be needed "
        "to scale up"
    )
    assert finding.patch is not None
    assert rules(objects[0], hpa(**finding.patch["spec"])) == []


def test_own_tolerance_decides_what_is_reachable() -> None:
    """A tolerance of 2 % upwards makes 100 % of a target of 95 % enough."""
    behavior = {"scaleUp": {"tolerance": "0.02"}}
    hits = rules(deployment(container(limit="100m")), hpa(metrics=utilization(95), behavior=behavior))

    assert hits == ["growth-capped"]


def test_average_value_is_compared_with_the_limit_itself() -> None:
    """No request is needed for it; the patch lowers the value."""
    metric = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "AverageValue", "averageValue": "500m"}},
    }
    finding = found(deployment(container(request=None)), hpa(metrics=[metric]))[0]

    assert finding.what == (
        "with a cpu limit of 500m the average never exceeds 500m, and more than 550m would be needed to scale up"
    )
    assert finding.patch is not None
    assert finding.patch["spec"]["metrics"][0]["resource"]["target"]["averageValue"] == "227m"
    assert rules(deployment(container(limit=None)), hpa(metrics=[metric])) == []


def test_requests_of_nothing_in_all_make_no_percentage() -> None:
    """An explicit 0 is a request, but a sum of 0 is none; the rule says so too."""
    assert rules(deployment(container(request="0")), hpa()) == ["request-zero"]


def test_container_metric_looks_at_its_container() -> None:
    """The limit of the sidecar does not matter, its absence from the pods does."""
    target = {"type": "Utilization", "averageUtilization": 95}
    source = {"name": "cpu", "container": "app", "target": target}
    one = hpa(metrics=[{"type": "ContainerResource", "containerResource": source}])
    side = container("side", None, None)

    assert rules(deployment(container(), side), one) == []
    assert rules(deployment(container(limit="100m"), side), one) == ["target-unreachable"]
    assert rules(deployment(side), one) == ["container-missing"]


def test_missing_request_is_an_error_with_its_cure() -> None:
    """In any container that counts, sidecars among the init containers too (F8)."""
    finding = found(deployment(container(), container("side", None, None)), hpa())[0]

    assert (finding.rule, finding.level, finding.where) == ("request-missing", "error", "f.yaml: Deployment/web")
    assert yaml.safe_dump(finding.patch) == (
        "spec:\n  template:\n    spec:\n      containers:\n      - name: side\n        resources:\n"
        "          requests:\n            cpu: 100m\n"
    )
    sidecar = {**container("side", None, None), "restartPolicy": "Always"}
    hidden = deployment(container())
    hidden["spec"]["template"]["spec"]["initContainers"] = [sidecar, container("setup", None, None)]
    assert found(hidden, hpa())[0].what.startswith(
        "the target is a percentage of the cpu request, which is not set in side,"
    )


def test_memory_request_has_a_unit_of_its_own() -> None:
    """The patch proposes mebibytes."""
    metric = {
        "type": "Resource",
        "resource": {"name": "memory", "target": {"type": "Utilization", "averageUtilization": 50}},
    }
    finding = found(deployment(container()), hpa(metrics=[metric]))[0]

    assert "memory: 128Mi" in yaml.safe_dump(finding.patch)


@pytest.mark.parametrize(("limit", "hit"), [("74m", True), ("75m", False)])
def test_small_headroom_makes_small_steps(limit: str, hit: bool) -> None:
    """A limit under 1.5 times the target grows the size slowly (F6)."""
    assert (rules(deployment(container(limit=limit)), hpa()) == ["growth-capped"]) is hit


@pytest.mark.parametrize(
    ("target", "hit"),
    [
        ({"type": "AverageValue", "value": "1"}, True),
        ({"type": "Utilization", "value": "1"}, True),
        ({"type": "Value", "value": "1"}, False),
        ({"type": "AverageValue", "averageValue": "1"}, False),
    ],
)
def test_object_target_must_fit_its_type(target: dict[str, str], hit: bool) -> None:
    """The API server lets a mismatch through, the controller then fails in every pass."""
    described = {"kind": "Ingress", "name": "front"}
    source = {"describedObject": described, "metric": {"name": "hits"}, "target": target}

    assert (rules(hpa(metrics=[{"type": "Object", "object": source}])) == ["target-mismatched"]) is hit


@pytest.mark.parametrize(
    ("name", "target", "hit"),
    [
        ("queue_length", {"type": "Value", "value": "30"}, True),
        ("queue_length", {"type": "AverageValue", "averageValue": "30"}, False),
        ("p99_latency_seconds", {"type": "Value", "value": "1"}, False),
    ],
)
def test_a_total_under_a_value_is_never_at_rest(name: str, target: dict[str, Any], hit: bool) -> None:
    """A queue wants an average for each pod; what falls with more pods, such as a latency, may be a value."""
    external = {"type": "External", "external": {"metric": {"name": name}, "target": target}}
    assert (rules(hpa(metrics=[external])) == ["value-of-a-whole"]) is hit


@pytest.mark.parametrize(
    ("target", "next_", "hit"),
    [
        ({"type": "Value", "value": "500u"}, "aims at 1m of p95, and ... asks for 2.00 times", True),
        ({"type": "AverageValue", "averageValue": "3m"}, "aims at 3m of p95, and ... asks for 1.33 times", True),
        ({"type": "AverageValue", "averageValue": "0.0085"}, "aims at 9m of p95, and ... asks for 1.11 times", True),
        ({"type": "AverageValue", "averageValue": "10m"}, "", False),
        ({"type": "Value", "value": "250m"}, "", False),
    ],
)
def test_a_target_of_a_few_thousandths_has_no_values_between(target: dict[str, Any], next_: str, hit: bool) -> None:
    """To the HPA 500u and 900u are both 1m (apimachinery 0.37.2); a step from 10m to 11m is within the tolerance."""
    external = {"type": "External", "external": {"metric": {"name": "p95"}, "target": target}}
    faults = [each for each in found(hpa(metrics=[external])) if each.rule == "target-coarse"]
    assert [all(part in each.what for part in next_.split("...")) for each in faults] == ([True] if hit else [])


def test_a_few_millicores_are_no_coarse_target() -> None:
    """CPU is told in cores; a target of 5m is what a small pod is given, and its samples are as coarse."""
    cpu = {"name": "cpu", "target": {"type": "AverageValue", "averageValue": "5m"}}
    assert rules(hpa(metrics=[{"type": "Resource", "resource": cpu}])) == []


def test_minimum_that_is_the_maximum() -> None:
    """Nothing to scale; one more is something."""
    assert rules(hpa(minReplicas=3, maxReplicas=3)) == ["min-is-max"]
    assert rules(hpa(minReplicas=3, maxReplicas=4)) == []


def test_replicas_in_the_manifest_fight_the_hpa() -> None:
    """Every apply sets them back (F22)."""
    finding = found(deployment(container(), replicas=2), hpa())[0]

    assert (finding.rule, finding.patch) == ("replicas-set", {"spec": {"replicas": None}})


def test_daemon_sets_cannot_be_scaled() -> None:
    """They have no scale."""
    assert rules(hpa(kind="DaemonSet")) == ["no-scale"]


def test_target_that_is_not_in_the_files() -> None:
    """Only if the files hold others of its kind."""
    assert rules(deployment(container(), name="other"), hpa()) == ["target-missing"]
    assert rules(hpa()) == []


def test_two_hpas_on_one_target() -> None:
    """Both get the error; another namespace is another target."""
    second = hpa("second")
    assert rules(hpa(), second) == ["two-for-one", "two-for-one"]
    second["metadata"]["namespace"] = "elsewhere"
    assert rules(hpa(), second) == []


@pytest.mark.parametrize("direction", ["scaleUp", "scaleDown"])
def test_shut_direction(direction: str) -> None:
    """Disabled is told for either direction."""
    assert rules(hpa(behavior={direction: {"selectPolicy": "Disabled"}})) == ["direction-disabled"]


def up(*policies: tuple[str, int], **more: Any) -> dict[str, Any]:
    """Rules for scaling up."""
    made = [{"type": kind, "value": value, "periodSeconds": 15} for kind, value in policies]
    return {"scaleUp": {"policies": made, **more}}


@pytest.mark.parametrize(
    ("policies", "maximum", "hits"),
    [
        ([("Percent", 33)], 10, ["percent-crawls"]),
        ([("Percent", 51)], 10, []),
        ([("Percent", 100)], 20, []),
        ([("Percent", 33)], 3, []),
        ([("Percent", 10), ("Pods", 4)], 10, []),
        ([("Pods", 1)], 11, ["pods-crawl"]),
        ([("Pods", 1)], 10, []),
        ([("Pods", 1), ("Percent", 200)], 100, []),
    ],
)
def test_crawling_policies(policies: list[tuple[str, int]], maximum: int, hits: list[str]) -> None:
    """A percentage alone at a small size, or a few pods alone at a large one (F23)."""
    assert rules(hpa(maxReplicas=maximum, behavior=up(*policies))) == hits


@pytest.mark.parametrize(("window", "hits"), [(300, ["slow-to-grow"]), (299, [])])
def test_long_window_upwards(window: int, hits: list[str]) -> None:
    """Five minutes of agreement before growing is long."""
    assert rules(hpa(behavior={"scaleUp": {"stabilizationWindowSeconds": window}})) == hits


@pytest.mark.parametrize(
    ("rule", "hits"),
    [
        ({"stabilizationWindowSeconds": 0}, ["flaps"]),
        ({"stabilizationWindowSeconds": 60}, []),
        ({"stabilizationWindowSeconds": 0, "selectPolicy": "Min"}, []),
        ({"stabilizationWindowSeconds": 0, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}, []),
        ({"tolerance": "10"}, ["never-shrinks"]),
        ({"tolerance": "0.9"}, []),
    ],
)
def test_shrinking_too_fast_or_never(rule: dict[str, Any], hits: list[str]) -> None:
    """Without window or slow policy it flaps (F10); with a tolerance of 1 or more it never shrinks."""
    assert rules(hpa(behavior={"scaleDown": rule})) == hits


def test_patches_of_behavior_are_valid_and_cure() -> None:
    """Applied, each patch leaves a valid HPA without the finding."""
    for behavior in (up(("Percent", 33)), up(("Pods", 1)), {"scaleDown": {"stabilizationWindowSeconds": 0}}):
        one = hpa(maxReplicas=40, behavior=behavior)
        finding = found(one)[0]
        assert finding.patch is not None
        patched = {name: {**behavior.get(name, {}), **rule} for name, rule in finding.patch["spec"]["behavior"].items()}
        cured = hpa(maxReplicas=40, behavior={**behavior, **patched})
        assert parse_spec(cured, Config())
        assert finding.rule not in rules(cured)


@pytest.mark.parametrize("containers", ["app", [1], [{"name": "app", "resources": {"limits": {"cpu": "lots"}}}]])
def test_unreadable_workload_is_a_finding(containers: Any) -> None:
    """Not an exception."""
    broken = deployment()
    broken["spec"]["template"]["spec"]["containers"] = containers
    finding = found(broken, hpa())[0]

    assert (finding.rule, finding.where) == ("invalid", "f.yaml: Deployment/web: spec.template.spec.containers")


def test_strange_manifests_do_not_matter() -> None:
    """Objects without metadata or spec are passed over."""
    assert rules(hpa(), {"kind": "Deployment", "metadata": "x"}, {"kind": 5, "spec": []}, {}) == ["target-missing"]


def test_errors_come_first() -> None:
    """Then warnings, each in the order of the files."""
    levels = [finding.level for finding in found(deployment(container(request=None, limit=None), replicas=1), hpa())]

    assert levels == ["error", "warning"]
