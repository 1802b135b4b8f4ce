"""The running cluster as the state folder remembers it, and its components as processes."""

import json
import os
import signal
from dataclasses import asdict, dataclass, field
from pathlib import Path

from autoscale.base.errors import ClusterError
from autoscale.kube.release import MINOR
from tests.local_cluster.components import Component
from tests.local_cluster.node import Node, children, start_ticks, wait_until
from tests.local_cluster.places import State


@dataclass
class Running:
    """What ``down`` and ``status`` must know: the node, each component's process on the host, settings to restore,
    the release of its control plane."""

    state: State
    node: Node | None = None
    settings: dict[str, str] = field(default_factory=dict)
    processes: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    kubernetes: str = MINOR

    def save(self) -> None:
        """Write it down before going on, so that a crash at any point can be cleaned up."""
        content = {
            "node": asdict(self.node) if self.node else None,
            "settings": self.settings,
            "processes": self.processes,
            "kubernetes": self.kubernetes,
        }
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(content))
        fresh.replace(self._file)

    def start(self, component: Component) -> None:
        """Start one component inside the node."""
        assert self.node
        pid = self.node.spawn(component.command, self.state.log(component.name))
        self.processes[component.name] = (pid, start_ticks(pid))
        self.save()

    def alive(self, name: str) -> bool:
        """Whether the component's process still runs."""
        pid, started = self.processes[name]
        return started is not None and start_ticks(pid) == started

    def check(self) -> None:
        """Raise ClusterError naming the log of the first component that has ended."""
        for name in self.processes:
            if not self.alive(name):
                log = self.state.log(name)
                raise ClusterError(
                    f"{name} has ended:\n  {last_lines(log)}", fix=f"read {log}; make cluster-down cluster starts anew"
                )

    def kill(self, name: str) -> None:
        """Kill one component, as a crash would, and wait for its end; the rest runs on."""
        for inside in children(self.processes[name][0]):
            os.kill(inside, signal.SIGKILL)
        wait_until(lambda: not self.alive(name), 30, f"{name} does not end", f"read {self.state.log(name)}")

    def kill_all(self) -> None:
        """End the node and wait for every process of it.

        Each component's ``nsenter`` first: one that stopped with its component would keep the namespace from ending.
        """
        for name, (pid, _) in self.processes.items():
            if self.alive(name):
                os.kill(pid, signal.SIGKILL)
        if self.node:
            self.node.kill()
        wait_until(lambda: not any(map(self.alive, self.processes)), 30, "the components do not end")

    @property
    def _file(self) -> Path:
        return self.state.root / "running.json"


def load(state: State) -> Running:
    """What the state folder remembers; nothing of it where there is none."""
    running = Running(state)
    if not running._file.exists():
        return running
    content = json.loads(running._file.read_text())
    running.node = Node(**content["node"]) if content["node"] else None
    running.settings = content["settings"]
    running.processes = {name: (pid, started) for name, (pid, started) in content["processes"].items()}
    running.kubernetes = content.get("kubernetes", MINOR)
    return running


def last_lines(log: Path, count: int = 3) -> str:
    """The end of a log, indented for an error message."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else ["(no log)"]
    return "\n  ".join(line[:300] for line in lines[-count:])
