"""F11 startup-spike: start-up CPU makes it grow too far."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run, behavior_patch

SPIKE = Threshold(1.5, "x old pods", "CPU of new pods in their first minute")
SPIKE_AFTER = Threshold(60, "s", "time after Ready in which the second growth is decided")
SPIKE_RATE = Threshold(0.1, "share", "change of the planned rate that still counts as none")


def check(run: Run) -> Hit | None:
    """F11: the CPU of starting pods makes the HPA grow again."""
    events = [event for event in run.analysis.scale_events if run.start <= event.at <= run.end]
    for i, event in enumerate(events):
        fresh = [
            pod
            for pod in run.pods
            if pod.ready_at is not None
            and pod.created is not None
            and 0 <= event.at - pod.ready_at <= SPIKE_AFTER.value
            and pod.created >= run.start
        ]
        if not event.up or not fresh or i == 0:
            continue
        first = min(pod.ready_at or event.at for pod in fresh)
        rate = run.analysis.plan.at(first), run.analysis.plan.at(event.at)
        if abs(rate[1] - rate[0]) > SPIKE_RATE.value * max(rate[0], 1e-9):
            continue
        factor = _spike(run, [pod.name for pod in fresh], first, event.at)
        later = [
            down for down in events[i + 1 :] if not down.up and down.before - down.after >= event.after - event.before
        ]
        if factor is not None and factor > SPIKE.value and later:
            return Hit(
                sentence=f"The growth from {event.before} to {event.after} followed new pods whose start-up CPU was "
                f"{factor:.1f} times that of the old ones; the load had not changed, and they were taken away again.",
                evidence=(
                    Evidence(
                        words="CPU of new pods over that of old ones", value=factor, unit="x", start=first, end=event.at
                    ),
                    Evidence(f"growth {event.before} to {event.after}", start=event.at, end=event.at),
                ),
                advice="Become ready only once warm (startupProbe), and smooth growth with a scale-up stabilisation "
                "window.",
                patch=behavior_patch(run, "scaleUp", stabilizationWindowSeconds=60),
                start=first,
                end=event.at,
            )
    return None


def _spike(run: Run, fresh: list[str], start: float, end: float) -> float | None:
    """Mean CPU of the new pods over that of the others, in a span."""
    new: list[float] = []
    old: list[float] = []
    for name, series in run.analysis.cpu.by_pod.items():
        mean = series.mean(start, end + 15.0)
        if mean is not None:
            (new if name in fresh else old).append(mean)
    return (sum(new) / len(new)) / (sum(old) / len(old)) if new and old and sum(old) > 0 else None


RULE = Rule(
    id="F11",
    name="startup-spike",
    order=180,
    title="Start-up CPU makes it grow too far",
    severity="warning",
    check=check,
    thresholds=(
        SPIKE,
        SPIKE_AFTER,
        SPIKE_RATE,
    ),
    cure="Become ready only once warm; `scaleUp.stabilizationWindowSeconds`.",
)
