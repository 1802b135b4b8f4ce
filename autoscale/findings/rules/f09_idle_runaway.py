"""F9 idle-runaway: idle pods keep the HPA growing."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run, container_patch, milli, target_patch

IDLE_CPU = Threshold(0.9, "x target", "CPU of an idle pod that keeps the HPA growing")


def check(run: Run) -> Hit | None:
    """F9: an idle pod alone uses as much as the target allows."""
    idle, request, target = run.value("idle_cpu"), run.request_m, run.target
    if idle is None or not request or not target or idle / request * 100 < IDLE_CPU.value * target:
        return None
    percent = idle / request * 100
    proposed = percent * 1.3
    return Hit(
        f"A pod without load uses {idle:.0f}m, {percent:.0f} % of its request; the target is {target:.0f} %. The HPA "
        "climbs to its maximum and never comes back.",
        (Evidence("CPU of an idle pod (fitted over the run)", idle, "m"), Evidence("target", target, "%")),
        "Raise the request (or the target) well above the idle CPU, or scale on requests per second.",
        container_patch(run, resources={"requests": {"cpu": milli(idle / (target / 100) * 1.3)}})
        or target_patch(run, proposed),
    )


RULE = Rule(
    id="F9",
    name="idle-runaway",
    order=100,
    title="Idle pods keep the HPA growing",
    severity="error",
    check=check,
    thresholds=(IDLE_CPU,),
    cure="Raise the request or the target well above the idle CPU, or scale on requests per second.",
)
