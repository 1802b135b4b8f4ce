"""F31 changed-in-mid-run: somebody else changed what was tested."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule
from autoscale.findings.run import Hit, Run

_ADVICE = {
    "rollout": "A rollout's surge pods count in the HPA's metric before they are available, and are no overshoot: roll "
    "out outside peaks, with a small maxSurge, and do not compare this run with one without a rollout.",
    "recreated": "Recreate takes every pod away before the first new one starts, and all requests meanwhile "
    "fail: RollingUpdate (maxUnavailable: 0) keeps serving; or roll out while nobody asks.",
    "resize": "A changed request changes the HPA's ratio without any change of load: scale on another resource than "
    "the one that is resized (VPA), and compare only spans with equal requests.",
    "eviction": "An eviction takes capacity away before its replacement is ready: allow it outside peaks only, and let "
    "a PodDisruptionBudget (minAvailable) hold back what the load needs.",
    "relabelled": "A pod whose labels are changed is replaced like one that was deleted, and uses its node on, not "
    "counted by the HPA: take pods out to look at them outside the test, and delete them when done.",
    "paused": "A paused Deployment is scaled as before, but a new template waits until it is resumed: what was "
    "meant to be tested may not be what ran.",
    "service edited": "Requests reach the pods that a Service's selector and ports lead to, and none beside them: "
    "change them together with the pods' labels, outside the test.",
    "hpa edited": "Before and after the edit two settings were tested: judge them in runs of their own.",
}


def check(run: Run) -> Hit | None:
    """F31: a rollout or its pause, pods resized, evicted or relabelled, an edit of the HPA or the Service, not by the
    run itself."""
    found = [one for one in run.interventions if one.kind in _ADVICE]
    if not found:
        return None
    texts = [
        f"{one.words} ({abs(one.at - run.start):.0f} s {_side(one.at - run.start)} the load began)" for one in found
    ]
    return Hit(
        sentence="; ".join(text[:1].upper() + text[1:] for text in texts) + ".",
        evidence=tuple(
            Evidence(words=one.words, value=one.until - one.at or None, unit="s", start=one.at, end=one.until)
            for one in found
        ),
        advice=" ".join(dict.fromkeys(_ADVICE[one.kind] for one in found)),
        patch=None,
        start=found[0].at,
        end=max(one.until for one in found),
    )


def _side(offset: float) -> str:
    return "before" if offset < -0.5 else "after"


RULE = Rule(
    id="F31",
    name="changed-in-mid-run",
    order=95,
    title="Somebody else changed what was tested",
    severity="warning",
    check=check,
    facts=True,
    cure="Roll out, resize and edit outside the test; what was measured before and after is not comparable.",
)
