"""From a container's spec to what is run: command, environment, limits; and the words for what cannot be run."""

import asyncio
import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from autoscale.embedded.images.known import image_environment
from autoscale.embedded.kubelet.cgroups import Limits
from autoscale.embedded.kubelet.environment import ConfigError, command_line, environment
from autoscale.embedded.kubelet.logs import drain
from autoscale.embedded.kubelet.node import Node
from autoscale.embedded.kubelet.probes import Outcome
from autoscale.embedded.kubelet.process import Command, spawn
from autoscale.embedded.kubelet.reaper import MARK
from autoscale.embedded.kubelet.view import View, fresh_files
from autoscale.embedded.kubelet.volumes import mounts, room_for
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


@dataclass(frozen=True)
class Surroundings:
    """What a container runs in: its scratch folder, the copy of its image's files, the cluster's names, its pod's
    volumes, its cgroups."""

    home: Path
    files: Path
    stage: Path
    hosts: Path
    volumes: Path
    join: tuple[str, ...]


def command_of(node: Node, pod: Object, spec: Object, image: Image, around: Surroundings) -> Command:
    """What to run for a container. Raises ConfigError where a source is missing."""
    own = environment(pod, spec, node.objects, node.allocatable)
    values = {**image_environment(image, str(around.home)), **own, MARK: node.cluster}
    made = Command(
        argv=command_line(spec, values, image),
        env=values,
        cwd=str(around.home),
        nice=0 if image.priority else _APP_NICE,
        join=around.join,
    )
    wanted = spec.get("workingDir") or image.workdir
    if image.files:
        fresh_files(image.files, around.files)
        (around.files / wanted.lstrip("/")).mkdir(parents=True, exist_ok=True)
    if not image.files and wanted and Path(wanted).is_dir():
        made = replace(made, cwd=wanted)
    mounted = mounts(spec, around.volumes, values)
    if node.no_files or image.priority:
        _refuse_files(spec, pod, node.no_files or "it is the cluster's own")
        return _without_view(made, wanted, around.files) if image.files else made
    around.stage.mkdir(exist_ok=True)
    if not image.files:
        around.files.mkdir(exist_ok=True)
    over = {"/etc/hosts": str(around.hosts), **mounted}
    new_root = room_for(mounted, around.files) or bool(image.files)
    view = View(over, str(around.files), str(around.stage)) if new_root else View(over)
    return replace(made, cwd=wanted if image.files else made.cwd, view=view)


def _refuse_files(spec: Object, pod: Object, why: str) -> None:
    """Files of a volume would be missing where a container sees the machine's own file system; a folder is harmless."""
    filled = {one["name"] for one in pod["spec"].get("volumes") or [] if "emptyDir" not in one}
    for mount in spec.get("volumeMounts") or []:
        if mount["name"] in filled:
            raise ConfigError(
                f"volume {mount['name']} cannot be at {mount['mountPath']}: a container has no file system of its own "
                f"here ({why})"
            )


def _without_view(command: Command, workdir: str, files: Path) -> Command:
    """The same where a container sees the machine's own files: it starts in the copy of the image's files, and words of
    its command line that are paths in there become where they are."""
    argv = [
        str(files / word.lstrip("/")) if word.startswith("/") and (files / word.lstrip("/")).is_file() else word
        for word in command.argv
    ]
    return replace(command, argv=argv, cwd=str(files / workdir.lstrip("/")))


def why_not_started(command: Command, error: Exception) -> str:
    """In the container runtime's words."""
    if not command.argv:
        return "no command specified"
    if isinstance(error, FileNotFoundError):
        return f'exec: "{command.argv[0]}": executable file not found in $PATH'
    return str(error)


async def execute(command: Command, argv: list[str], limit_s: float) -> Outcome:
    """Run another command as a container's own is run, for at most ``limit_s`` (probes and hooks)."""
    try:
        process = spawn(replace(command, argv=argv, nice=_APP_NICE))
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
