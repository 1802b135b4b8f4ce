"""The cluster's side of the service proxy: the table of Services, and the process that follows it."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from autoscale.embedded.kubelet.process import parent_death_signal
from autoscale.embedded.kubelet.reaper import MARK
from autoscale.embedded.proxy import forward
from autoscale.kube.kinds import Object
from autoscale.plane.controllers.endpointslice import slices_of
from autoscale.plane.store import Objects

Table = list[dict[str, Any]]


def service_table(objects: Objects) -> Table:
    """Every Service port, and every node port at the node's address, with the endpoints that new connections may go to.

    These are the ready ones; where none is ready, those that still serve while they end, as kube-proxy does.
    """
    table: Table = []
    node = _node_address(objects)
    for service in objects.list("Service"):
        address = service["spec"].get("clusterIP")
        if address in (None, "", "None"):
            continue
        slices = slices_of(service, objects)
        for port in service["spec"].get("ports") or []:
            backends = _backends(port, slices)
            table.append({"host": address, "port": port["port"], "backends": backends})
            if node and port.get("nodePort"):
                table.append({"host": node, "port": port["nodePort"], "backends": backends})
    return table


def _node_address(objects: Objects) -> str:
    """The InternalIP of the first node, for which the proxy stands in; "" while there is none."""
    nodes = objects.list("Node")
    found = [one["address"] for one in nodes[0]["status"].get("addresses") or []] if nodes else []
    return str(found[0]) if found else ""


def _backends(port: Object, slices: list[Object]) -> list[list[Any]]:
    found: dict[str, list[list[Any]]] = {"ready": [], "ending": []}
    for slice_ in slices:
        name = port.get("name") or ""
        number = next((p["port"] for p in slice_.get("ports") or [] if (p.get("name") or "") == name), None)
        for endpoint in slice_.get("endpoints") or [] if number else []:
            condition = endpoint["conditions"]
            if condition["ready"]:
                found["ready"].append([endpoint["addresses"][0], number])
            elif condition["serving"] and condition["terminating"]:
                found["ending"].append([endpoint["addresses"][0], number])
    return found["ready"] or found["ending"]


class ProxyHandle:
    """The proxy process; started again should it end. ``delay_s`` is from a change to its being followed."""

    def __init__(self, cluster: str, delay_s: float) -> None:
        self._cluster, self._delay_s = cluster, delay_s
        self._table: Table | None = None
        self._sent: Table | None = None
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {"PATH": os.environ.get("PATH", os.defpath), MARK: self._cluster}
        return subprocess.Popen(
            [sys.executable, "-I", str(Path(forward.__file__))],
            stdin=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
            env=environment,
            preexec_fn=parent_death_signal,
        )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def follow(self, table: Table) -> None:
        """Let the proxy have the table after the delay."""
        if table == self._table:
            return
        self._table = table
        asyncio.get_running_loop().call_later(self._delay_s, self._send, table)

    def check(self) -> None:
        """Start the process again if it has ended."""
        if self._process.poll() is not None:
            if self._process.stdin:
                self._process.stdin.close()
            self._process = self._start()
            if self._sent is not None:
                self._send(self._sent)

    def _send(self, table: Table) -> None:
        self._sent = table
        if self._process.stdin and not self._process.stdin.closed:
            try:
                self._process.stdin.write(json.dumps(table).encode() + b"\n")
            except OSError:
                self._process.poll()

    def stop(self) -> None:
        """End the process."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.kill()
        self._process.wait()
