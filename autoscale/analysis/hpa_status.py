"""What an HPA's status showed over time: the CPU that it saw, and its conditions."""

from collections.abc import Callable

from autoscale.analysis.hpa_settings import cpu_metric, number
from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.results.series import ConditionSpan
from autoscale.analysis.steps import StepSeries
from autoscale.record.rows.fields import Condition
from autoscale.record.rows.hpa import Hpa


def utilization(kept: Collected) -> StepSeries:
    """CPU in percent of the requests as the HPA's status showed it; unknown while the HPA had no value."""
    return while_there(kept, _shown)


def while_there(kept: Collected, value: Callable[[Hpa], float | None]) -> StepSeries:
    """A value of the HPA's rows over time, unknown from its deletion on."""
    gone: list[tuple[float, float | None]] = [(row["t"], None) for row in kept.hpas_gone]
    return StepSeries.of([*((row["t"], value(row)) for row in kept.hpas), *gone])


def _shown(row: Hpa) -> float | None:
    active = row["conditions"].get("ScalingActive")
    if active is not None and active["status"] == "False":
        return None
    current = (cpu_metric(row["metrics"]) or {}).get("current") or {}
    return number(current.get("averageUtilization"))


def conditions(kept: Collected, end: float) -> tuple[ConditionSpan, ...]:
    """Spans of equal status and reason of each of the HPA's conditions, by receive time."""
    found: list[ConditionSpan] = []
    names = {name for row in kept.hpas for name in row["conditions"]}
    for name in sorted(names):
        open_span: tuple[float, Condition] | None = None
        for row in kept.hpas:
            now = row["conditions"].get(name)
            if open_span and (now is None or _same(now, open_span[1])):
                if now is None:
                    found.append(_span(name, open_span, row["t"]))
                    open_span = None
                continue
            if open_span:
                found.append(_span(name, open_span, row["t"]))
            open_span = (row["t"], now) if now else None
        if open_span:
            found.append(_span(name, open_span, max(_gone_by(kept, end), open_span[0])))
    return tuple(sorted(found, key=lambda span: span.start))


def _gone_by(kept: Collected, end: float) -> float:
    """When the HPA was gone for good; ``end`` where it was there to the end."""
    gone, last = [row["t"] for row in kept.hpas_gone], kept.hpas[-1]["t"]
    return gone[-1] if gone and gone[-1] > last else end


def _same(a: Condition, b: Condition) -> bool:
    return bool(a["status"] == b["status"] and a["reason"] == b["reason"])


def _span(name: str, since: tuple[float, Condition], end: float) -> ConditionSpan:
    at, condition = since
    return ConditionSpan(
        type=name,
        status=condition["status"],
        reason=condition["reason"],
        message=condition["message"],
        start=at,
        end=end,
    )
