"""What the rules ask of a run: an analysis with the few derived series they share."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from autoscale.analysis.latency import span_sum
from autoscale.analysis.results.analysis import Analysis
from autoscale.analysis.results.scaling import HpaSpec, PodLife
from autoscale.analysis.results.series import ConditionSpan, Intervention
from autoscale.analysis.steps import StepSeries, combine
from autoscale.findings.results import Evidence
from autoscale.hpa.config import DEFAULTS
from autoscale.verdict.results import Validity

_SMOOTH_S = 10

Patch = tuple[str, Mapping[str, Any]]  # kind/name, and the values to merge into it


@dataclass(frozen=True)
class Hit:
    """What a rule found: a sentence with its figures, evidence, advice, and a patch as (kind/name, values)."""

    sentence: str
    evidence: tuple[Evidence, ...]
    advice: str
    patch: Patch | None = None
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True)
class Run:
    """One analysed run."""

    analysis: Analysis
    validity: Validity

    @cached_property
    def start(self) -> float:
        """The load's beginning, else the record's."""
        found = self.analysis.load_start
        return self.analysis.start if found is None else found

    @cached_property
    def end(self) -> float:
        """The load's end, else the record's."""
        found = self.analysis.load_end
        return self.analysis.end if found is None else found

    @cached_property
    def whole(self) -> bool:
        """Whether the run can bear advice on its settings: recorded to its end, with requests that were sent."""
        return not self.analysis.partial and self.analysis.seconds.busy

    @cached_property
    def grew(self) -> bool:
        """Whether the load asked for more than the minimum at some time; a lighter one tried no setting of the HPA."""
        least = self.hpa.min_replicas if self.hpa else 0
        return (self.desired.highest(self.start, self.end) or 0) > least

    @cached_property
    def period_s(self) -> float:
        """The HPA's period; upstream's default where the cluster hides it."""
        return float(self.analysis.header["hpa_config"].get("sync_period_s") or DEFAULTS.sync_period_s)

    @cached_property
    def interventions(self) -> tuple[Intervention, ...]:
        """What somebody else did, between the load's beginning and the record's end."""
        return tuple(one for one in self.analysis.interventions if one.until >= self.start)

    @property
    def hpa(self) -> HpaSpec | None:
        """The HPA's spec."""
        return self.analysis.hpa

    @property
    def scale_down_window_s(self) -> float:
        """The stabilisation window of scale-down; upstream's default without an HPA, or where it is hidden."""
        return self.hpa.scale_down_window_s if self.hpa else DEFAULTS.downscale_stabilization_s

    @property
    def target(self) -> float | None:
        """The HPA's CPU target in percent."""
        return self.analysis.hpa.target_percent if self.analysis.hpa else None

    @property
    def ready(self) -> StepSeries:
        """Ready pods."""
        return self.analysis.replicas.ready

    @property
    def desired(self) -> StepSeries:
        """The workload's size as written."""
        return self.analysis.replicas.desired or self.analysis.replicas.hpa_desired

    @property
    def utilization(self) -> StepSeries:
        """CPU in percent of the request, as the HPA's status showed it."""
        return self.analysis.cpu.utilization

    @cached_property
    def slow(self) -> StepSeries:
        """1 while more requests miss the latency objective than it allows (over 10 s), else 0; empty without one."""
        objective, bad = self.analysis.objective, self.analysis.bad
        if objective is None or bad is None:
            return StepSeries()
        series, points = self.analysis.seconds, []
        for i in range(0, len(series), _SMOOTH_S):
            part = range(i, min(i + _SMOOTH_S, len(series)))
            total = sum((column[j] or 0) for column in (series.answered, series.failed, series.dropped) for j in part)
            missed = sum(bad[j] or 0 for j in part)
            over = float(missed > (1 - objective.quantile) * total + 1e-9)
            points.append((series.start + i, over))
        return StepSeries.of([*points, (series.start + len(series), 0.0)])

    def slow_seconds(self, start: float, end: float) -> float:
        """Seconds of a span beyond the latency objective."""
        return sum(length for length, value in self.slow.known(start, end) if value)

    def bad(self, start: float, end: float) -> int | None:
        """Requests in a span that were not good; None without a latency objective."""
        return span_sum(self.analysis.seconds, self.analysis.bad, start, end) if self.analysis.bad else None

    def failed(self, start: float, end: float) -> int | None:
        """Failed requests in a span."""
        return span_sum(self.analysis.seconds, self.analysis.seconds.failed, start, end)

    def value(self, measure: str) -> float | None:
        """A measure's value."""
        return self.analysis.measures[measure].value

    def conditions(self, kind: str, status: str, *reasons: str) -> list[ConditionSpan]:
        """Spans of a condition, of the load or what came after it."""
        return [
            span
            for span in self.analysis.conditions
            if (span.type, span.status) == (kind, status)
            and (not reasons or span.reason in reasons)
            and span.end > self.start
        ]

    @cached_property
    def pods(self) -> tuple[PodLife, ...]:
        """The pods that the API showed."""
        return tuple(pod for pod in self.analysis.pods if pod.uid)

    @cached_property
    def request_m(self) -> int | None:
        """The CPU request of the newest pod in millicores."""
        return next((pod.cpu_request_m for pod in reversed(self.pods)), None)

    @cached_property
    def limit_m(self) -> int | None:
        """The CPU limit of the newest pod in millicores."""
        return next((pod.cpu_limit_m for pod in reversed(self.pods)), None)

    @cached_property
    def cap_percent(self) -> float | None:
        """The highest utilisation the CPU limit lets through, in percent of the request."""
        return 100 * self.limit_m / self.request_m if self.limit_m and self.request_m else None

    @property
    def workload_name(self) -> str:
        """``kind/name`` of the target, what a patch applies to."""
        target = self.analysis.header["target"]
        return f"{str(target['kind']).lower()}/{target['name']}"

    def both(self, left: StepSeries, right: StepSeries, holds: Any) -> StepSeries:
        """1 where ``holds(left, right)`` and both are known, 0 where not, unknown elsewhere."""
        return combine((left, right), lambda v: None if v[0] is None or v[1] is None else float(holds(v[0], v[1])))


def hpa_patch(run: Run, **spec: Any) -> Patch | None:
    """A patch of the HPA's spec; None where no HPA was seen."""
    return (f"hpa/{run.hpa.name}", {"spec": spec}) if run.hpa else None


def behavior_patch(run: Run, direction: str, **rules: Any) -> Patch | None:
    """A patch of one direction of the HPA's behavior."""
    return hpa_patch(run, behavior={direction: rules})


def target_patch(run: Run, percent: float) -> Patch | None:
    """A patch that sets the CPU target; the list of metrics is replaced whole, so the others are repeated."""
    metrics = [dict(metric) for metric in (run.hpa.raw.get("metrics") or [] if run.hpa else [])]
    for metric in metrics:
        for key in ("resource", "containerResource"):
            source = metric.get(key) or {}
            if source.get("name") == "cpu":
                target = {**source.get("target", {}), "averageUtilization": max(1, round(percent))}
                metric[key] = {**source, "target": target}
                return hpa_patch(run, metrics=metrics)
    return None


def container_patch(run: Run, **fields: Any) -> Patch | None:
    """A patch of the pods' only container; None where there are several or none is known."""
    if len(run.analysis.containers) != 1:
        return None
    container = {"name": run.analysis.containers[0], **fields}
    return run.workload_name, {"spec": {"template": {"spec": {"containers": [container]}}}}


def milli(value: float) -> str:
    """Millicores as a quantity, rounded up to 10m."""
    return f"{math.ceil(value / 10) * 10}m"
