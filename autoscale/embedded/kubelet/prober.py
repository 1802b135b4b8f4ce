"""The probes of one run of a container: when they are made, and what follows from them.

Source: pkg/kubelet/prober/worker.go of Kubernetes. The first probe comes when the kubelet has noticed that the
container runs (upstream looks once a second, so after half a second on average), then one every period.
"""

import asyncio
from collections.abc import Callable

from autoscale.embedded.kubelet.cell import Cell
from autoscale.embedded.kubelet.probes import Count, Outcome, checked, probe
from autoscale.kube.kinds import Object

_NOTICED_S = 0.5
End = Callable[[float], None]
"""Ends the present run within a grace in seconds; does not wait for it."""


async def watch(cell: Cell, end: End) -> None:
    """Probe until cancelled: the startup probe first, then liveness and readiness beside each other.

    ``end(grace_s)`` is called where a startup or liveness probe says that the run has to end.
    """
    passed = asyncio.Event()
    names = [name for name in ("startup", "liveness", "readiness") if f"{name}Probe" in cell.spec]
    if "startup" not in names:
        passed.set()
    tasks = [asyncio.create_task(_probing(cell, end, name, passed)) for name in names]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _probing(cell: Cell, end: End, name: str, passed: asyncio.Event) -> None:
    """One kind of probe, at a fixed beat from the container's start; a beat missed by a slow probe is skipped."""
    spec = cell.spec[f"{name}Probe"]
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
        if name != "readiness" and cell.stopping.is_set():
            return
        address = cell.pod()["status"].get("podIP", "")
        outcome = await checked(probe(spec, cell.spec, address, cell.execute))
        count = count.add(outcome.ok, int(spec.get("failureThreshold") or 3), int(spec.get("successThreshold") or 1))
        if not outcome.ok:
            _tell(cell, name, outcome)
        if _act(cell, end, name, spec, count, passed):
            return
        beat += _missed(beat + period, clock(), period) + period


def _missed(beat: float, now: float, period: float) -> float:
    """How far a beat must move, in whole periods, not to lie before ``now``."""
    behind = max(0.0, now - beat)
    return -(-behind // period) * period


def _tell(cell: Cell, name: str, outcome: Outcome) -> None:
    cell.emit("Warning", "Unhealthy", f"{name.capitalize()} probe failed: {outcome.output}".rstrip())


def _act(cell: Cell, end: End, name: str, spec: Object, count: Count, passed: asyncio.Event) -> bool:
    """Do what the result says; True where this probe has nothing more to do."""
    if name == "readiness":
        cell.set(ready=bool(count.result))
        return False
    if count.result is False:
        cell.emit("Normal", "Killing", f"Container {cell.name} failed {name} probe, will be restarted")
        grace = spec.get("terminationGracePeriodSeconds") or cell.pod()["spec"].get("terminationGracePeriodSeconds", 30)
        end(float(grace))
        return True
    if name == "startup" and count.result:
        cell.set(started=True, ready="readinessProbe" not in cell.spec)
        passed.set()
        return True
    return False
