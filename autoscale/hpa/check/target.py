"""Rules about what an HPA scales and how far."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from autoscale.hpa.check.faults import USUAL, Fault, Manifest, Subject
from autoscale.hpa.check.template import labels_of, template_of
from autoscale.hpa.rule.pods import MetricError
from autoscale.kube.kinds import Object
from autoscale.kube.quantities import parse_quantity
from autoscale.kube.selectors import selector_matches

_SCALABLE = USUAL
_KINDS = {
    "": ("ReplicationController", "Pod"),
    "apps": ("Deployment", "StatefulSet", "ReplicaSet", "DaemonSet"),
    "batch": ("Job", "CronJob"),
    "extensions": (),
}
"""What an API server has in the groups that are its own, as far as anybody would scale it."""


def cannot_be_resolved(subject: Subject) -> Iterator[Fault]:
    """No API server since 1.22 knows the kind in that group, or the kind is written in another case."""
    target = subject.spec.target
    group = target.api_version.rpartition("/")[0]
    known = _KINDS.get(group)
    if known is not None and target.kind not in known:
        home = next((name for name, kinds in _KINDS.items() if target.kind.lower() in map(str.lower, kinds)), None)
        kind = next((each for each in _KINDS.get(home or "", ()) if each.lower() == target.kind.lower()), target.kind)
        what = f'there are no matches for kind "{target.kind}" in group "{group}"'
        what += ", so the HPA reports FailedGetScale for ever"
        reference = {"apiVersion": f"{home}/v1" if home else "v1", "kind": kind, "name": target.name}
        patch = None if home is None else {"spec": {"scaleTargetRef": reference}}
        yield subject.fault(
            rule="target-unresolved", level="error", what=what, fix="Correct apiVersion and kind.", patch=patch
        )


def cannot_be_scaled(subject: Subject) -> Iterator[Fault]:
    """A DaemonSet has no scale."""
    if subject.spec.target.kind in ("DaemonSet", "Job", "CronJob", "Pod"):
        what = f"a {subject.spec.target.kind} has no scale subresource, so the HPA reports FailedGetScale for ever"
        yield subject.fault(
            rule="no-scale", level="error", what=what, fix="Point scaleTargetRef at a Deployment or StatefulSet."
        )


def target_missing(subject: Subject) -> Iterator[Fault]:
    """The files hold workloads of the target's kind, but not the one that is named."""
    target = subject.spec.target
    others = [each for each in subject.others if each.kind == target.kind and target.kind in _SCALABLE]
    elsewhere = sorted({each.namespace for each in others if each.name == target.name})
    names = sorted({each.name for each in others if each in subject.neighbours})
    if (names or elsewhere) and subject.workload is None:
        what = f"scaleTargetRef names {target.kind}/{target.name} in namespace {subject.hpa.namespace}"
        what += f", but these files hold {f'it in {chr(44).join(elsewhere)}' if elsewhere else ', '.join(names)}"
        yield subject.fault(rule="target-missing", level="warning", what=what, fix="Correct the name or the namespace.")


def target_of_another_kind(subject: Subject) -> Iterator[Fault]:
    """The files hold what is named as another kind, and nothing of the kind that is named."""
    target = subject.spec.target
    if target.kind not in _SCALABLE or any(each.kind == target.kind for each in subject.others):
        return
    for each in subject.neighbours:
        if each.kind in _SCALABLE and each.name == target.name:
            what = f"scaleTargetRef names {target.kind}/{target.name}, but these files hold {each.kind}/{each.name}"
            reference = {"apiVersion": each.object.get("apiVersion"), "kind": each.kind, "name": each.name}
            patch = {"spec": {"scaleTargetRef": reference}}
            yield subject.fault(
                rule="target-missing", level="warning", what=what, fix="Correct apiVersion and kind.", patch=patch
            )


def two_for_one(subject: Subject) -> Iterator[Fault]:
    """Two HPAs on one target switch each other off."""
    for each in subject.others:
        reference = each.at("spec", "scaleTargetRef")
        same = (reference.get("kind"), reference.get("name")) == (subject.spec.target.kind, subject.spec.target.name)
        is_hpa = each.kind == "HorizontalPodAutoscaler" and each.namespace == subject.hpa.namespace
        if is_hpa and same and not subject.hpa.made_of and each.name != subject.hpa.name:
            what = f"HorizontalPodAutoscaler/{each.name} scales the same target, so both stop with AmbiguousSelector"
            yield subject.fault(rule="two-for-one", level="error", what=what, fix="Put all metrics into one HPA.")
        is_own = subject.hpa.made_of == f"ScaledObject/{each.name}"
        if each.kind == "ScaledObject" and not is_own and each in subject.neighbours and _keda_scales(each, subject):
            what = f"ScaledObject/{each.name} makes an HPA of its own (KEDA's keda-hpa-{each.name}) on the same target"
            fix = "Keep one of them: put the metric into the ScaledObject's triggers, or let it take this HPA over"
            fix += " (annotation scaledobject.keda.sh/transfer-hpa-ownership)."
            yield subject.fault(
                rule="two-for-one", level="error", what=f"{what}, so both stop with AmbiguousSelector", fix=fix
            )


def _keda_scales(scaled: Manifest, subject: Subject) -> bool:
    """Whether a ScaledObject scales the same target by another HPA than this one."""
    reference = scaled.at("spec", "scaleTargetRef")
    same = (reference.get("kind") or "Deployment", reference.get("name"))
    if same != (subject.spec.target.kind, subject.spec.target.name):
        return False
    taken = str(scaled.at("metadata", "annotations").get("scaledobject.keda.sh/transfer-hpa-ownership")).lower()
    named = scaled.at("spec", "advanced", "horizontalPodAutoscalerConfig").get("name")
    return not (taken == "true" and named == subject.hpa.name)


def resized_too(subject: Subject) -> Iterator[Fault]:
    """A VerticalPodAutoscaler that changes the request which the HPA's percentage is of."""
    target = subject.spec.target
    shares = {m.name for m in subject.spec.metrics if m.target.average_utilization is not None}
    for each in subject.neighbours:
        reference = each.at("spec", "targetRef")
        same = (reference.get("kind"), reference.get("name")) == (target.kind, target.name)
        if each.kind != "VerticalPodAutoscaler" or not same:
            continue
        shares &= _controlled(each)
        if str(each.at("spec", "updatePolicy").get("updateMode") or "Auto") == "Off" or not shares:
            continue
        what = f"VerticalPodAutoscaler/{each.name} changes the request of the same pods, of which the HPA's"
        what += f" target is a percentage ({', '.join(sorted(shares))}): each undoes what the other does"
        fix = "Let the VPA control other resources (controlledResources), or give the HPA an averageValue."
        yield subject.fault(rule="vpa-too", level="warning", what=what, fix=fix)


def _controlled(vpa: Manifest) -> set[str]:
    """The resources that a VPA changes in any container: CPU and memory where it does not say."""
    policies = vpa.at("spec", "resourcePolicy").get("containerPolicies") or [{}]
    found = [each.get("controlledResources") or ["cpu", "memory"] for each in policies if each.get("mode") != "Off"]
    return {name for names in found for name in names}


def pods_of_others(subject: Subject) -> Iterator[Fault]:
    """Whatever pods the target's selector matches are averaged, whoever made them (kubernetes/kubernetes#124307)."""
    selector = {} if subject.workload is None else subject.workload.at("spec", "selector")
    if subject.workload is None or not selector:
        return
    for each in subject.neighbours:
        template = template_of(each.object)
        same = each.is_same(subject.workload) or each is subject.referred
        if same or template is None or not selector_matches(selector, labels_of(template)):
            continue
        what = f"the selector of {subject.workload.kind}/{subject.workload.name} matches the pods of"
        what += f" {each.kind}/{each.name} too, so the HPA averages over them"
        failing = _first_failure(replace(subject, workload=each))
        what += f", and fails as they have none of what it asks for: {failing}" if failing else ""
        fix = (
            "Give the target's pods a label of their own and select by it (a selector cannot be changed: make it anew)."
        )
        yield subject.fault(rule="pods-of-others", level="error" if failing else "warning", what=what, fix=fix)


def _first_failure(subject: Subject) -> str:
    """What the rule would say of such a pod; empty where it can be measured."""
    for metric in subject.spec.metrics:
        if metric.type in ("Resource", "ContainerResource") and metric.target.average_value is None:
            try:
                subject.request(metric)
            except MetricError as error:
                return str(error)
    return ""


def quota_too_small(subject: Subject) -> Iterator[Fault]:
    """A ResourceQuota that ends before maxReplicas: pods are asked for and never made."""
    for each in subject.neighbours:
        spec = each.at("spec")
        if each.kind != "ResourceQuota" or spec.get("scopes") or spec.get("scopeSelector") or subject.pod is None:
            continue
        for name, hard in each.at("spec", "hard").items():
            need = _need(subject.pod, str(name))
            room = None if not need else int(parse_quantity(hard) // need)
            if room is not None and room < subject.spec.max_replicas:
                what = f"{name} of ResourceQuota/{each.name} is {hard}, room for at most {room} of these pods, and"
                what += f" maxReplicas is {subject.spec.max_replicas}: the rest is refused (FailedCreate)"
                patch = {"spec": {"maxReplicas": max(1, room)}}
                fix = "Raise the quota, or lower maxReplicas."
                yield subject.fault(rule="quota-below-max", level="warning", what=what, fix=fix, patch=patch)


def quota_unmet(subject: Subject) -> Iterator[Fault]:
    """A quota of a request or limit wants it of every container (pkg/quota/v1/evaluator/core/pods.go, Constraints)."""
    if subject.pod is None or (subject.pod["spec"].get("resources") or {}):
        return
    containers = [*subject.pod["spec"]["containers"], *(subject.pod["spec"].get("initContainers") or ())]
    for each in subject.neighbours:
        spec = each.at("spec")
        if each.kind != "ResourceQuota" or spec.get("scopes") or spec.get("scopeSelector"):
            continue
        for name in map(str, each.at("spec", "hard")):
            which, resource = _counted(name)
            lacking = [
                str(one.get("name"))
                for one in containers
                if which and resource not in ((one.get("resources") or {}).get(which) or {})
            ]
            if lacking:
                what = f"ResourceQuota/{each.name} counts {name}, which is not set in {', '.join(lacking)}, so no pod"
                what += f" is made (FailedCreate: must specify {name})"
                fix = "Set it in every container, or give the namespace a LimitRange with defaults."
                yield subject.fault(rule="quota-unmet", level="error", what=what, fix=fix)


def _counted(name: str) -> tuple[str, str]:
    """(requests or limits, resource) of a quota's item; empty where it is about something else."""
    which, _, resource = name.rpartition(".")
    if resource not in ("cpu", "memory") or which not in ("", "requests", "limits"):
        return "", ""
    return which or "requests", resource


def _need(pod: Object, name: str) -> Fraction:
    """How much of a quota's item one pod takes; 0 where it is about something else."""
    if name in ("pods", "count/pods"):
        return Fraction(1)
    which, resource = _counted(name)
    if not which:
        return Fraction(0)
    held = [each.get("resources") or {} for each in pod["spec"]["containers"]]
    return sum((parse_quantity((one.get(which) or {}).get(resource, 0)) for one in held), Fraction(0))


def nothing_to_scale(subject: Subject) -> Iterator[Fault]:
    """The minimum is the maximum."""
    maximum = subject.spec.max_replicas
    if subject.spec.min_replicas == maximum:
        what = f"minReplicas and maxReplicas are both {maximum}, so there is nothing to scale"
        patch = {"spec": {"maxReplicas": 2 * maximum}}
        yield subject.fault(
            rule="min-is-max", level="warning", what=what, fix="Raise maxReplicas, or lower minReplicas.", patch=patch
        )


def replicas_in_manifest(subject: Subject) -> Iterator[Fault]:
    """Every apply of a manifest with ``replicas`` undoes the HPA's decision (finding F22)."""
    workload = subject.workload
    replicas = None if workload is None else workload.at("spec").get("replicas")
    if workload is not None and replicas is not None:
        where = f"{workload.file}: {workload.kind}/{workload.name}"
        what = f"spec.replicas is {replicas}: every apply of this manifest sets the size back, against the HPA"
        yield Fault(
            rule="replicas-set",
            level="warning",
            where=where,
            what=what,
            fix="Remove spec.replicas.",
            patch={"spec": {"replicas": None}},
        )


def zero_minimum(subject: Subject) -> Iterator[Fault]:
    """Scale to zero is off by default before 1.37."""
    if subject.spec.min_replicas == 0:
        what = "minReplicas 0 is refused before Kubernetes 1.37 unless the feature gate HPAScaleToZero is on"
        yield subject.fault(
            rule="zero-minimum", level="warning", what=what, fix="Say which release it is for: --release 1.36."
        )


TARGET_RULES = (
    cannot_be_resolved,
    cannot_be_scaled,
    target_missing,
    target_of_another_kind,
    two_for_one,
    resized_too,
    pods_of_others,
    quota_too_small,
    quota_unmet,
    nothing_to_scale,
    replicas_in_manifest,
)
