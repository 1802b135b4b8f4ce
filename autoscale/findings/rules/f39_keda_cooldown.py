"""F39 keda-cooldown: the last pods went too soon, or stayed for long."""

from autoscale.analysis.results.scaling import KedaSpec, ScaleEvent
from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Patch, Run

IDLE = Threshold(120, "s", "time of the last pods after the load's end that is worth a word")


def check(run: Run) -> Hit | None:
    """F39: KEDA put the target to sleep during the load and had to wake it again, or kept it long after the load."""
    keda = run.analysis.keda
    if keda is None:
        return None
    sleeps = [event for event in run.analysis.scale_events if event.by == "keda" and not event.up]
    for sleep in sleeps:
        woken = next((one for one in run.analysis.scale_events if one.up and one.at > sleep.at), None)
        if woken is not None and run.start < sleep.at and woken.at < run.end:
            return _too_short(keda, sleep, woken)
    return _too_long(run, keda, sleeps)


def _too_short(keda: KedaSpec, sleep: ScaleEvent, woken: ScaleEvent) -> Hit:
    gap = woken.at - sleep.at
    return Hit(
        sentence=f"KEDA put the target to sleep in the middle of the load and woke it {gap:.0f} s later: its "
        f"cooldown of {keda.cooldown_s:.0f} s is shorter than the pauses in the load.",
        evidence=(Evidence(words="asleep", value=gap, unit="s", start=sleep.at, end=woken.at),),
        advice="Make cooldownPeriod longer than the pauses, or keep one pod.",
        patch=_patch(keda, int(2 * (keda.cooldown_s + gap))),
        start=sleep.at,
        end=woken.at,
    )


def _too_long(run: Run, keda: KedaSpec, sleeps: list[ScaleEvent]) -> Hit | None:
    last = next((event for event in reversed(sleeps) if event.at >= run.end), None)
    if last is None:
        return None
    kept = min(last.at - run.end, keda.cooldown_s)
    if kept < IDLE.value:
        return None
    return Hit(
        sentence=f"The last pods stayed for {last.at - run.end:.0f} s after the load, {kept:.0f} s of it as "
        f"cooldownPeriod is {keda.cooldown_s:.0f} s.",
        evidence=(Evidence(words="after the load", value=last.at - run.end, unit="s", start=run.end, end=last.at),),
        advice="A shorter cooldownPeriod saves that, where a cold start is cheap.",
        patch=_patch(keda, int(keda.cooldown_s / 2)),
        start=run.end,
        end=last.at,
    )


def _patch(keda: KedaSpec, seconds: int) -> Patch:
    return f"scaledobject/{keda.name}", {"spec": {"cooldownPeriod": seconds}}


RULE = Rule(
    id="F39",
    name="keda-cooldown",
    order=157,
    title="KEDA's cooldown does not fit the load",
    severity="note",
    check=check,
    thresholds=(IDLE,),
    cure="A cooldownPeriod longer than the pauses of the load, and no longer than a pod is worth.",
)
