"""The probes of one run of a container: when they are made, and what follows from them.

Source: pkg/kubelet/prober/worker.go of Kubernetes. The first probe comes when the kubelet has noticed that the
container runs (upstream looks once a second, so after half a second on average), then one every period.
"""

import asyncio
from typing import TYPE_CHECKING

from autoscale.embedded.kubelet.probes import Count, Outcome, checked, probe
from autoscale.kube.kinds import Object

if TYPE_CHECKING:
    from autoscale.embedded.kubelet.container import ContainerWorker

_NOTICED_S = 0.5


async def watch(worker: "ContainerWorker") -> None:
    """Probe until cancelled: the startup probe first, then liveness and readiness beside each other."""
    passed = asyncio.Event()
    names = [name for name in ("startup", "liveness", "readiness") if f"{name}Probe" in worker.spec]
    if "startup" not in names:
        passed.set()
    tasks = [asyncio.create_task(_probing(worker, name, passed)) for name in names]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _probing(worker: "ContainerWorker", name: str, passed: asyncio.Event) -> None:
    """One kind of probe, at a fixed beat from the container's start; a beat missed by a slow probe is skipped."""
    spec = worker.spec[f"{name}Probe"]
    clock, period = asyncio.get_running_loop().time, float(spec.get("periodSeconds") or 10)
    start = clock()
    beat = start + _NOTICED_S
    count = Count({"startup": None, "liveness": True, "readiness": False}[name])
    if name != "startup":
        await passed.wait()
        # A readiness probe follows a passed startup probe at once, the others wait for their beat.
        beat = max(beat, clock()) if name == "readiness" else beat + _missed(beat, clock(), period)
    beat += _missed(beat, start + float(spec.get("initialDelaySeconds") or 0), period)
    while True:
        await asyncio.sleep(beat - clock())
        if name != "readiness" and worker.stopping.is_set():
            return
        address = worker.pod()["status"].get("podIP", "")
        outcome = await checked(probe(spec, worker.spec, address, worker.execute))
        count = count.add(outcome.ok, int(spec.get("failureThreshold") or 3), int(spec.get("successThreshold") or 1))
        if not outcome.ok:
            _tell(worker, name, outcome)
        if await _act(worker, name, spec, count, passed):
            return
        beat += _missed(beat + period, clock(), period) + period


def _missed(beat: float, now: float, period: float) -> float:
    """How far a beat must move, in whole periods, not to lie before ``now``."""
    behind = max(0.0, now - beat)
    return -(-behind // period) * period


def _tell(worker: "ContainerWorker", name: str, outcome: Outcome) -> None:
    worker.emit("Warning", "Unhealthy", f"{name.capitalize()} probe failed: {outcome.output}".rstrip())


async def _act(worker: "ContainerWorker", name: str, spec: Object, count: Count, passed: asyncio.Event) -> bool:
    """Do what the result says; True where this probe has nothing more to do."""
    if name == "readiness":
        worker.set(ready=bool(count.result))
        return False
    if count.result is False:
        worker.emit("Normal", "Killing", f"Container {worker.name} failed {name} probe, will be restarted")
        grace = spec.get("terminationGracePeriodSeconds") or worker.pod()["spec"].get(
            "terminationGracePeriodSeconds", 30
        )
        # A task of its own: the probes are cancelled when the container ends.
        worker.ending = asyncio.create_task(worker.end_process(float(grace)))
        return True
    if name == "startup" and count.result:
        worker.set(started=True, ready="readinessProbe" not in worker.spec)
        passed.set()
        return True
    return False
