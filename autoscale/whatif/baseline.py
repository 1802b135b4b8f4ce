"""The recorded run as the model takes it: its load, its HPA, its pods, its span."""

import statistics
from typing import Any

from autoscale.whatif import phases
from autoscale.whatif.evidence import Evidence
from autoscale.whatif.service import Load, Setting, Span


def load_of(seen: Evidence) -> Load:
    """What was sent: the plan; where it is not known, or its chance is not, what was planned in each second."""
    scenario, settings = seen.scenario, seen.scenario.get("load") or {}
    points = tuple((float(t), float(rate)) for t, rate in scenario.get("points") or ())
    kind, seed = settings.get("arrivals", "uniform"), settings.get("seed")
    if not points or (kind == "poisson" and seed is None):
        points, kind = _counted(seen), "uniform"
    stages = tuple((s["name"], float(s["start_s"]), float(s["end_s"])) for s in scenario.get("stages") or ())
    return Load(
        points=points,
        stages=stages,
        arrivals=kind,
        seed=seed or 1,
        connections=settings.get("connections", 10),
        close_share=settings.get("close_share", 0.1),
        max_in_flight=settings.get("max_in_flight", 1000),
    )


def _counted(seen: Evidence) -> tuple[tuple[float, float], ...]:
    series = seen.run.seconds
    known: list[Any] = next((c for c in (series.planned, series.sent, series.answered) if any(c)), [])
    start = round((seen.run.load_start or series.start) - series.start)
    points: list[tuple[float, float]] = []
    for second, n in enumerate(known[max(0, start) :]):
        points += [(float(second), float(n or 0)), (second + 1.0, float(n or 0))]
    return tuple(points)


def span_of(seen: Evidence) -> Span:
    """From the first row to the last, with the pods that were there when the load began."""
    start = seen.run.load_start or seen.kept.first_t
    begin = seen.kept.first_t
    pods = []
    for pod in seen.kept.pods.values():
        created = seen.kept.clocks.moment(*pod.created)
        ready = seen.kept.clocks.moment(*pod.conditions["Ready"]) if "Ready" in pod.conditions else None
        if created and ready and pod.first_seen <= begin + 5.0 and ready.at <= start:
            pods.append((created.at - start, ready.at - start))
    desired = seen.run.replicas.desired.at(begin + 5.0)
    return Span(start, begin - start, seen.kept.last_t - start, tuple(sorted(pods)[: int(desired or len(pods))]))


def draft(seen: Evidence) -> Setting | None:
    """The recorded setting before anything is calibrated, to look at variants of it; None where no HPA or no request of
    its pods was recorded."""
    if seen.run.hpa is None or not any(pod.request_m for pod in seen.kept.pods.values()):
        return None
    return setting_of(seen, metric_period_s=0.0)


def setting_of(seen: Evidence, *, metric_period_s: float) -> Setting:
    """The recorded setting."""
    assert seen.run.hpa is not None
    pods = [pod for pod in seen.kept.pods.values() if pod.request_m]
    request = int(statistics.median_low([pod.request_m or 0 for pod in pods]))
    limits = [pod.limit_m for pod in pods]
    limit = None if None in limits else int(statistics.median_low([value or 0 for value in limits]))
    return Setting(
        name="as recorded",
        hpa=seen.run.hpa.raw,
        config=phases.config(seen),
        request_m=request,
        limit_m=limit,
        metric_period_s=metric_period_s,
        load=load_of(seen),
    )
