"""F47 containers-restarted: containers ended under load and were started again."""

from collections import Counter

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule
from autoscale.findings.run import Hit, Run

_ADVICE = {
    "OOMKilled": "The kernel ended it at its memory limit: raise `limits.memory` to what it needs under this load (and "
    "`requests.memory` with it), or find what keeps the memory.",
    "Completed": "It ended by itself with exit code 0: see what makes it end (`kubectl logs --previous`).",
}
_OTHER = "See why: `kubectl logs --previous`, its liveness probe, and the events of the pod."


def check(run: Run) -> Hit | None:
    """F47: containers of the target ended during the load and were started again; what they had in hand was lost."""
    found = sorted(
        (at, pod.name, why or "for a reason that is not known")
        for pod in run.analysis.pods
        for at, why in pod.restarted
        if run.start <= at <= run.end
    )
    if not found:
        return None
    pods = {name for _, name, _ in found}
    reasons = Counter(why for _, _, why in found)
    often = "once" if len(found) == 1 else f"{len(found)} times"
    return Hit(
        sentence=f"A container ended and was started again {often} under load, in {len(pods)} pod(s): "
        + ", ".join(f"{reason} {n}" for reason, n in reasons.most_common())
        + ".",
        evidence=tuple(
            Evidence(words=f"{name}: {why}", value=None, unit="", start=at, end=at) for at, name, why in found[:5]
        ),
        advice=_ADVICE.get(reasons.most_common(1)[0][0], _OTHER),
        patch=None,
        start=found[0][0],
        end=found[-1][0],
    )


RULE = Rule(
    id="F47",
    name="containers-restarted",
    order=56,
    title="Containers were started again under load",
    severity="error",
    check=check,
    facts=True,
    cure="By the reason: more memory for OOMKilled, the log of the one before for an error, a patient liveness probe.",
)
