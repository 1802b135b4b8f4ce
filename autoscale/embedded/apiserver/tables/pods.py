"""The cells of a pod - its STATUS is made of phase, containers and deletion - and ages as kubectl writes them."""

from typing import Any

from autoscale.base.times import parse_time
from autoscale.kube.kinds import Object


def human_duration(seconds: float) -> str:
    """``45s``, ``3m5s``, ``2h``, ``5d3h``: two units at most, as k8s.io/apimachinery's HumanDuration."""
    total = int(seconds)
    if total < -1:
        return "<invalid>"
    minutes, hours, days = max(total, 0) // 60, max(total, 0) // 3600, max(total, 0) // 86400
    if total < 120:
        return f"{max(total, 0)}s"
    if minutes < 180:
        return _two(minutes, "m", total % 60 if minutes < 10 else 0, "s")
    if hours < 48:
        return _two(hours, "h", minutes % 60 if hours < 8 else 0, "m")
    if days < 365 * 2:
        return _two(days, "d", hours % 24 if days < 8 else 0, "h")
    return _two(days // 365, "y", days % 365 if days < 365 * 8 else 0, "d")


def _two(large: int, unit: str, small: int, small_unit: str) -> str:
    return f"{large}{unit}" + (f"{small}{small_unit}" if small else "")


def since(time: str | None, now: float) -> str:
    """How long ago a time was; ``<unknown>`` where there is none."""
    return human_duration(now - parse_time(time)) if time else "<unknown>"


def span(start: str, end: str | None, now: float) -> str:
    """From start to end, or to now where it has not ended."""
    return human_duration((parse_time(end) if end else now) - parse_time(start))


def age(obj: Object, now: float) -> str:
    """The AGE column."""
    return since(obj["metadata"].get("creationTimestamp"), now)


def pod_cells(pod: Object, now: float) -> list[Any]:
    """Name, ready, status, restarts, age, and the wide ones."""
    spec, status = pod["spec"], pod.get("status", {})
    sidecars = {c["name"] for c in spec.get("initContainers", []) if c.get("restartPolicy") == "Always"}
    init, main = status.get("initContainerStatuses", []), status.get("containerStatuses", [])
    waiting = _init_reason(init, sidecars, len(spec.get("initContainers", [])))
    initialized = waiting is None or _condition(status, "Initialized")
    counted = [c for c in init if c["name"] in sidecars] + main if initialized else init
    ready = sum(c.get("ready", False) for c in init if c["name"] in sidecars) + (_ready(main) if initialized else 0)
    total = len(spec["containers"]) + len(sidecars)
    wide = [status.get("podIP") or "<none>", spec.get("nodeName") or "<none>", "<none>", "<none>"]
    reason = (_reason(status, main) if initialized else waiting) or _phase(status)
    if "deletionTimestamp" in pod["metadata"] and status.get("phase") not in ("Succeeded", "Failed"):
        reason = "Terminating"
    return [pod["metadata"]["name"], f"{ready}/{total}", reason, _restarts(counted, now), age(pod, now), *wide]


def _phase(status: Object) -> str:
    reason: str = status.get("reason") or status.get("phase", "Unknown")
    return reason


def _condition(status: Object, name: str) -> bool:
    return any(c["type"] == name and c["status"] == "True" for c in status.get("conditions", []))


def _ready(containers: list[Object]) -> int:
    return sum(bool(c.get("ready") and c.get("state", {}).get("running") is not None) for c in containers)


def _init_reason(containers: list[Object], sidecars: set[str], total: int) -> str | None:
    """What the first unfinished init container is about; None when all are done."""
    for index, container in enumerate(containers):
        state = container.get("state", {})
        ended, waits = state.get("terminated"), state.get("waiting")
        if (ended and ended["exitCode"] == 0) or (container["name"] in sidecars and container.get("started")):
            continue
        if ended:
            return f"Init:{_ended(ended)}"
        if waits and waits.get("reason") not in (None, "PodInitializing"):
            return f"Init:{waits['reason']}"
        return f"Init:{index}/{total}"
    return None


def _ended(state: Object) -> str:
    if state.get("reason"):
        return str(state["reason"])
    return f"Signal:{state['signal']}" if state.get("signal") else f"ExitCode:{state['exitCode']}"


def _reason(status: Object, containers: list[Object]) -> str | None:
    """The word for the containers as a whole: the first one's that has something to say; None: the phase says it."""
    reason, failed, running = None, None, False
    for container in reversed(containers):
        state = container.get("state", {})
        if state.get("waiting", {}).get("reason"):
            reason = state["waiting"]["reason"]
        elif "terminated" in state:
            reason = _ended(state["terminated"])
            failed = reason if state["terminated"]["exitCode"] != 0 else failed
        elif container.get("ready") and "running" in state:
            running = True
    if (reason or _phase(status)) != "Completed":
        return reason
    if running and _condition(status, "Ready"):
        return "Running"
    return failed or ("NotReady" if running else reason)


def _restarts(containers: list[Object], now: float) -> str:
    count = sum(c.get("restartCount", 0) for c in containers)
    ends = [c.get("lastState", {}).get("terminated", {}).get("finishedAt") for c in containers]
    last = max((parse_time(end) for end in ends if end), default=None)
    return f"{count} ({human_duration(now - last)} ago)" if count and last else str(count)
