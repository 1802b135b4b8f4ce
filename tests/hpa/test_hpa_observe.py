"""Observations from API objects, and cases from files."""

from typing import Any

import pytest

from autoscale.base.errors import InputError
from autoscale.base.times import parse_time
from autoscale.hpa import Config, Container, PodUsage, Sample, Scale, State, decide, observe
from autoscale.hpa.case import read_case, read_time
from autoscale.hpa.reading.observe import read_pod, read_scale

NOON = "2026-11-23T12:00:00Z"
HPA = {
    "metadata": {"name": "web", "namespace": "shop", "generation": 2},
    "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web", "apiVersion": "apps/v1"}, "maxReplicas": 10},
    "status": {"desiredReplicas": 2, "currentMetrics": None},
}
SCALE = {"spec": {"replicas": 2}, "status": {"replicas": 2, "selector": "app=web"}}


def pod(name: str, **spec: Any) -> dict[str, Any]:
    """A ready pod of the API."""
    body = {"containers": [{"name": "app", "resources": {"requests": {"cpu": "100m"}}}], **spec}
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-23T11:00:05Z"}
    status = {"phase": "Running", "startTime": "2026-11-23T11:00:00Z", "conditions": [ready]}
    return {"metadata": {"name": name}, "spec": body, "status": status}


def metrics(name: str, cpu: str) -> dict[str, Any]:
    """A PodMetrics of the API."""
    containers = [{"name": "app", "usage": {"cpu": cpu, "memory": "1Ki"}}]
    return {"metadata": {"name": name}, "timestamp": NOON, "window": "15.5s", "containers": containers}


CASE = {
    "now": "2026-11-23T12:00:10Z",
    "hpa": HPA,
    "scale": SCALE,
    "pods": {"kind": "List", "items": [pod("a"), pod("b")]},
    "podMetrics": [metrics("a", "190123456n"), metrics("b", "190m")],
}


def test_observation_reads_every_object() -> None:
    """Names, generation, status, scale, pods and usage in thousandths."""
    seen = observe(
        now=7.0,
        hpa=HPA,
        scale=SCALE,
        pods=[pod("a")],
        pod_metrics=[metrics("a", "190123456n")],
        pods_metrics={
            0: [{"describedObject": {"name": "a"}, "value": "1500m", "timestamp": NOON, "windowSeconds": 30}]
        },
        object_metrics={1: {"value": "2k"}},
        external_metrics={2: [{"value": "1"}, {"value": "500m"}]},
        metric_errors={3: "gone"},
        rivals=["other"],
    )

    noon = parse_time(NOON)
    assert (seen.namespace, seen.name, seen.generation, seen.status.desired_replicas) == ("shop", "web", 2, 2)
    assert seen.scale == Scale(2, 2, "app=web")
    assert seen.usage == (PodUsage("a", noon, 15.5, {"app": {"cpu": 191, "memory": 1024_000}}),)
    assert seen.pods_metrics == {0: {"a": Sample(1500, noon, 30.0)}}
    assert (seen.object_metrics, seen.external_metrics) == ({1: 2000_000}, {2: (1000, 500)})
    assert (seen.metric_errors, seen.rivals) == ({3: "gone"}, ("other",))


def test_absent_scale_fields_are_zero() -> None:
    """As the API leaves zeros out."""
    assert read_scale({}) == Scale(0, 0, "")


def test_pod_reads_what_the_rule_looks_at() -> None:
    """Sidecars count with the containers, other init containers do not."""
    read = read_pod(
        pod(
            "a",
            initContainers=[
                {"name": "setup", "resources": {"requests": {"cpu": "2"}}},
                {"name": "side", "restartPolicy": "Always", "resources": {"requests": {"cpu": "50m"}}},
            ],
        )
    )

    assert read.containers == (Container("app", {"cpu": 100}), Container("side", {"cpu": 50}))
    assert (read.phase, read.ready, read.deleting, read.pod_requests) == ("Running", "True", False, None)
    assert (read.started, read.ready_changed) == (
        parse_time("2026-11-23T11:00:00Z"),
        parse_time("2026-11-23T11:00:05Z"),
    )


def test_bare_pod_has_neither_times_nor_readiness() -> None:
    """Unknown is None."""
    bare = read_pod({"metadata": {"name": "a", "deletionTimestamp": NOON}})

    assert (bare.phase, bare.ready, bare.ready_changed, bare.started, bare.deleting) == ("", None, None, None, True)


def test_pod_level_requests_add_overhead_and_fill_in_the_rest() -> None:
    """CPU as the pod says, memory as the containers need it together, overhead on top of both."""
    read = read_pod(
        pod(
            "a",
            resources={"requests": {"cpu": "1", "example.com/gpu": "1"}},
            overhead={"cpu": "5m"},
            containers=[{"name": "app", "resources": {"requests": {"memory": "10"}}}],
            initContainers=[
                {"name": "side", "restartPolicy": "Always", "resources": {"requests": {"memory": "5"}}},
                {"name": "setup", "resources": {"requests": {"memory": "20"}}},
            ],
        )
    )

    assert read.pod_requests_with_overhead == {"cpu": 1005, "memory": 25_000}
    assert read.pod_requests == {"cpu": 1000, "memory": 25_000}


def test_case_decides() -> None:
    """A file with API objects leads to a decision; lists may be Kubernetes lists."""
    case = read_case({**CASE, "config": {"release": "1.35", "downscale_stabilization_s": "1m", "tolerance": 0.1}}, "f")

    assert case.config == Config(release="1.35", downscale_stabilization_s=60.0)
    assert decide(case.spec, case.config, case.state, case.observation).desired == 4


def test_case_takes_every_part() -> None:
    """Also what only fails, or what other metrics answer."""
    case = read_case(
        {
            **CASE,
            "scale": None,
            "scaleError": "gone",
            "updateError": "conflict",
            "rivals": ["b"],
            "podsMetrics": {"0": [{"describedObject": {"name": "a"}, "value": "1"}]},
            "objectMetrics": {1: {"value": "1"}},
            "externalMetrics": {"2": {"items": [{"value": "1"}]}},
            "metricErrors": {"3": "gone"},
            "state": {"recommendations": [{"replicas": 1, "at": 2.0}]},
        },
        "f",
    )

    seen = case.observation
    assert (seen.scale, seen.scale_error, seen.update_error, seen.rivals) == (None, "gone", "conflict", ("b",))
    assert seen.pods_metrics == {0: {"a": Sample(1000, 0.0, 60.0)}}
    assert (seen.object_metrics, seen.external_metrics, seen.metric_errors) == ({1: 1000}, {2: (1000,)}, {3: "gone"})
    assert case.state == State.from_dict({"recommendations": [{"replicas": 1, "at": 2.0}]})


def test_case_names_every_mistake() -> None:
    """Each part on its own, in one error."""
    with pytest.raises(InputError) as caught:
        read_case(
            {
                "now": None,
                "hpa": {"spec": {"maxReplicas": "many"}},
                "pods": [{}, pod("a")],
                "podMetrics": 3,
                "config": {"release": "2.0"},
                "state": {"recommendations": [{}]},
                "objectMetrics": {"x": {"value": "1"}},
                "pod": [],
            },
            "f",
        )

    assert [problem.where for problem in caught.value.problems] == [
        "f: pod",
        "f: scale",
        "f: config",
        "f: hpa: spec.maxReplicas",
        "f: state",
        "f: now",
        "f: pods[0]",
        "f: podMetrics",
        "f: objectMetrics",
    ]


@pytest.mark.parametrize("data", [None, [], "text"])
def test_case_must_be_a_mapping(data: Any) -> None:
    """The error says what to write."""
    with pytest.raises(InputError, match="is not an observation"):
        read_case(data, "f")


def test_case_without_an_hpa_says_so() -> None:
    """Nothing else can be said then."""
    with pytest.raises(InputError) as caught:
        read_case({"now": 1, "scale": SCALE, "hpa": "web"}, "f")

    assert [problem.where for problem in caught.value.problems] == ["f: hpa"]


def test_unknown_setting_of_the_controller() -> None:
    """The error lists the settings that exist."""
    with pytest.raises(InputError) as caught:
        read_case({**CASE, "config": {"tolerence": 1}}, "f")

    assert "unknown tolerence (there are sync_period_s, tolerance," in caught.value.problems[0].found


@pytest.mark.parametrize(
    "config", [{"tolerance": "much"}, {"gates": {"HPAMagic": True}}, {"sync_period_s": "soon"}, "x"]
)
def test_settings_have_their_types(config: Any) -> None:
    """A wrong value is a mistake, not a surprise later."""
    with pytest.raises(InputError) as caught:
        read_case({**CASE, "config": config}, "f")

    assert [problem.where for problem in caught.value.problems] == ["f: config"]


def test_metadata_that_is_no_mapping() -> None:
    """It is told with the HPA's other mistakes."""
    with pytest.raises(InputError, match="metadata: found 'web', wanted a mapping"):
        read_case({**CASE, "hpa": {**HPA, "metadata": "web"}}, "f")


def test_times_in_any_form() -> None:
    """Seconds, text, or what YAML makes of a time without quotes."""
    import yaml

    noon = parse_time(NOON)
    assert read_time(noon) == read_time(NOON) == read_time(yaml.safe_load(NOON)) == noon
    assert read_time(yaml.safe_load("2026-11-23 12:00:00")) == noon
    with pytest.raises(TypeError):
        read_time(True)
