"""What somebody else did to the thing under test while it was tested: HPA, workload and pods edited or taken away."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from autoscale.analysis.held import paused, relabelled
from autoscale.analysis.intake.collect import Row
from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.intake.pods import Requests
from autoscale.analysis.results.scaling import ScaleEvent
from autoscale.analysis.results.series import Intervention, InterventionKind
from autoscale.analysis.rollouts import NEAR_S, by, rollouts
from autoscale.record.rows.hpa import Hpa

_SETTINGS = {
    "min": "minReplicaCount",
    "max": "maxReplicaCount",
    "idle": "idleReplicaCount",
    "polling_s": "pollingInterval",
    "cooldown_s": "cooldownPeriod",
    "triggers": "triggers",
    "fallback": "fallback",
}
_EVICTORS = {
    "EvictedByVPA": " by the VPA",
    "EvictedPod": " by the VPA",
    "ScaleDown": " as cluster-autoscaler took their node away",
    "Disrupted": " as Karpenter took their node away",
    "DisruptionTerminating": " as Karpenter took their node away",
}
_TOGETHER_S = 30.0  # resizes so close to each other are one


def interventions(kept: Collected, sizes: Sequence[ScaleEvent] = ()) -> tuple[Intervention, ...]:
    """Everything that was changed from outside, by the time at which it began; ``sizes``: every change of size."""
    edits = [*_hpa(kept), *_keda(kept), *_workload(kept), *_service(kept), *_sizes(kept, sizes)]
    found = [*edits, *rollouts(kept), *paused(kept), *_resizes(kept), *_evictions(kept), *relabelled(kept)]
    return tuple(sorted(found, key=lambda one: one.at))


def _hpa(kept: Collected) -> Iterator[Intervention]:
    """The HPA edited, deleted, or made anew (which may have lain between two of its rows)."""
    known = sorted([*kept.hpas, *kept.hpas_gone], key=lambda row: row["t"])
    for before, row in pairwise(known):
        if row.get("removed"):
            back = next(
                (later["t"] for later in known if later["t"] > row["t"] and not later.get("removed")), kept.last_t
            )
            yield Intervention(
                "hpa deleted", row["t"], back, f"the HPA {row['name']} was deleted{_why_gone(kept, row)}"
            )
        elif before["uid"] != row["uid"] and not before.get("removed"):
            yield Intervention(
                "hpa deleted", before["t"], row["t"], f"the HPA {row['name']} was deleted and made again"
            )
        elif before["spec"] != row["spec"]:
            words = "; ".join(_differences(before["spec"], row["spec"]))
            edited = f"the HPA {row['name']} was edited{by(row.get('spec_by'))}: {words}"
            yield Intervention("hpa edited", row["t"], row["t"], edited)


def _sizes(kept: Collected, sizes: Sequence[ScaleEvent]) -> Iterator[Intervention]:
    """The size written by neither HPA nor KEDA."""
    for one in sizes:
        if one.by == "other":
            name = f"{kept.target['kind']}/{kept.target['name']}"
            yield Intervention("size", one.at, one.at, f"{name} was set to {one.after} pods{by(one.who)}")


def _why_gone(kept: Collected, row: Hpa) -> str:
    """KEDA takes the HPA away while it is paused."""
    states = [one for one in kept.scaled if one["t"] <= row["t"] + NEAR_S]
    return ", as its ScaledObject was paused" if states and states[-1]["paused"] == "whole" else ""


def _keda(kept: Collected) -> Iterator[Intervention]:
    """The ScaledObject edited, paused or resumed; its first row is how it was."""
    for before, row in pairwise(one for one in kept.scaled if not one.get("removed")):
        name = f"the ScaledObject {row['name']}"
        if before["paused"] != row["paused"]:
            since, until = row["t"], row["t"]
            words = f"{name} was resumed" if row["paused"] == "no" else f"{name} was paused ({row['paused']})"
            yield Intervention("keda paused", since, until, words)
        changed = [
            f"{label} {_shown(before[key])} to {_shown(row[key])}"  # type: ignore[literal-required]
            for key, label in _SETTINGS.items()
            if before[key] != row[key]  # type: ignore[literal-required]
        ]
        if changed:
            yield Intervention("hpa edited", row["t"], row["t"], f"{name} was edited: {'; '.join(changed)}")


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if name == "metrics":
            yield f"target {_aims(old)} to {_aims(new)}"
        else:
            yield f"{name} {_shown(old)} to {_shown(new)}"


def _aims(metrics: Sequence[Mapping[str, Any]] | None) -> str:
    """What each metric aims at: ``cpu 60%``."""
    found = []
    for metric in metrics or ():
        kind = str(metric.get("type", ""))
        source = metric.get(kind[:1].lower() + kind[1:]) or {}
        name = source.get("name") or (source.get("metric") or {}).get("name") or kind
        target = source.get("target") or {}
        percent = target.get("averageUtilization")
        found.append(
            f"{name} {target.get('averageValue') or target.get('value') if percent is None else f'{percent}%'}"
        )
    return " and ".join(found) or "nothing"


def _shown(value: Any) -> str:
    if value is None:
        return "unset"
    return str(value) if isinstance(value, str | int | float) else json.dumps(value, separators=(",", ":"))


def _workload(kept: Collected) -> Iterator[Intervention]:
    """The target itself deleted, or made anew."""
    return _gone("target deleted", f"{kept.target['kind']}/{kept.target['name']}", kept.workloads, kept.last_t)


def _service(kept: Collected) -> Iterator[Intervention]:
    """The Service by which the load comes deleted, made anew, or led elsewhere."""
    name = f"the Service {kept.target['service']}"
    yield from _gone("service deleted", name, kept.services, kept.last_t)
    for before, row in pairwise(one for one in kept.services if "leads_to" in one):
        if before["uid"] == row["uid"] and before["leads_to"] != row["leads_to"]:
            words = f"{name} was edited: it leads to {row['leads_to']}, and did to {before['leads_to']}"
            yield Intervention("service edited", row["t"], row["t"], words)


def _gone(kind: InterventionKind, name: str, told: Sequence[Row], last_t: float) -> Iterator[Intervention]:
    """An object deleted, until it was there again; or made anew, which may have lain between two of its rows."""
    for before, row in pairwise(told):
        if row.get("removed"):
            back = next((later["t"] for later in told if later["t"] > row["t"]), last_t)
            yield Intervention(kind, row["t"], back, f"{name} was deleted")
        elif before["uid"] != row["uid"] and not before.get("removed"):
            yield Intervention(kind, before["t"], row["t"], f"{name} was deleted and made again")


def _resizes(kept: Collected) -> Iterator[Intervention]:
    """Pods whose requests changed while they ran, those within half a minute together."""
    changes = sorted(
        (at, pod.name, before, after)
        for pod in kept.pods.values()
        for (_, before), (at, after) in pairwise(pod.asked)
        if _differs(before, after) and at < (pod.deletion[1] if pod.deletion else float("inf"))
    )
    group: list[tuple[float, str, Requests, Requests]] = []
    for change in changes:
        if group and change[0] - group[-1][0] > _TOGETHER_S:
            yield _resize(kept, group)
            group = []
        group.append(change)
    if group:
        yield _resize(kept, group)


def _evictions(kept: Collected) -> Iterator[Intervention]:
    """Pods that were told to go by somebody (the API's eviction: a drain, VPA, a consolidation), those within half a
    minute together."""
    gone = sorted(
        (pod.conditions["DisruptionTarget"][1], pod.name)
        for pod in kept.pods.values()
        if "DisruptionTarget" in pod.conditions
    )
    group: list[tuple[float, str]] = []
    for one in [*gone, (float("inf"), "")]:
        if group and one[0] - group[-1][0] > _TOGETHER_S:
            yield _eviction(kept, group)
            group = []
        group.append(one)


def _eviction(kept: Collected, group: Sequence[tuple[float, str]]) -> Intervention:
    start, end, names = group[0][0], group[-1][0], [name for _, name in group]
    by = next(
        (
            words
            for event in kept.events
            for reason, words in _EVICTORS.items()
            if event.reason == reason and start - _TOGETHER_S <= event.at <= end + _TOGETHER_S
        ),
        "",
    )
    count = f"{len(names)} pods were" if len(names) > 1 else f"pod {names[0]} was"
    return Intervention("eviction", start, end, f"{count} evicted{by}")


def _total(requests: Requests) -> dict[str, int]:
    """The pod's requests of each resource that a container asks for."""
    names = {name for one in requests.values() for name in one}
    return {name: sum(one.get(name, 0) for one in requests.values()) for name in names}


def _differs(before: Requests, after: Requests) -> bool:
    """Whether a resource of which both are known changed: old records know of CPU alone."""
    old, new = _total(before), _total(after)
    return any(old[name] != new[name] for name in old.keys() & new.keys())


def _resize(kept: Collected, group: Sequence[tuple[float, str, Requests, Requests]]) -> Intervention:
    start, end = group[0][0], group[-1][0]
    names = list(dict.fromkeys(name for _, name, _, _ in group))
    before, after = _total(group[0][2]), _total(group[-1][3])
    form = {"cpu": lambda value: f"{value}m", "memory": _mebi}
    parts = [
        f"{name} request {form[name](before[name])} to {form[name](after[name])}"
        for name in ("cpu", "memory")
        if name in before and name in after and before[name] != after[name]
    ]
    held = {
        event.object: event
        for event in kept.events
        if event.reason in ("ResizeDeferred", "ResizeInfeasible") and start - 1 <= event.at <= end + _TOGETHER_S
    }
    by_vpa = any(
        event.reason == "InPlaceResizedByVPA" and start - _TOGETHER_S <= event.at <= end + _TOGETHER_S
        for event in kept.events
    )
    writers = {pod.sized_by for pod in kept.pods.values() if pod.name in names}
    who = " by the VPA" if by_vpa else by(writers.pop()) if len(writers) == 1 else ""
    waited = f"; {len(held)} of them had to wait ({next(iter(held.values())).reason})" if held else ""
    count = f"{len(names)} pods were" if len(names) > 1 else f"pod {names[0]} was"
    return Intervention("resize", start, end, f"{count} resized{who}: {', '.join(parts)}{waited}")


def _mebi(thousandths: int) -> str:
    return f"{thousandths / 1000 / 2**20:.0f}Mi"
