"""What a record says of KEDA: its settings, its conditions, and the starts from no pods at all."""

from collections.abc import Iterator, Sequence

from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.latency import span_sum
from autoscale.analysis.results.scaling import ColdStart, KedaSpec, ScaleUp
from autoscale.analysis.results.series import ConditionSpan, Seconds
from autoscale.record.rows.fields import Condition
from autoscale.record.rows.keda import ScaledObject


def keda_spec(kept: Collected) -> KedaSpec | None:
    """The settings that held at the end; None where no ScaledObject was seen."""
    row = next((row for row in reversed(kept.scaled) if not row.get("removed")), None)
    if row is None:
        return None
    return KedaSpec(
        name=row["name"],
        floor=row["min"] if row["idle"] is None else row["idle"],
        max_replicas=row["max"],
        polling_s=row["polling_s"],
        cooldown_s=row["cooldown_s"],
        triggers=tuple(trigger["name"] or trigger["type"] for trigger in row["triggers"]),
        fallback=row["fallback"]["replicas"] if row["fallback"] else None,
    )


def keda_conditions(kept: Collected) -> tuple[ConditionSpan, ...]:
    """Spans of the ScaledObject's conditions, named ``keda Ready``, by receive time; those it has not judged are left
    out.

    What its annotations pause is ``keda Paused`` with the reason ``whole``, ``scale in`` or ``scale out``: KEDA's own
    condition does not tell these apart. A source that fails is ``keda Source`` False; its reason is the metric's name.
    """
    spans: list[ConditionSpan] = []
    told: dict[str, tuple[float, Condition]] = {}
    for row in [*kept.scaled, None]:
        now = dict(_states(row)) if row is not None and not row.get("removed") else {}
        t = row["t"] if row is not None else kept.last_t
        for name, (since, was) in list(told.items()):
            if name not in now or (now[name]["status"], now[name]["reason"]) != (was["status"], was["reason"]):
                kind = "keda Source" if name.startswith("source ") else f"keda {name}"
                spans.append(
                    ConditionSpan(
                        type=kind,
                        status=was["status"],
                        reason=was["reason"],
                        message=was["message"],
                        start=since,
                        end=t,
                    )
                )
                del told[name]
        for name, state in now.items():
            told.setdefault(name, (t, state))
    return tuple(sorted(spans, key=lambda span: span.start))


def _states(row: ScaledObject) -> Iterator[tuple[str, Condition]]:
    for name, condition in row["conditions"].items():
        if name != "Paused" and condition["status"] != "Unknown":
            yield name, condition
    if row["paused"] != "no":
        yield "Paused", {"status": "True", "reason": row["paused"], "message": "", "at": None}
    for metric, health in row["health"].items():
        if health["status"] == "Failing":
            words = f"{health['failures'] or 'some'} failures on end"
            yield f"source {metric}", {"status": "False", "reason": metric, "message": words, "at": None}


def cold_starts(kept: Collected, growths: Sequence[ScaleUp], series: Seconds) -> tuple[ColdStart, ...]:
    """Every growth from no pods under load."""
    return tuple(_cold(kept, one, series) for one in growths if one.event.before == 0 and one.origin is not None)


def _cold(kept: Collected, growth: ScaleUp, series: Seconds) -> ColdStart:
    start = growth.origin if growth.origin is not None else growth.event.at
    last = growth.phases[-1]
    end = last.end if last.name == "first answer" else None
    if end is None:
        end = next((at for at, n in _answers(series) if at + 1 > growth.event.at and n), None)
    until = kept.last_t if end is None else end
    due = kept.load.response.by_second()
    phase = kept.load.response.phase
    waited = sum(kept.load.response.above(where, -1) for s, where in due.items() if start <= s + phase <= until - 1)
    return ColdStart(
        growth=growth,
        start=start,
        end=end,
        failed=span_sum(series, series.failed, start, until),
        waited=waited if due else None,
    )


def _answers(series: Seconds) -> Iterator[tuple[float, int | None]]:
    for i, n in enumerate(series.answered):
        yield series.start + i, n
