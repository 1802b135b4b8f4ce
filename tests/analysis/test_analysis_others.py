"""Who else acted in a run: field managers name them, the axis marks it, the verdict says what that means."""

import pytest

from autoscale.analysis import analyse
from autoscale.analysis.results.analysis import Analysis
from autoscale.analysis.results.series import Intervention
from autoscale.findings import find
from autoscale.kube.kinds import Object
from autoscale.observe.convert import hpa_row, pod_row, service_row, workload_row
from autoscale.observe.managers import writer
from autoscale.report.charts import chart_data
from autoscale.verdict.validity import validity
from tests.findings.test_findings_rules import replica_set, run
from tests.fixtures.handmade import T0, Record, Row


def entry(manager: str, at: str, fields: Object, subresource: str = "") -> Object:
    """One of an object's managedFields, as Kubernetes 1.35 writes it."""
    found = {"manager": manager, "operation": "Update", "apiVersion": "apps/v1", "time": at, "fieldsType": "FieldsV1"}
    return {**found, "fieldsV1": fields, **({"subresource": subresource} if subresource else {})}


REPLICAS = {"f:spec": {"f:replicas": {}}}
TEMPLATE = {"f:spec": {"f:template": {"f:metadata": {"f:annotations": {"f:kubectl.kubernetes.io/restartedAt": {}}}}}}


def deployment(*entries: Object) -> Object:
    """A Deployment that so many have written to."""
    meta = {"name": "web", "uid": "d", "managedFields": list(entries)}
    return {"kind": "Deployment", "metadata": meta, "spec": {"replicas": 4}, "status": {}}


def test_the_newest_owner_of_a_field_wrote_it() -> None:
    """Of several the latest; who owns something else, or writes the status, did not write it."""
    found = deployment(
        entry("kubectl", "2026-11-29T06:00:10Z", REPLICAS, "scale"),
        entry("helm", "2026-11-29T06:00:00Z", {"f:spec": {"f:replicas": {}, "f:selector": {}}}),
        entry("kubectl-rollout", "2026-11-29T06:00:20Z", TEMPLATE),
        entry("kube-controller-manager", "2026-11-29T06:00:30Z", {"f:status": {}, "f:spec": {}}, "status"),
    )
    row = workload_row(found)
    assert (row["replicas_by"], row["template_by"], writer(found)) == ("kubectl", "kubectl-rollout", "kubectl-rollout")


def test_nobody_is_named_where_nothing_says_who() -> None:
    """An object without managers, as old clusters and imports have it, has an unknown writer."""
    assert workload_row(deployment())["replicas_by"] is None
    assert hpa_row({"metadata": {"name": "web", "uid": "h"}, "spec": {}})["spec_by"] is None


def test_who_resized_a_pod_owns_what_its_containers_ask_for() -> None:
    """A patch of the subresource ``resize``."""
    fields = {"f:spec": {"f:containers": {'k:{"name":"web"}': {"f:resources": {"f:requests": {"f:cpu": {}}}}}}}
    entries = [entry("kubectl-patch", "2026-11-29T06:00:00Z", fields, "resize")]
    meta = {"name": "web-1", "uid": "p", "creationTimestamp": "2026-11-29T06:00:00Z", "managedFields": entries}
    assert pod_row({"metadata": meta, "spec": {}})["sized_by"] == "kubectl-patch"


def by_hand(who: str | None, at: float = 100) -> Analysis:
    """Two pods become five without a word of the HPA."""
    record = run().scale(-1, 2).hpa(-1, 2, 40).scale(at, 5)
    if who is not None:
        record.body[-1]["replicas_by"] = who
    return analyse(record.rows())


@pytest.mark.parametrize(("who", "told"), [("kubectl", "by kubectl"), (None, "")])
def test_a_size_written_by_hand_is_marked_and_named(who: str | None, told: str) -> None:
    """It is an intervention, a diamond in the charts, and F22 says who; without managers it is still one."""
    found = by_hand(who)
    (one,) = [one for one in found.interventions if one.kind == "size"]
    assert one.words == f"Deployment/web was set to 5 pods {told}".strip()
    (mark,) = chart_data(found, ())["marks"]
    assert (mark["start"], mark["end"], mark["words"]) == (100, 100, one.words)
    (finding,) = [finding for finding in find(found) if finding.id == "F22"]
    assert f"{who or 'something else'} wrote the workload's replicas" in finding.sentence


def test_pods_taken_to_none_by_hand_are_no_decision_of_the_hpa() -> None:
    """An HPA that is off, as its target has 0 pods, says 0 itself; one that scales to zero decides that."""
    off = {"ScalingActive": ("False", "ScalingDisabled", "scaling is disabled since the replica count is zero")}
    for conditions, kinds in ((off, ["size"]), (None, [])):
        record = run().scale(-1, 2).hpa(-1, 2, 40).scale(100, 0).hpa(101, 0, None, current=0, conditions=conditions)
        found = analyse(record.rows())
        assert [one.kind for one in found.interventions] == kinds


@pytest.mark.parametrize(
    ("leads_to", "told"), [("pods app=old, port 80 to http", 1), ("pods app=web, port 80 to http", 0)]
)
def test_a_service_that_is_led_elsewhere_is_told(leads_to: str, told: int) -> None:
    """Its selector or a port was changed under load: F31 says to what; a change of something else is none."""
    record = run().scale(-1, 2).hpa(-1, 2, 40)
    record.add("service", -1, uid="s", name="web", leads_to="pods app=web, port 80 to http")
    found = analyse(record.add("service", 100, uid="s", name="web", leads_to=leads_to).rows())
    assert [one.kind for one in found.interventions] == ["service edited"] * told
    assert [finding.id for finding in find(found)].count("F31") == told


def test_what_a_service_leads_to_is_recorded() -> None:
    """By its selector and its ports; one of no pods of its own says so."""
    service = {
        "metadata": {"uid": "s", "name": "web"},
        "spec": {"selector": {"a": "b"}, "ports": [{"port": 80, "targetPort": "http"}]},
    }
    assert service_row(service)["leads_to"] == "pods a=b, port 80 to http"
    assert service_row({**service, "spec": {}})["leads_to"] == "pods that it does not choose, port "


def test_the_verdict_says_what_it_does_to_comparisons() -> None:
    """A run in which somebody else acted stands only beside others in which the same was done; an untouched one does
    not say so."""
    subject = {check.name: check for check in validity(by_hand("kubectl")).checks}["subject"]
    assert "Deployment/web was set to 5 pods by kubectl" in subject.words
    assert "compare this run only with runs in which the same was done" in subject.words
    assert subject.effect == "none"
    untouched = {check.name: check for check in validity(analyse(run().scale(-1, 2).hpa(-1, 2, 40).rows())).checks}
    assert "compare" not in untouched["subject"].words


def test_an_hpa_without_metrics_wished_for_no_size() -> None:
    """The API's 0 of one that has had no metrics yet is unknown in the charts and for objectives, not 0 pods."""
    none = {"ScalingActive": ("False", "FailedGetResourceMetric", "no metrics returned")}
    record = run().hpa(-1, 0, None, current=2, conditions=none).hpa(50, 3, 60, current=2)
    wished = analyse(record.rows()).replicas.hpa_desired
    assert (wished.at(T0 + 10), wished.at(T0 + 60)) == (None, 3)


def test_an_edit_of_the_hpa_says_whose_it_was() -> None:
    """The manager of the spec's newest fields."""
    record = run().scale(-1, 2).hpa(-1, 2, 40).hpa(100, 2, 40, target=60)
    record.body[-1]["spec_by"] = "kubectl-edit"
    (one,) = analyse(record.rows()).interventions
    assert one.words == "the HPA web was edited by kubectl-edit: target cpu 50% to cpu 60%"


def emptied(fresh: str, *, size: int = 4) -> Record:
    """From 100 s on the pods' ReplicaSet has none and the target is to have ``size``; 5 s later one of this name is
    given some, the first of which is ready at 120 s."""
    record = replica_set(run().scale(-1, 4), -5, "web-old", 4, 4).scale(100, size, ready=0)
    replica_set(replica_set(record, 100, "web-old", 0, 4, there=4), 104, "web-old", 0, 0)
    replica_set(record.scale(105, 4, ready=0), 105, fresh, 4, 0)
    return replica_set(record, 120, fresh, 4, 1)


def test_a_rollout_that_takes_all_pods_away_first_is_seen() -> None:
    """Strategy Recreate: from the emptied ReplicaSet to the new one's first ready pod; the cure speaks of it."""
    record = emptied("web-new")
    (one,) = analyse(record.rows()).interventions
    assert (one.kind, one.at - T0, one.until - T0) == ("recreated", 100, 120)
    assert one.words == "Deployment/web was rolled out anew, all pods at once (Recreate): none was ready for 20 s"
    found = {finding.id: finding for finding in find(analyse(record.rows()))}
    assert "RollingUpdate" in found["F31"].advice


@pytest.mark.parametrize(("fresh", "size"), [("web-old", 4), ("web-old", 0), ("web-new", 0)])
def test_pods_that_come_back_are_no_rollout(fresh: str, size: int) -> None:
    """The same ReplicaSet again; or a size of 0, at which nobody missed the old pods."""
    assert "recreated" not in {one.kind for one in analyse(emptied(fresh, size=size).rows()).interventions}


def relabelled(row: Row) -> list[Intervention]:
    """A pod of two that is gone at 100 s, as its row says it."""
    record = run().scale(-1, 2).hpa(-1, 2, 40).pod("web-a", -20).pod("web-b", -20)
    record.pod("web-c", 100)
    gone = next(one for one in reversed(record.body) if one["k"] == "pod" and one["name"] == "web-b")
    record.body.append({**gone, "t": T0 + 100, **row})
    return [one for one in analyse(record.rows()).interventions if one.kind == "relabelled"]


def test_a_pod_whose_labels_were_changed_is_told() -> None:
    """F31 and a mark say that it was taken out of the selector; a pod that was deleted is none."""
    (one,) = relabelled({"removed": True, "left": True})
    assert one.words.startswith("pod web-b was taken out of the selector")
    assert relabelled({"removed": True, "deletion": T0 + 90}) == []


def test_a_pod_that_comes_back_into_the_selector_counts_again() -> None:
    """The words say after how long, and it is there from then on."""
    record = run().scale(-1, 2).hpa(-1, 2, 40).pod("web-a", -20)
    last = record.body[-1]
    record.body += [{**last, "t": T0 + 50, "removed": True, "left": True}, {**last, "t": T0 + 80}]
    found = analyse(record.scale(100, 2).rows())
    (one,) = [one for one in found.interventions if one.kind == "relabelled"]
    assert (one.at, one.until) == (T0 + 50, T0 + 80)
    assert one.words.endswith("back after 30 s")
    assert [pod.removed_at for pod in found.pods] == [None]


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ([False, True, False], "Deployment/web was paused by kubectl and resumed 40 s later"),
        ([False, True, True], "Deployment/web was paused by kubectl and not resumed"),
        ([True, True, False], "Deployment/web, which had been paused, was resumed"),
        ([True, True, True], None),
        ([False, False, False], None),
        ([None, None, None], None),
    ],
)
def test_a_deployment_that_is_paused_is_told(states: list[bool | None], words: str | None) -> None:
    """From when until when, by whom; one that is as it was is not, nor is one of which an old record does not tell."""
    record = run().hpa(-1, 2, 40)
    for at, state in zip((-1, 60, 100), states, strict=True):
        record.scale(at, 2)
        if state is not None:
            record.body[-1] |= {"paused": state, "paused_by": "kubectl"}
    found = analyse(record.scale(200, 2).rows())
    assert [one.words for one in found.interventions if one.kind == "paused"] == ([words] if words else [])
    assert [one.id for one in find(found)].count("F31") == bool(words)


def test_only_a_deployment_has_a_pause() -> None:
    """Its row says whether it is, in each state; a StatefulSet's says nothing."""
    one: Row = {"kind": "Deployment", "metadata": {"uid": "d", "name": "web"}, "spec": {"paused": True}}
    assert workload_row(one)["paused"] is True
    assert workload_row({**one, "spec": {}})["paused"] is False
    assert "paused" not in workload_row({**one, "kind": "StatefulSet"})
