"""F8 request-wrong: CPU request missing or wrong."""

import re

from autoscale.analysis.results.series import ConditionSpan
from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run, container_patch, milli
from autoscale.hpa.check.sidecars import INJECTORS, Injector

REQUEST_HIGH = Threshold(200, "%", "steady utilisation above which the request is too low")


def check(run: Run) -> Hit | None:
    """F8: a container without a CPU request, or one far off what the pods use."""
    missing = [span for span in run.analysis.conditions if span.status == "False" and "missing request" in span.message]
    unset = [pod for pod in run.pods if pod.cpu_request_m is None and pod.ready_at is not None]
    if missing and (sidecar := _injected(missing[0].message)) is not None:
        return _of_sidecar(run, missing[0], sidecar)
    if missing or (unset and run.target):
        each = _use_at_target(run)
        words = missing[0].message if missing else f"pod {unset[0].name} has a container without a CPU request"
        patch = container_patch(run, resources={"requests": {"cpu": milli(each)}}) if each else None
        return Hit(
            sentence=f"The HPA cannot compute CPU utilisation: {words}.",
            evidence=(
                Evidence(words, start=missing[0].start if missing else None, end=missing[0].end if missing else None),
            ),
            advice="Set resources.requests.cpu on every container, sidecars too, or use a ContainerResource metric.",
            patch=patch,
            start=missing[0].start if missing else None,
            end=missing[0].end if missing else None,
        )
    used = run.utilization.mean(run.start, run.end)
    if not run.whole or used is None or not run.request_m or run.slow_seconds(run.start, run.end) > 0:
        return None
    if used <= REQUEST_HIGH.value:  # little use says how light the load was, and nothing about the request
        return None
    proposed = run.request_m * used / (run.target or 60.0)
    return Hit(
        sentence=f"The pods use {used:.0f} % of their CPU request on average, while latency is fine: the request of "
        f"{run.request_m}m is too low.",
        evidence=(Evidence(words="mean utilisation", value=used, unit="%", start=run.start, end=run.end),),
        advice="Set the request near what a pod uses at the load it should carry; the HPA's ratio moves with it.",
        patch=container_patch(run, resources={"requests": {"cpu": milli(proposed)}}),
        start=run.start,
        end=run.end,
    )


def _injected(message: str) -> Injector | None:
    """The webhook that put in the container without a request, by the message that names it."""
    named = re.search(r"in container (\S+) of Pod", message)
    return next((one for one in INJECTORS if named and one.container == named[1]), None)


def _of_sidecar(run: Run, told: ConditionSpan, sidecar: Injector) -> Hit:
    """The same of a container that is in no template: its request is an annotation of the pods."""
    note = sidecar.requests["cpu"]
    return Hit(
        sentence=f"The HPA cannot compute CPU utilisation: {told.message}. {sidecar.name} put that container into "
        "the pods.",
        evidence=(Evidence(told.message, start=told.start, end=told.end),),
        advice=f"Set the annotation {note} on the pods to what the sidecar uses (100m stands for it here), or use a "
        "ContainerResource metric on your own container.",
        patch=(run.workload_name, {"spec": {"template": {"metadata": {"annotations": {note: "100m"}}}}}),
        start=told.start,
        end=told.end,
    )


def _use_at_target(run: Run) -> float | None:
    """Median CPU of a pod over the run, in millicores."""
    means = sorted(
        mean for series in run.analysis.cpu.by_pod.values() if (mean := series.mean(run.start, run.end)) is not None
    )
    return means[len(means) // 2] if means else None


RULE = Rule(
    id="F8",
    name="request-wrong",
    order=30,
    title="CPU request missing or wrong",
    severity="error",
    check=check,
    facts=True,
    thresholds=(REQUEST_HIGH,),
    cure="Set `resources.requests.cpu` on every container, near what a pod uses at the load it should carry.",
)
