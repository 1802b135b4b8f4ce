"""ResourceQuota: what a namespace uses of what it may, and whether one more object fits.

Usage is always counted from the objects, never read from a status, so two requests cannot both take the last of it.
Source of the rules and words: pkg/quota/v1/evaluator/core and apiserver/pkg/admission/plugin/resourcequota of 1.35.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from autoscale.kube.conditions import is_finished
from autoscale.kube.initial import qos_class
from autoscale.kube.kinds import RESOURCES, Object
from autoscale.kube.quantities import parse_quantity
from autoscale.plane.admission.amounts import Amounts, add, listed
from autoscale.plane.admission.limits import total
from autoscale.plane.view import Objects

_PLAIN = ("configmaps", "secrets", "services", "resourcequotas", "persistentvolumeclaims", "replicationcontrollers")
"""Kinds that a quota may count by their bare name, beside ``count/NAME``."""

_ASKED = ("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory")
"""What every container has to say where a quota limits it."""

SCOPES = ("Terminating", "NotTerminating", "BestEffort", "NotBestEffort")


def refusal(obj: Object, objects: Objects, beside: Sequence[Object] = ()) -> str | None:
    """Why no quota of the namespace takes the new object; None where all do. ``beside``: counted as if stored."""
    for quota in objects.list("ResourceQuota", obj["metadata"]["namespace"]):
        hard = quota["spec"].get("hard") or {}
        asked = {name: amount for name, amount in usage(obj, objects).items() if name in hard}
        if not _in_scope(quota, obj):
            continue
        name = quota["metadata"]["name"]
        if _is_pod(obj) and (unsaid := _unsaid(obj, hard)):
            return f"failed quota: {name}: must specify {unsaid}"
        if not asked:
            continue
        used = used_of(quota, objects, beside)
        over = [one for one in asked if _sum(used.get(one, "0"), asked[one]) > parse_quantity(hard[one])]
        if over:
            requested, held, limited = ({one: of[one] for one in over} for of in (asked, used, hard))
            return (
                f"exceeded quota: {name}, requested: {listed(requested)}, used: {listed(held)}, "
                f"limited: {listed(limited)}"
            )
    return None


def used_of(quota: Object, objects: Objects, beside: Sequence[Object] = ()) -> dict[str, str]:
    """What is used of each resource that the quota limits."""
    hard, namespace = quota["spec"].get("hard") or {}, quota["metadata"]["namespace"]
    kinds = {kind for kind, names in COUNTED.items() if any(name in hard for name in names)}
    kinds |= {shelf for shelf, row in objects.catalogue.stored.items() if f"count/{row.qualified}" in hard}
    found = [obj for kind in sorted(kinds) for obj in objects.list(kind, namespace)]
    counted = [usage(obj, objects) for obj in [*found, *beside] if _in_scope(quota, obj)]
    sums = add([dict.fromkeys(hard, "0"), *counted])
    return {name: sums[name] for name in hard}


def usage(obj: Object, objects: Objects) -> Amounts:
    """What an object counts as: itself, and a pod that has not finished what it asks for."""
    resource = objects.catalogue.of(obj)
    counts = {f"count/{resource.qualified}": "1"}
    if resource.plural in _PLAIN and not resource.group:
        counts[resource.plural] = "1"
    if resource.shelf == "Service":
        ports = obj["spec"].get("ports") or []
        counts["services.nodeports"] = str(len(ports) if obj["spec"].get("type") == "NodePort" else 0)
    if resource.shelf != "Pod" or is_finished(obj):
        return counts
    requests, limits = total(obj["spec"], "requests"), total(obj["spec"], "limits")
    plain: Amounts = {name: requests[name] for name in ("cpu", "memory", "ephemeral-storage") if name in requests}
    named = {f"requests.{name}": value for name, value in requests.items()}
    return {**counts, "pods": "1", **plain, **named, **{f"limits.{name}": value for name, value in limits.items()}}


_POD_NAMES = (
    *(f"{part}{name}" for part in ("", "requests.", "limits.") for name in ("cpu", "memory", "ephemeral-storage")),
    "pods",
)
COUNTED: Mapping[str, tuple[str, ...]] = {
    kind: (
        f"count/{resource.qualified}",
        *((resource.plural,) if resource.plural in _PLAIN and not resource.group else ()),
        *(("services.nodeports",) if kind == "Service" else ()),
        *(_POD_NAMES if kind == "Pod" else ()),
    )
    for kind, resource in RESOURCES.items()
    if resource.namespaced and "create" in resource.verbs
}
"""By kind of the table the names of what its objects use up; those of a custom kind use up ``count/NAME.GROUP``."""


def _sum(one: str, other: str) -> Fraction:
    return parse_quantity(one) + parse_quantity(other)


def _unsaid(pod: Object, hard: Amounts) -> str:
    """``cpu for: web; memory for: log,web``: which containers do not say what the quota limits."""
    containers = [*pod["spec"]["containers"], *(pod["spec"].get("initContainers") or [])]
    missing = {
        name: sorted(one["name"] for one in containers if not _says(one, name))
        for name in sorted(set(_ASKED) & set(hard))
    }
    return "; ".join(f"{name} for: {','.join(names)}" for name, names in missing.items() if names)


def _says(container: Object, name: str) -> bool:
    part, _, resource = name.rpartition(".")
    return resource in ((container.get("resources") or {}).get(part or "requests") or {})


def _in_scope(quota: Object, obj: Object) -> bool:
    """Quotas with scopes are about pods alone, those that fulfil every scope."""
    spec = quota["spec"]
    selector = (spec.get("scopeSelector") or {}).get("matchExpressions") or []
    scopes = [*(spec.get("scopes") or []), *(one["scopeName"] for one in selector if one["operator"] == "Exists")]
    if not scopes:
        return True
    return _is_pod(obj) and all(_has_scope(obj, scope) for scope in scopes)


def _is_pod(obj: Object) -> bool:
    """A custom kind may be called so too."""
    return (obj.get("apiVersion", "v1"), obj["kind"]) == ("v1", "Pod")


def _has_scope(pod: Object, scope: str) -> bool:
    if scope.startswith("Not"):
        return not _has_scope(pod, scope.removeprefix("Not"))
    if scope == "BestEffort":
        return qos_class(pod) == "BestEffort"
    return pod["spec"].get("activeDeadlineSeconds") is not None
