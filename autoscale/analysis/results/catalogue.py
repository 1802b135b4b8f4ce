"""Every measure: its title, unit, direction, formula and source. ``docs/measures.md`` is made from this."""

from typing import Literal

from msgspec import Struct

Unit = Literal[
    "s",
    "share",
    "count",
    "per second",
    "pods",
    "pod-minutes",
    "core-minutes",
    "GiB-minutes",
    "node-minutes",
    "per minute",
    "millicores",
    "cost",
]


class Entry(Struct, frozen=True):
    """What a measure is. ``better``: which way is better."""

    title: str
    unit: Unit
    better: Literal["lower", "higher", "none"]
    formula: str
    source: str = "this project"


_LATENCY = "of answered requests: from merged buckets, counted from the intended time; within 1 % of the exact value"
_BUNGEE = "Herbst et al., BUNGEE (SEAMS 2015); TOMPECS 2018"

CATALOGUE: dict[str, Entry] = {
    "p50": Entry("median response", "s", "lower", _LATENCY),
    "p90": Entry("90th percentile of response", "s", "lower", _LATENCY),
    "p95": Entry("95th percentile of response", "s", "lower", _LATENCY),
    "p99": Entry("99th percentile of response", "s", "lower", _LATENCY),
    "p99.9": Entry("99.9th percentile of response", "s", "lower", _LATENCY),
    "max": Entry("slowest answer", "s", "lower", "middle of the highest bucket"),
    "service_p50": Entry("median service time", "s", "lower", "as p50, counted from the sending"),
    "service_p95": Entry("95th percentile of service time", "s", "lower", "as p95, counted from the sending"),
    "service_p99": Entry("99th percentile of service time", "s", "lower", "as p99, counted from the sending"),
    "throughput": Entry("answers per second", "per second", "higher", "answered / length of the load"),
    "goodput": Entry(
        "good answers per second",
        "per second",
        "higher",
        "answers within the latency objective / length of the load",
    ),
    "errors": Entry("failed requests", "share", "lower", "failed / (answered + failed)"),
    "bad": Entry(
        "requests that were not good",
        "share",
        "lower",
        "(slower than the latency objective + failed + dropped) / planned",
        source="Chameleon (TPDS 2019): SLO violations",
    ),
    "dropped": Entry("requests never sent", "share", "lower", "dropped / planned"),
    "lost": Entry(
        "requests lost while shrinking",
        "count",
        "lower",
        "failed from the decision of each scale-down until its last pod had gone, beyond the share that fails anyway",
    ),
    "reaction": Entry("reaction", "s", "lower", "largest rise of the load to the first growth of spec.replicas"),
    "capacity": Entry("time to capacity", "s", "lower", "largest rise to ready pods >= demand"),
    "recovery": Entry("recovery", "s", "lower", "largest rise until the latency objective holds for 30 s on end"),
    "settling": Entry(
        "settling",
        "s",
        "lower",
        "largest rise to the last time ready pods are off demand by over 1 pod or 10 %",
    ),
    "overshoot": Entry("overshoot", "share", "lower", "(peak ready - demand) / demand after the largest rise"),
    "startup": Entry("pod start", "s", "lower", "95th percentile of created to Ready, over the run's new pods"),
    "back_to_min": Entry(
        "back to the minimum",
        "s",
        "lower",
        "end of the load to ready pods <= minReplicas for good",
    ),
    "reversals": Entry(
        "reversals",
        "count",
        "lower",
        "most changes of direction of spec.replicas in 10 minutes of load that changes by less than 10 %",
    ),
    "adaptations": Entry(
        "changes of size", "count", "lower", "changes of spec.replicas", source="Chameleon (TPDS 2019)"
    ),
    "pods_moved": Entry(
        "pods moved", "pods", "lower", "sum of |change of spec.replicas|", source="BUNGEE (SEAMS 2015)"
    ),
    "accuracy_under": Entry(
        "under-provisioning accuracy a_U", "pods", "lower", "(1/T) * integral of max(demand - ready, 0)", source=_BUNGEE
    ),
    "accuracy_over": Entry(
        "over-provisioning accuracy a_O", "pods", "lower", "(1/T) * integral of max(ready - demand, 0)", source=_BUNGEE
    ),
    "theta_under": Entry(
        "theta_U", "share", "lower", "(1/T) * integral of max(demand - ready, 0) / demand", source=_BUNGEE
    ),
    "theta_over": Entry(
        "theta_O", "share", "lower", "(1/T) * integral of max(ready - demand, 0) / demand", source=_BUNGEE
    ),
    "under_provisioned": Entry("tau_U", "share", "lower", "share of time with ready < demand", source=_BUNGEE),
    "over_provisioned": Entry("tau_O", "share", "lower", "share of time with ready > demand", source=_BUNGEE),
    "instability": Entry(
        "instability upsilon",
        "share",
        "lower",
        "share of 15 s steps, from the load's start, in which ready and demand move in different directions; the step "
        "in which the load ends is left out",
        source=_BUNGEE,
    ),
    "jitter": Entry(
        "jitter",
        "per minute",
        "none",
        "(pods moved by ready - pods moved by demand) / minutes; below 0 inertia, above 0 oscillation",
        source=_BUNGEE,
    ),
    "worst_deficit": Entry("largest deficit", "pods", "lower", "max(demand - ready)"),
    "longest_deficit": Entry("longest deficit", "s", "lower", "longest unbroken time with ready < demand"),
    "deviation": Entry(
        "deviation sigma",
        "share",
        "lower",
        "(theta_U^3 + theta_O^3 + tau_U^3 + tau_O^3 + upsilon^3)^(1/3), in shares",
        source="TOMPECS 2018",
    ),
    "peak_ready": Entry("most ready pods", "pods", "none", "max(ready) during the load"),
    "replica_minutes": Entry(
        "replica-minutes", "pod-minutes", "lower", "integral of ready / 60", source="Tamiru et al. 2020"
    ),
    "core_minutes": Entry(
        "CPU asked for",
        "core-minutes",
        "lower",
        "integral of what the running pods request of CPU / 60",
    ),
    "memory_minutes": Entry(
        "memory asked for",
        "GiB-minutes",
        "lower",
        "integral of what the running pods request of memory / 60",
    ),
    "node_minutes": Entry("nodes", "node-minutes", "lower", "integral of the nodes of the cluster / 60"),
    "demand_minutes": Entry("demanded", "pod-minutes", "none", "integral of demand / 60"),
    "waste_minutes": Entry("wasted", "pod-minutes", "lower", "integral of max(ready - demand, 0) / 60"),
    "shortfall_minutes": Entry("short", "pod-minutes", "lower", "integral of max(demand - ready, 0) / 60"),
    "cpu_per_request": Entry(
        "CPU per request", "s", "lower", "slope of all pods' CPU over the answered rate", source="service demand law"
    ),
    "idle_cpu": Entry("CPU of an idle pod", "millicores", "lower", "CPU per pod at rate 0 in the same fit"),
    "cost": Entry(
        "cost of a million good requests",
        "cost",
        "lower",
        "price of a pod hour * replica-minutes / 60 / good requests * 1e6",
    ),
    "node_cost": Entry(
        "the same by nodes",
        "cost",
        "lower",
        "price of a node hour * node-minutes / 60 / good requests * 1e6",
    ),
}

# Whom a measure concerns; each stands in one group, and a reader finds the groups in this order.
GROUPS: dict[str, tuple[str, ...]] = {
    "users": (
        "p50",
        "p90",
        "p95",
        "p99",
        "p99.9",
        "max",
        "service_p50",
        "service_p95",
        "service_p99",
        "throughput",
        "goodput",
        "errors",
        "bad",
        "dropped",
        "lost",
        "recovery",
    ),
    "scaling": (
        "reaction",
        "capacity",
        "settling",
        "overshoot",
        "startup",
        "back_to_min",
        "reversals",
        "adaptations",
        "pods_moved",
        "worst_deficit",
        "longest_deficit",
        "peak_ready",
    ),
    "cost": (
        "replica_minutes",
        "core_minutes",
        "memory_minutes",
        "node_minutes",
        "demand_minutes",
        "waste_minutes",
        "shortfall_minutes",
        "cpu_per_request",
        "idle_cpu",
        "cost",
        "node_cost",
    ),
    "research": (
        "accuracy_under",
        "accuracy_over",
        "theta_under",
        "theta_over",
        "under_provisioned",
        "over_provisioned",
        "instability",
        "jitter",
        "deviation",
    ),
}
