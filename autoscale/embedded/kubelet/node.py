"""What all pods of the node share: the store, settings, cgroups, folders, and the ways to tell of what happened."""

import contextlib
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from autoscale.base.times import format_time
from autoscale.embedded.addresses import Block, next_pod_ip
from autoscale.embedded.kubelet import reaper
from autoscale.embedded.kubelet.cgroups import Cgroups
from autoscale.embedded.kubelet.limiter import LimiterHandle
from autoscale.embedded.kubelet.supervisor import Supervisor
from autoscale.embedded.settings import Settings
from autoscale.kube.conditions import set_condition
from autoscale.kube.kinds import Object
from autoscale.kube.release import VERSION
from autoscale.kube.statuses import StatusError
from autoscale.plane.store import Emit, Objects, Store, UpdateStatus

COMPONENT = "kubelet"
REAPER_GONE = "ReaperGone"
"""The reason of the event that tells of a reaper that somebody has ended."""


def _machine_hosts() -> str:
    """The machine's own names, which pods keep."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return Path("/etc/hosts").read_text()
    return "127.0.0.1 localhost\n"


@dataclass
class Node:
    """The adapters of one node. ``cluster`` is the mark that every process of the cluster carries.

    ``no_files`` and ``no_addresses`` say why pods cannot have a file system or addresses of their own here; "" where
    they have.
    """

    store: Store
    settings: Settings
    block: Block
    state_dir: Path
    cluster: str
    clock: Callable[[], float]
    cgroups: Cgroups | None
    limiter: LimiterHandle | None
    reaper: subprocess.Popen[bytes]
    no_files: str = ""
    no_addresses: str = ""
    supervisor: Supervisor = field(default_factory=Supervisor)
    pulled: set[str] = field(default_factory=set)
    addresses: dict[str, str] = field(default_factory=dict)
    sessions: set[int] = field(default_factory=set)
    machine_hosts: str = field(default_factory=_machine_hosts)
    _last_address: int = 0

    @property
    def objects(self) -> Objects:
        """The read side of the store."""
        return self.store.objects

    @property
    def allocatable(self) -> Object:
        """What pods may use of the node."""
        found = self.objects.get("Node", "", self.settings.node_name)
        return found["status"]["allocatable"] if found else {}

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.clock()

    def folder(self, uid: str) -> Path:
        """Where a pod's logs and scratch folders lie."""
        return self.state_dir / uid

    def volumes(self, uid: str) -> Path:
        """Where a pod's volumes lie; no container can have this name."""
        return self.folder(uid) / "volumes~"

    def take_address(self, uid: str) -> str:
        """An address for a pod, its own until ``free_address``."""
        if uid not in self.addresses:
            taken = set(self.addresses.values())
            self.addresses[uid], self._last_address = next_pod_ip(self.block, self._last_address, taken)
        return self.addresses[uid]

    def free_address(self, uid: str) -> None:
        """The pod needs its address no more."""
        self.addresses.pop(uid, None)

    def emit(self, pod: Object, kind: str, reason: str, message: str, container: str = "") -> None:
        """An event about a pod, or one of its containers."""
        path = f"spec.containers{{{container}}}" if container else ""
        name = self.settings.node_name
        self.store.apply(
            Emit(obj=pod, type=kind, reason=reason, message=message, component=COMPONENT, field_path=path, host=name),
            self.now(),
        )

    def write_status(self, pod: Object, status: Object) -> None:
        """Write a pod's status; nothing happens where the pod is already gone."""
        with contextlib.suppress(StatusError):
            self.store.apply(UpdateStatus({**pod, "status": status}), self.now())

    def tell_reaper(self, sign: str, session: int) -> None:
        """``+``: a session of the cluster's that has to end with it; ``-``: it has ended."""
        (self.sessions.add if sign == "+" else self.sessions.discard)(session)
        if self.reaper.stdin:
            with contextlib.suppress(OSError):
                self.reaper.stdin.write(f"{sign}{session}\n".encode())

    def check_reaper(self) -> None:
        """A reaper that is gone is started again and told all, and an event of the node says so."""
        if self.reaper.poll() is None:
            return
        if self.reaper.stdin:
            self.reaper.stdin.close()
        self.reaper = reaper.start(self.cluster, self.cgroups.folders if self.cgroups else ())
        for session in sorted(self.sessions):
            self.tell_reaper("+", session)
        node = self.objects.get("Node", "", self.settings.node_name)
        if node:
            self._tell(node)

    def _tell(self, node: Object) -> None:
        """In each namespace that has pods, besides ``default`` where a node's events are: a run hears its own."""
        words = "The reaper, which ends all pods when the cluster is killed, was gone; it was started again"
        for namespace in sorted({pod["metadata"]["namespace"] for pod in self.objects.list("Pod")} | {"default"}):
            about = {**node, "metadata": {**node["metadata"], "namespace": namespace}}
            told = Emit(
                obj=about,
                type="Warning",
                reason=REAPER_GONE,
                message=words,
                component=COMPONENT,
                host=self.settings.node_name,
            )
            self.store.apply(told, self.now())


def node_object(settings: Settings, block: Block, now: float, name: str | None = None) -> Object:
    """The Node as the API shows it: Ready, with what the settings (or the machine) give it; by default the first."""
    name = settings.node_name if name is None else name
    capacity = {"cpu": settings.cpu(), "memory": settings.memory(), "pods": str(settings.node_pods)}
    good = {"status": "True", "reason": "KubeletReady", "message": "kubelet is posting ready status"}
    ready = set_condition([], {"type": "Ready", "lastHeartbeatTime": format_time(now), **good}, now)
    system = os.uname()
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(system.machine, system.machine)
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": architecture,
        "node-role.kubernetes.io/control-plane": "",
    }
    addresses = [{"type": "InternalIP", "address": block.node_ip}, {"type": "Hostname", "address": name}]
    status = {
        "capacity": capacity,
        "allocatable": capacity,
        "conditions": ready,
        "addresses": addresses,
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 0}},
        "nodeInfo": _node_info(system, architecture),
    }
    return {
        "kind": "Node",
        "apiVersion": "v1",
        "metadata": {"name": name, "labels": labels},
        "spec": {},
        "status": status,
    }


def _node_info(system: os.uname_result, architecture: str) -> Object:
    return {
        "kernelVersion": system.release,
        "osImage": "processes on this machine",
        "containerRuntimeVersion": "processes://1",
        "kubeletVersion": VERSION,
        "kubeProxyVersion": VERSION,
        "operatingSystem": "linux",
        "architecture": architecture,
        **dict.fromkeys(("machineID", "systemUUID", "bootID"), ""),
    }
