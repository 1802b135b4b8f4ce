"""Lifecycle hooks: what a container does before it is told to end."""

import asyncio
import contextlib

from autoscale.embedded.kubelet.cell import Cell
from autoscale.embedded.kubelet.probes import Outcome, checked, http_get
from autoscale.kube.kinds import Object
from autoscale.kube.ports import port_number


async def pre_stop(cell: Cell, hook: Object, grace_s: float) -> None:
    """Run the hook (sleep, exec or httpGet) until it is done, the container has ended, or the grace is over.

    A hook that fails, in whatever way, is an event, and the container is ended all the same.
    """
    work = asyncio.ensure_future(checked(_hook(cell, hook, grace_s)))
    ended = asyncio.ensure_future(cell.process.wait()) if cell.process else work
    done, _ = await asyncio.wait((work, ended), timeout=grace_s, return_when=asyncio.FIRST_COMPLETED)
    for future in {work, ended} - done:
        future.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await future
    failed = work in done and not work.cancelled() and not work.result().ok
    if failed or not done:
        cell.emit("Warning", "FailedPreStopHook", "PreStopHook failed")


async def _hook(cell: Cell, hook: Object, grace_s: float) -> Outcome:
    if "sleep" in hook:
        await asyncio.sleep(float(hook["sleep"].get("seconds", 0)))
        return Outcome(True)
    if "exec" in hook:
        return await cell.execute([str(part) for part in hook["exec"].get("command") or []], grace_s)
    action = hook.get("httpGet") or {}
    port = port_number(action.get("port", 80), [cell.spec])
    host = action.get("host") or cell.pod()["status"].get("podIP", "")
    if port is None:
        return Outcome(False, f"couldn't find port {action.get('port')}")
    return await http_get(action, host, port, grace_s)
