"""From a container's spec to what is run: command, environment, limits; and the words for what cannot be run."""

import asyncio
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from autoscale.embedded.images import image_environment
from autoscale.embedded.kubelet.cgroups import Limits
from autoscale.embedded.kubelet.environment import command_line, environment
from autoscale.embedded.kubelet.logs import drain
from autoscale.embedded.kubelet.node import Node
from autoscale.embedded.kubelet.probes import Outcome
from autoscale.embedded.kubelet.process import Command, spawn
from autoscale.embedded.kubelet.reaper import MARK
from autoscale.embedded.settings import Image
from autoscale.kube.kinds import Object
from autoscale.kube.quantities import milli, whole

START_ERRORS = (OSError, IndexError, subprocess.SubprocessError)
"""What ``spawn`` raises where a command cannot be run (IndexError: there is none)."""
_APP_NICE = 5
_PRIORITY_SHARES = 8192


def limits_of(spec: Object, image: Image) -> Limits:
    """A container's limits and weight; the weight follows the CPU request, as the kubelet's does. A limit of 0 is
    none, as for the kubelet."""
    resources = spec.get("resources") or {}
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    cpu = milli(limits.get("cpu", 0)) or None
    asked = milli(requests["cpu"]) if "cpu" in requests else cpu or 0
    shares = _PRIORITY_SHARES if image.priority else max(2, asked * 1024 // 1000)
    return Limits(cpu, whole(limits.get("memory", 0)) or None, shares)


def command_of(node: Node, pod: Object, spec: Object, image: Image, home: Path, join: tuple[str, ...]) -> Command:
    """What to run for a container; ``home`` is its scratch folder. Raises ConfigError where a source is missing."""
    own = environment(pod, spec, node.objects, node.allocatable)
    values = {**image_environment(image, str(home)), **own, MARK: node.cluster}
    wanted = spec.get("workingDir")
    cwd = wanted if wanted and Path(wanted).is_dir() else str(home)
    return Command(
        argv=command_line(spec, values), env=values, cwd=cwd, nice=0 if image.priority else _APP_NICE, join=join
    )


def why_not_started(command: Command, error: Exception) -> str:
    """In the container runtime's words."""
    if not command.argv:
        return "no command specified"
    if isinstance(error, FileNotFoundError):
        return f'exec: "{command.argv[0]}": executable file not found in $PATH'
    return str(error)


async def execute(argv: list[str], env: Mapping[str, str], cwd: str, join: tuple[str, ...], limit_s: float) -> Outcome:
    """Run a command beside a container, in its environment and cgroup, for at most ``limit_s`` (probes and hooks)."""
    try:
        process = spawn(Command(argv=argv, env=env, cwd=cwd, nice=_APP_NICE, join=join))
    except START_ERRORS as error:
        return Outcome(False, f"failed to exec in container: {error}")
    try:
        code = await asyncio.wait_for(process.wait(), limit_s)
        output = drain(process.output)[0].decode(errors="replace")
        return Outcome(code == 0, output or f"command exited with code {code}")
    except TimeoutError:
        return Outcome(False, f'command timed out: "{" ".join(argv)}" timed out after {limit_s:g}s')
    finally:
        process.kill()
        await process.wait()
        os.close(process.output)


def go_duration(seconds: float) -> str:
    """``10s``, ``2m40s``, as Go prints durations."""
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}m{rest:g}s" if minutes else f"{rest:g}s"
