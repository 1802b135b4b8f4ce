"""F46 rollout-unready: a rollout whose pods do not become ready holds the size."""

from autoscale.analysis.results.series import Intervention
from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run

UNREADY = Threshold(60, "s", "time of the load in which none of a rollout's new pods was ready")
_SAYING_WHY = ("Unhealthy", "Failed", "BackOff", "FailedScheduling", "FailedMount", "FailedCreatePodSandBox")


def check(run: Run) -> Hit | None:
    """F46: for a minute of the load a rollout's new pods were there, and not one of them became ready. The HPA counts a
    pod that was never ready, or has no metric, as 0 % where it would scale up: the size is held though usage is high.
    """
    spells = [(max(one.at, run.start), min(one.until, run.end), one) for one in run.interventions if _stuck(one)]
    start, end, one = max(spells, key=lambda spell: spell[1] - spell[0], default=(0.0, 0.0, None))
    if one is None or end - start <= UNREADY.value:
        return None
    return Hit(
        sentence=f"{one.words[:1].upper()}{one.words[1:]} in {end - start:.0f} s of the load{_held(run, start, end)}.",
        evidence=(
            Evidence(words="a rollout without a ready pod", value=end - start, unit="s", start=start, end=end),
            *(Evidence(words=reason) for reason in _reasons(run, start, end)),
        ),
        advice="Take it back (`kubectl rollout undo`), mend what keeps the new pods from becoming ready (the image, "
        "the readiness probe, what they wait for), and let the pipeline wait for `kubectl rollout status --timeout` "
        "before the load comes. No setting of the HPA helps meanwhile: it counts pods that were never ready as 0 % "
        "where it would scale up.",
        patch=None,
        start=start,
        end=end,
    )


def _stuck(one: Intervention) -> bool:
    return one.kind == "rollout unready"


def _held(run: Run, start: float, end: float) -> str:
    """What that did to the size, where it is known."""
    least, most = run.desired.lowest(start, end), run.desired.highest(start, end)
    usage = run.utilization.highest(start, end)
    if least is None or most is None or usage is None or run.target is None:
        return ""
    size = f"stayed {most:.0f}" if least == most else f"was {least:.0f} to {most:.0f}"
    return f"; the size {size} while the HPA showed up to {usage:.0f}% of a target of {run.target:.0f}%"


def _reasons(run: Run, start: float, end: float) -> list[str]:
    """The last words of each kind of event that says why pods do not start or are not ready."""
    told = {
        event.reason: f"{event.reason}: {event.message}"
        for event in run.analysis.events
        if event.reason in _SAYING_WHY and start <= event.at <= end
    }
    return list(told.values())


RULE = Rule(
    id="F46",
    name="rollout-unready",
    order=46,
    title="A rollout whose pods do not become ready holds the size",
    severity="error",
    check=check,
    facts=True,
    thresholds=(UNREADY,),
    cure="`kubectl rollout undo`, then the image or the readiness probe; the HPA cannot grow past it.",
)
