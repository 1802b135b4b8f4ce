"""Reading HPAs: shape, defaults, the API server's rules, and the typed spec."""

from typing import Any

import pytest
from hpa_cases import TARGET

from autoscale.base.errors import InputError
from autoscale.hpa import (
    Behavior,
    Config,
    MetricSpec,
    MetricTarget,
    ObjectReference,
    Spec,
    complete,
    parse_spec,
    validate,
)
from autoscale.hpa.reading.defaults import scale_down_defaults, scale_up_defaults
from autoscale.kube.go import marshal, quote
from autoscale.kube.names import dns_label_errors, subdomain_errors

REFERENCE = {"kind": "Deployment", "name": "web", "apiVersion": "apps/v1"}


def hpa(**spec: Any) -> dict[str, Any]:
    """A small HPA."""
    body = {"scaleTargetRef": REFERENCE, "maxReplicas": 10, **spec}
    return {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "spec": body}


def problems(data: dict[str, Any], config: Config | None = None, file: str = "") -> list[str]:
    """What parse_spec complains of."""
    with pytest.raises(InputError) as caught:
        parse_spec(data, config, file)
    return [str(problem) for problem in caught.value.problems]


def test_defaults_are_the_api_servers() -> None:
    """CPU at 80 %, at least one pod, and no behavior where there is none."""
    assert parse_spec(hpa()) == Spec(
        TARGET, 10, (MetricSpec("Resource", "cpu", MetricTarget("Utilization", average_utilization=80)),), 1, None
    )


@pytest.mark.parametrize("behavior", [{}, {"scaleUp": {}}, {"scaleDown": None}])
def test_any_behavior_completes_both_directions(behavior: dict[str, Any]) -> None:
    """Even an empty one; the window downwards stays open for the flag."""
    assert parse_spec(hpa(behavior=behavior)).behavior == Behavior()


def test_given_fields_win_whole() -> None:
    """A list of policies replaces the default list, and the other fields are filled in."""
    policies = [{"type": "Pods", "value": 1, "periodSeconds": 60}]
    rules = scale_up_defaults({"policies": policies, "selectPolicy": None})

    assert rules == {"stabilizationWindowSeconds": 0, "selectPolicy": "Max", "policies": policies}
    assert "stabilizationWindowSeconds" not in scale_down_defaults(None)


def test_completing_leaves_the_original_alone() -> None:
    """Defaults go into a copy."""
    data = hpa(behavior={})
    complete(data)["spec"]["behavior"]["scaleUp"]["policies"].clear()

    assert data == hpa(behavior={})


def test_v1_is_converted() -> None:
    """targetCPUUtilizationPercentage becomes the CPU metric; without it the default of 80 % holds."""
    data = {**hpa(targetCPUUtilizationPercentage=60), "apiVersion": "autoscaling/v1"}

    assert parse_spec(data).metrics[0].target.average_utilization == 60
    assert complete({**hpa(), "apiVersion": "autoscaling/v1"}) == complete(hpa())


def test_metrics_hidden_in_v1_annotations_are_refused() -> None:
    """They would change the decision, so they are not overlooked; other annotations do not matter."""
    annotations = {"autoscaling.alpha.kubernetes.io/metrics": "[]", "team": "a"}
    data = {**hpa(), "apiVersion": "autoscaling/v1", "metadata": {"annotations": annotations}}

    assert problems(data) == [
        "metadata.annotations[autoscaling.alpha.kubernetes.io/metrics]: found a part of the spec, wanted "
        "autoscaling/v2. Fetch it as v2: kubectl get hpa.v2.autoscaling NAME -o yaml."
    ]


def test_bare_spec_will_do() -> None:
    """A record keeps only the spec."""
    assert parse_spec(hpa()["spec"]) == parse_spec(hpa())


def test_every_metric_type_is_read() -> None:
    """Quantities in thousandths, selectors as they are."""
    identifier = {"name": "m", "selector": {"matchLabels": {"a": "b"}}}
    spec = parse_spec(
        hpa(
            metrics=[
                {
                    "type": "ContainerResource",
                    "containerResource": {
                        "name": "memory",
                        "container": "app",
                        "target": {"type": "AverageValue", "averageValue": "1Mi"},
                    },
                },
                {
                    "type": "Pods",
                    "pods": {"metric": identifier, "target": {"type": "AverageValue", "averageValue": "1500m"}},
                },
                {
                    "type": "Object",
                    "object": {
                        "describedObject": {"kind": "Ingress", "name": "front"},
                        "metric": {"name": "m"},
                        "target": {"type": "Value", "value": 2},
                    },
                },
                {
                    "type": "External",
                    "external": {"metric": {"name": "m"}, "target": {"type": "Value", "value": "0.1"}},
                },
            ]
        )
    )

    assert spec.metrics == (
        MetricSpec("ContainerResource", "memory", MetricTarget("AverageValue", average_value=2**20 * 1000), "app"),
        MetricSpec("Pods", "m", MetricTarget("AverageValue", average_value=1500), "", identifier["selector"]),
        MetricSpec(
            "Object", "m", MetricTarget("Value", value=2000), described_object=ObjectReference("Ingress", "front")
        ),
        MetricSpec("External", "m", MetricTarget("Value", value=100)),
    )


def test_all_mistakes_of_shape_come_at_once() -> None:
    """Unknown fields name the likely one; types say what was found; the file is named."""
    data = hpa(
        maxReplicas="10",
        minReplicas=True,
        behaviour={},
        metrics={},
        behavior={"scaleUp": {"tolerance": "ten", "policies": [{"type": 5, "value": 2**31}], "selectPolicy": []}},
        scaleTargetRef=[],
    )

    assert problems(data, file="f") == [
        "f: spec.scaleTargetRef: found a list, wanted a mapping",
        "f: spec.maxReplicas: found '10', wanted a whole number. Write it without quotes and without a fraction.",
        "f: spec.minReplicas: found True, wanted a whole number. Write it without quotes and without a fraction.",
        "f: spec.behaviour: found an unknown field, wanted behavior. Remove or rename it.",
        "f: spec.metrics: found a mapping, wanted a list. Begin each entry with a dash.",
        "f: spec.behavior.scaleUp.tolerance: found 'ten', wanted a quantity such as 250m, 0.5 or 64Mi",
        "f: spec.behavior.scaleUp.policies[0].type: found 5, wanted a string. Put it in quotes.",
        "f: spec.behavior.scaleUp.policies[0].value: found 2147483648, wanted a number that fits into 32 bits",
        "f: spec.behavior.scaleUp.selectPolicy: found a list, wanted a string",
    ]


def test_labels_of_a_selector_are_strings() -> None:
    """A number in quotes is right, one without is not."""
    metric = {"type": "External", "external": {"metric": {"name": "m", "selector": {"matchLabels": {"a": 1}}}}}

    assert problems(hpa(metrics=[metric]))[0].startswith(
        "spec.metrics[0].external.metric.selector.matchLabels.a: found 1"
    )
    metric["external"]["metric"]["selector"] = {"matchLabels": []}  # type: ignore[index]
    assert problems(hpa(metrics=[metric]))[0].endswith("found a list, wanted a mapping")


def test_metadata_must_be_a_mapping() -> None:
    """And a field that looks like none other lists what there is."""
    assert problems({**hpa(), "metadata": "web", "zzz": 1}) == [
        "metadata: found 'web', wanted a mapping",
        "zzz: found an unknown field, wanted one of apiVersion, kind, metadata, spec, status. Remove or rename it.",
    ]


def test_rules_of_the_api_server_name_field_and_value() -> None:
    """Found and wanted, in the form of every other error; required and forbidden fields too."""
    metric = {
        "type": "Resource",
        "resource": {"target": {"type": "Utilization", "averageUtilization": 0, "averageValue": "1"}},
    }

    assert problems(hpa(minReplicas=11, metrics=[metric]), file="f") == [
        "f: spec.maxReplicas: found 10, wanted must be greater than or equal to `minReplicas`",
        "f: spec.metrics[0].resource.name: found nothing, wanted must specify a resource name",
        "f: spec.metrics[0].resource.target.averageUtilization: found 0, wanted must be greater than 0",
        "f: spec.metrics[0].resource.target.averageValue: found a value that may not be there, wanted may not set both "
        "a target raw value and a target utilization",
    ]


@pytest.mark.parametrize(
    ("release", "maximum", "text"),
    [
        ("1.35", 0, "spec.maxReplicas: Invalid value: 0: must be greater than 0"),
        ("1.35", -1, "spec.maxReplicas: Invalid value: -1: must be greater than 0"),
        ("1.36", 0, "spec.maxReplicas: Required value: must be set and greater than 0"),
        ("master", -1, "spec.maxReplicas: Invalid value: -1: must be greater than or equal to 1"),
    ],
)
def test_maximum_texts_changed_with_1_36(release: Any, maximum: int, text: str) -> None:
    """A missing maximum became a required value."""
    assert str(validate(hpa(maxReplicas=maximum), Config(release=release))[0]) == text


@pytest.mark.parametrize(("maximum", "release"), [(1, "1.35"), (1, "master")])
def test_one_is_enough(maximum: int, release: Any) -> None:
    """The least maximum is 1."""
    assert validate(hpa(maxReplicas=maximum), Config(release=release)) == []


def test_zero_replicas_need_their_gate() -> None:
    """It is on from 1.37; an old object that had 0 may keep it."""
    external = {"type": "External", "external": {"metric": {"name": "m"}, "target": {"type": "Value", "value": "1"}}}
    data = hpa(minReplicas=0, metrics=[external])

    assert validate(data) == []
    assert validate(data, Config(release="1.36"), data) == []
    assert [str(error) for error in validate(data, Config(release="1.36"))] == [
        "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1"
    ]


def test_controller_kinds_and_versions_are_checked() -> None:
    """Only HPAs, and only versions that Kubernetes still serves."""
    data = {**hpa(), "kind": "Deployment", "apiVersion": "autoscaling/v2beta2"}

    assert problems(data, file="f") == [
        "f: kind: found 'Deployment', wanted HorizontalPodAutoscaler",
        "f: apiVersion: found 'autoscaling/v2beta2', wanted autoscaling/v2 or autoscaling/v1. v2beta1 and v2beta2 were "
        "removed in Kubernetes 1.25 and 1.26.",
    ]


def test_old_object_metric_excuses_a_bad_version() -> None:
    """An update may keep what was wrong before."""
    metric = {
        "type": "Object",
        "object": {
            "describedObject": {"kind": "X", "name": "x", "apiVersion": "a/b/c"},
            "metric": {"name": "m"},
            "target": {"type": "Value", "value": "1"},
        },
    }
    data = hpa(metrics=[metric])

    assert validate(data, None, data) == []
    assert validate(data, None, hpa()) != []


def test_resource_names_for_containers() -> None:
    """Standard ones and extended ones; quota names and unknown ones are not."""
    target = {"type": "Utilization", "averageUtilization": 50}

    def errors(name: str) -> list[str]:
        source = {"name": name, "container": "app", "target": target}
        return [
            error.detail
            for error in validate(hpa(metrics=[{"type": "ContainerResource", "containerResource": source}]))
        ]

    standard = "must be a standard resource for containers"
    assert errors("memory") == errors("hugepages-2Mi") == errors("example.com/gpu") == []
    assert errors("pods") == [standard]
    assert errors("foo") == ["must be a standard resource type or fully qualified", standard]
    assert errors("requests.example.com/gpu") == ["doesn't follow extended resource name standard"]


def test_pods_metric_needs_an_average_value() -> None:
    """A Value target is not enough."""
    source = {"metric": {"name": "qps"}, "target": {"type": "Value", "value": "1"}}

    assert [str(error) for error in validate(hpa(metrics=[{"type": "Pods", "pods": source}]))] == [
        "spec.metrics[0].pods.target.averageValue: Required value: must specify a positive target averageValue"
    ]


@pytest.mark.parametrize(
    ("name", "complaint"),
    [("a" * 64, "must be no more than 63 characters"), ("a.b", "must not contain dots"), ("app", None)],
)
def test_container_names_are_dns_labels(name: str, complaint: str | None) -> None:
    """At most 63 characters, no dots."""
    assert dns_label_errors(name) == ([] if complaint is None else [complaint])


def test_subdomains_have_a_length() -> None:
    """253 bytes are the limit."""
    assert subdomain_errors("a" * 253) == []
    assert subdomain_errors("a" * 254) == ["must be no more than 253 bytes"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('a"b', r'"a\"b"'),
        ("ä\n", r'"ä\n"'),
        ("\x00", r'"\x00"'),
        ("\u200b", r'"\u200b"'),
        ("\U000e0001", r'"\U000e0001"'),
    ],
)
def test_quote_prints_as_go(text: str, shown: str) -> None:
    """Printable letters stay, others are escaped."""
    assert quote(text) == shown


def test_marshal_escapes_for_html() -> None:
    """As Go's JSON does, and an empty list is null."""
    assert (marshal("<&>"), marshal([]), marshal([""])) == (r'"\u003c\u0026\u003e"', "null", '[""]')
