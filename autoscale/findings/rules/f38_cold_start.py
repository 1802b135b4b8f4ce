"""F38 cold-start: requests came while there were no pods."""

from autoscale.analysis.results.scaling import ACTIVATION, ColdStart, Phase
from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Patch, Run, container_patch

QUICK_POLLING = Threshold(5, "s", "polling interval that is advised where waking took longer")

_CURES = {
    "scheduled": "Nodes were short of room: keep some for the first pod.",
    "pulled": "Pulling the image is the longest part: pre-pull it, or make it smaller.",
    "started": "Starting the container is the longest part: fewer init containers, a faster runtime start.",
    "ready": "Becoming ready is the longest part: a startupProbe, a shorter readinessProbe period, a faster start.",
}
_KEEP = (
    "Where nobody may wait keep one pod (minReplicaCount: 1), or put something in front that holds requests until a "
)
_KEEP += "pod is there (a queue, KEDA's HTTP add-on)."


def check(run: Run) -> Hit | None:
    """F38: the target was at 0 pods when the load came, and requests failed or waited until the first pod answered."""
    harmed = [cold for cold in run.analysis.cold_starts if cold.harmed]
    if not harmed:
        return None
    cold = max(harmed, key=lambda one: one.harmed)
    phases = [phase for phase in cold.growth.phases if phase.duration_s is not None]
    longest = max(phases, key=lambda phase: phase.duration_s or 0.0, default=None)
    advice, patch = _advice(run, longest)
    return Hit(
        sentence=f"There were no pods when requests came: {_length(cold)}, {cold.failed or 0} requests failed and "
        f"{cold.waited or 0} were answered late.{_share(run, longest)}",
        evidence=tuple(
            Evidence(words=phase.name, value=phase.duration_s, unit="s", start=phase.start, end=phase.end)
            for phase in phases
        ),
        advice=advice,
        patch=patch,
        start=cold.start,
        end=cold.end if cold.end is not None else run.end,
    )


def _length(cold: ColdStart) -> str:
    if cold.length_s is None:
        return "until the record's end none was answered"
    return f"until the first answer {cold.length_s:.0f} s went by"


def _share(run: Run, longest: Phase | None) -> str:
    """Where most of the time went."""
    if longest is None:
        return ""
    if longest.name == ACTIVATION:
        keda = run.analysis.keda
        every = f", which looks at its triggers every {keda.polling_s:.0f} s" if keda is not None else ""
        return f" KEDA{every}, took {longest.duration_s:.0f} s of them to wake the target."
    return f" The longest part was {longest.name}, {longest.duration_s:.0f} s."


def _advice(run: Run, longest: Phase | None) -> tuple[str, Patch | None]:
    keda = run.analysis.keda
    if longest is not None and longest.name == ACTIVATION and keda is not None:
        if keda.polling_s <= QUICK_POLLING.value:
            return f"KEDA looks often already: what wakes it tells late. {_KEEP}", _patch(run, minReplicaCount=1)
        quick = int(QUICK_POLLING.value)
        return f"A shorter pollingInterval wakes it sooner. {_KEEP}", _patch(run, pollingInterval=quick)
    name = longest.name if longest is not None else ""
    patch = container_patch(run, readinessProbe={"periodSeconds": 1, "initialDelaySeconds": 0})
    return f"{_CURES.get(name, '')} {_KEEP}".strip(), patch if name == "ready" else _patch(run, minReplicaCount=1)


def _patch(run: Run, **spec: int) -> Patch | None:
    keda = run.analysis.keda
    return (f"scaledobject/{keda.name}", {"spec": spec}) if keda is not None else None


RULE = Rule(
    id="F38",
    name="cold-start",
    order=47,
    title="Requests came while there were no pods",
    severity="warning",
    check=check,
    thresholds=(QUICK_POLLING,),
    cure="A shorter pollingInterval, a faster start, one pod always, or something in front that holds requests.",
)
