"""Rules about what an HPA scales and how far."""

from collections.abc import Iterator

from autoscale.hpa.check.faults import Fault, Subject

_SCALABLE = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController")


def cannot_be_scaled(subject: Subject) -> Iterator[Fault]:
    """A DaemonSet has no scale."""
    if subject.spec.target.kind in ("DaemonSet", "Job", "CronJob", "Pod"):
        what = f"a {subject.spec.target.kind} has no scale subresource, so the HPA reports FailedGetScale for ever"
        yield Fault("no-scale", "error", subject.where, what, "Point scaleTargetRef at a Deployment or StatefulSet.")


def target_missing(subject: Subject) -> Iterator[Fault]:
    """The files hold workloads of the target's kind, but not the one that is named."""
    target = subject.spec.target
    names = [each.name for each in subject.others if each.kind == target.kind and target.kind in _SCALABLE]
    if names and subject.workload is None:
        what = f"scaleTargetRef names {target.kind}/{target.name} in namespace {subject.hpa.namespace}"
        what += f", but these files hold {', '.join(sorted(names))}"
        yield Fault("target-missing", "warning", subject.where, what, "Correct the name or the namespace.")


def two_for_one(subject: Subject) -> Iterator[Fault]:
    """Two HPAs on one target switch each other off."""
    for each in subject.others:
        reference = each.at("spec", "scaleTargetRef")
        same = (reference.get("kind"), reference.get("name")) == (subject.spec.target.kind, subject.spec.target.name)
        is_hpa = each.kind == "HorizontalPodAutoscaler" and each.namespace == subject.hpa.namespace
        if is_hpa and same and each is not subject.hpa and each.name != subject.hpa.name:
            what = f"HorizontalPodAutoscaler/{each.name} scales the same target, so both stop with AmbiguousSelector"
            yield Fault("two-for-one", "error", subject.where, what, "Put all metrics into one HPA.")


def nothing_to_scale(subject: Subject) -> Iterator[Fault]:
    """The minimum is the maximum."""
    maximum = subject.spec.max_replicas
    if subject.spec.min_replicas == maximum:
        what = f"minReplicas and maxReplicas are both {maximum}, so there is nothing to scale"
        patch = {"spec": {"maxReplicas": 2 * maximum}}
        yield Fault("min-is-max", "warning", subject.where, what, "Raise maxReplicas, or lower minReplicas.", patch)


def replicas_in_manifest(subject: Subject) -> Iterator[Fault]:
    """Every apply of a manifest with ``replicas`` undoes the HPA's decision (finding F22)."""
    workload = subject.workload
    replicas = None if workload is None else workload.at("spec").get("replicas")
    if workload is not None and replicas is not None:
        where = f"{workload.file}: {workload.kind}/{workload.name}"
        what = f"spec.replicas is {replicas}: every apply of this manifest sets the size back, against the HPA"
        yield Fault("replicas-set", "warning", where, what, "Remove spec.replicas.", {"spec": {"replicas": None}})


TARGET_RULES = (cannot_be_scaled, target_missing, two_for_one, nothing_to_scale, replicas_in_manifest)
