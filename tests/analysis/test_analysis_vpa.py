"""What a record says of a VPA and of pods that were evicted."""

from pathlib import Path

import pytest

from autoscale.analysis import analyse
from autoscale.kube.kinds import Object
from autoscale.observe.vpa import vpa_row
from autoscale.report.answers.four import answers
from autoscale.report.gather import gather
from tests.findings.test_findings_rules import run


def vpa(mode: str | None = None, policies: list[Object] | None = None) -> Object:
    """A VPA that recommends for one container."""
    told = {"containerName": "web", "target": {"cpu": "150m", "memory": "64Mi"}, "upperBound": {"cpu": "1"}}
    spec = {"updatePolicy": {"updateMode": mode}, "resourcePolicy": {"containerPolicies": policies or []}}
    status = {"recommendation": {"containerRecommendations": [told]}}
    return {"metadata": {"name": "web", "uid": "v"}, "spec": spec, "status": status}


def test_a_recommendation_is_read_and_what_is_not_there_is_unknown() -> None:
    """Millicores and bytes; the lower bound is absent; a VPA without a mode evicts (Recreate)."""
    row = vpa_row(vpa())
    (told,) = row["recommended"]
    assert (told["cpu_m"], told["mem_b"], told["upper_cpu_m"], told["lower_cpu_m"]) == (150, 64 * 2**20, 1000, None)
    assert row["mode"] == "Recreate"


@pytest.mark.parametrize(
    ("policies", "resources"),
    [
        ([], ["cpu", "memory"]),
        ([{"containerName": "*", "controlledResources": ["memory"]}], ["memory"]),
        ([{"containerName": "*", "mode": "Off"}], []),
        ([{"containerName": "web", "controlledResources": ["memory"]}], ["cpu", "memory"]),
    ],
)
def test_what_a_vpa_sizes_is_what_its_policy_for_all_leaves(policies: list[Object], resources: list[str]) -> None:
    """A policy of one container says nothing of the others."""
    assert vpa_row(vpa("Off", policies))["resources"] == resources


def test_evicted_pods_are_told_together_with_who_did_it() -> None:
    """Two pods within half a minute are one eviction; the VPA's own event names it."""
    record = run()
    for name, at in (("p1", 100.0), ("p2", 110.0)):
        record.pod(name, -5, deleted=at)
        record.body[-1]["conditions"]["DisruptionTarget"] = ["True", None]
    record.event(101, "EvictedByVPA", "Pod was evicted by VPA Updater.", "Pod/p1")
    (told,) = [one for one in analyse(record.rows()).interventions if one.kind == "eviction"]
    assert told.words == "2 pods were evicted by the VPA"


def test_a_run_on_the_real_vpa_names_it_and_not_the_load() -> None:
    """Under a load that did not change the request fell, the HPA's ratio rose and a pod was added: F42 is the first
    word, the VPA did the resize, and every decision of the HPA is retraced with the requests of its time."""
    record = Path(__file__).parents[1] / "fixtures" / "told" / "real-vpa-and-hpa.jsonl.gz"
    account = gather(record)
    found = account.analysis
    assert {decision.outcome for decision in found.decisions} == {"agrees"}
    assert any("by the VPA: cpu request 400m to 100m" in one.words for one in found.interventions)
    assert [(one.before, one.after, one.by) for one in found.scale_events] == [(2, 3, "hpa"), (3, 2, "hpa")]
    assert answers(account)[3].headline == "VPA and HPA act on the same resource"
    assert not {"F24", "F11"} & {finding.id for finding in account.findings}
