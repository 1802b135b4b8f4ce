"""The rules in the order of the report: doubts about the test first, then what keeps the HPA from working at all."""

from collections.abc import Callable
from typing import NamedTuple

from autoscale.findings import capacity, signals, stability, starting, traffic
from autoscale.findings.results import Severity
from autoscale.findings.run import Hit, Run


class Rule(NamedTuple):
    """One rule: its id and name, title, severity, and the function that looks for it."""

    id: str
    name: str
    title: str
    severity: Severity
    check: Callable[[Run], Hit | None]


RULES: tuple[Rule, ...] = (
    Rule("F25", "invalid-test", "The load generator was the limit", "error", traffic.invalid_test),
    Rule("F7", "target-unreachable", "The HPA can never grow", "error", capacity.target_unreachable),
    Rule("F8", "request-wrong", "CPU request missing or wrong", "error", signals.request_wrong),
    Rule("F27", "blind-hpa", "The HPA was blind under overload", "error", signals.blind_hpa),
    Rule("F14", "unschedulable", "Pods found no node", "error", capacity.unschedulable),
    Rule("F1", "max-saturation", "At its maximum and still too small", "error", capacity.max_saturation),
    Rule("F18", "cpu-not-bottleneck", "CPU is not the bottleneck", "error", signals.cpu_not_bottleneck),
    Rule("F13", "readiness-collapse", "Pods lost their readiness under load", "error", starting.readiness_collapse),
    Rule("F21", "metrics-gap", "The HPA had no metric", "error", signals.metrics_gap),
    Rule("F9", "idle-runaway", "Idle pods keep the HPA growing", "error", capacity.idle_runaway),
    Rule("F5", "ramp-limited", "Growth was held back by its policy", "warning", capacity.ramp_limited),
    Rule("F6", "limit-caps-signal", "The CPU limit caps the signal", "warning", capacity.limit_caps_signal),
    Rule("F4", "slow-start", "Pods start slowly", "warning", starting.slow_start),
    Rule("F3", "slow-metrics", "Metrics are slow", "warning", signals.slow_metrics),
    Rule("F10", "flapping", "Flapping", "warning", stability.flapping),
    Rule("F17", "scale-in-errors", "Requests fail while shrinking", "warning", traffic.scale_in_errors),
    Rule("F20", "load-imbalance", "Uneven load", "warning", traffic.load_imbalance),
    Rule("F11", "startup-spike", "Start-up CPU makes it grow too far", "warning", starting.startup_spike),
    Rule("F24", "overshoot", "More pods than needed", "warning", stability.overshoot),
    Rule("F16", "premature-scale-in", "Shrunk too early", "warning", stability.premature_scale_in),
    Rule("F12", "warm-up", "Young pods answer slowly", "warning", starting.warm_up),
    Rule("F19", "dead-band", "Slow within the tolerance", "warning", signals.dead_band),
    Rule("F26", "throttling", "A pod was throttled unseen", "warning", signals.throttling),
    Rule("F22", "other-writer", "Something else changes the size", "warning", stability.other_writer),
    Rule("F23", "policy-crawl", "A policy lets it grow pod by pod", "note", stability.policy_crawl),
    Rule("F15", "stabilisation-waste", "Kept longer than needed", "note", stability.stabilization_waste),
    Rule("F2", "floor-too-high", "The minimum is too high", "note", capacity.floor_too_high),
)
