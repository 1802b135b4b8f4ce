"""Replays what Kubernetes' own controller, validation and parsers did on random cases, recorded in data files."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hpa_cases import recorded

from autoscale.hpa import Config, Decision, Observation, State, Status, complete, decide, explain, observe, validate
from autoscale.hpa.reading.parse import build_spec
from autoscale.hpa.reading.quantities import show_milli, to_float, to_milli
from autoscale.kube.label_query import label_query_error
from autoscale.kube.selectors import label_selector_error

PASSES = recorded("passes")
TEXTS = recorded("texts")


def outcome(decision: Decision) -> dict[str, Any]:
    """A decision in the form of the recording."""
    state = decision.state
    return {
        "written": decision.desired if decision.rescale else None,
        "status": decision.status.to_dict(),
        "events": [[event.type, event.reason, event.message] for event in decision.events] or None,
        "recommendations": [[entry.replicas, entry.at] for entry in state.recommendations] or None,
        "ups": [[entry.change, entry.at, int(entry.outdated)] for entry in state.scale_ups] or None,
        "downs": [[entry.change, entry.at, int(entry.outdated)] for entry in state.scale_downs] or None,
        "error": decision.error or "",
    }


def observed(entry: dict[str, Any], hpa: dict[str, Any], status: Status) -> Observation:
    """The recorded API objects of one pass as an observation.

    They were recorded before kubernetes/kubernetes#142154 took the overhead out of a pod's requests, on master too.
    """

    def keyed(name: str) -> dict[int, Any]:
        return {int(position): value for position, value in entry.get(name, {}).items()}

    seen = observe(
        now=entry["now"],
        hpa=hpa,
        scale=entry.get("scale"),
        pods=entry.get("pods", ()),
        pod_metrics=entry.get("podMetrics", ()),
        pods_metrics=keyed("podsMetrics"),
        object_metrics=keyed("objectMetrics"),
        external_metrics=keyed("externalMetrics"),
        metric_errors=keyed("metricErrors"),
        scale_error=entry.get("scaleError", ""),
    )
    pods = tuple(replace(pod, pod_requests=pod.pod_requests_with_overhead) for pod in seen.pods)
    return replace(seen, status=status, pods=pods, update_error=entry.get("updateError", ""))


@pytest.mark.parametrize("number", range(len(PASSES)))
def test_passes_decide_as_upstream(number: int) -> None:
    """Size, status, conditions, events, memory and error of every pass are upstream's, pass after pass."""
    recording = PASSES[number]
    hpa, config = recording["hpa"], Config(**recording["config"])
    spec = build_spec(complete(hpa))
    state, status = State(), Status.from_dict(hpa["status"])
    for index, entry in enumerate(recording["passes"]):
        decision = decide(spec, config, state, observed(entry, hpa, status))

        assert outcome(decision) == entry["expected"], f"pass {index}"
        assert explain(decision).endswith(".")
        state, status = State.from_dict(json.loads(json.dumps(decision.state.to_dict()))), decision.status


@pytest.mark.parametrize("entry", [entry for entry in TEXTS if "hpa" in entry])
def test_validation_says_what_the_api_server_says(entry: dict[str, Any]) -> None:
    """Every error, its text and its order are the API server's; only the order of surplus sources is random there."""
    old = entry.get("old")
    errors = validate(complete(entry["hpa"]), Config(release="1.37", gates=entry["gates"]), old and complete(old))

    def surplus(texts: list[str]) -> set[str]:
        return {text for text in texts if text.endswith("must populate the given metric source only")}

    ours, theirs = [str(error) for error in errors], entry["errors"]
    assert surplus(ours) == surplus(theirs)
    assert [text for text in ours if text not in surplus(ours)] == [
        text for text in theirs if text not in surplus(ours)
    ]


@pytest.mark.parametrize("entry", [entry for entry in TEXTS if "query" in entry])
def test_label_queries_fail_as_upstream(entry: dict[str, Any]) -> None:
    """A selector in query form is refused in upstream's words, or taken."""
    assert label_query_error(entry["query"]) == entry["error"]


@pytest.mark.parametrize("entry", [entry for entry in TEXTS if "selector" in entry])
def test_label_selectors_fail_as_upstream(entry: dict[str, Any]) -> None:
    """A LabelSelector is refused in upstream's words, or taken."""
    assert label_selector_error(entry["selector"]) == entry["error"]


@pytest.mark.parametrize("entry", [entry for entry in TEXTS if "quantity" in entry])
def test_quantities_are_upstreams_numbers(entry: dict[str, Any]) -> None:
    """A quantity's thousandths and its float are upstream's, to the last bit."""
    assert (to_milli(entry["quantity"]), to_float(entry["quantity"])) == (entry["milli"], float(entry["float"]))


@pytest.mark.parametrize("entry", [entry for entry in TEXTS if "text" in entry])
def test_thousandths_are_shown_as_upstream(entry: dict[str, Any]) -> None:
    """A status quantity is written as upstream writes it, memory in binary units."""
    assert show_milli(entry["milli"], "memory" if entry["memory"] else "cpu") == entry["text"]
