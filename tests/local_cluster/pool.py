"""A provider of nodes: real ones, each with a containerd, a kubelet and a kube-proxy in namespaces of its own.

It runs inside the first node, as a cloud's machines' API would outside of it, and answers on that node's loopback:

    POST /nodes           {"name": "pool-x", "cores": 1, "memory": "2Gi", "provider_id": "local://pool-x",
                           "labels": {...}, "taints": [...]}      201; the node registers itself seconds later
    GET /nodes            {"nodes": [...]}, as they were ordered
    DELETE /nodes/pool-x  200, 404 where there is none

    python -m tests.local_cluster.pool STATE-FOLDER PROGRAMS-FOLDER PORT IMAGE-ARCHIVE...
"""

import json
import os
import shutil
import sys
import threading
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from autoscale.kube.quantities import parse_quantity
from tests.local_cluster import configs, debian, leftovers, lifecycle, network, node
from tests.local_cluster.addresses import Address, added
from tests.local_cluster.components import node_components
from tests.local_cluster.pki import write_kubelet
from tests.local_cluster.places import State

PORT = 18100


@dataclass(frozen=True)
class Order:
    """What is asked for: a node that offers ``cores`` and ``memory`` to its pods."""

    name: str
    cores: float
    memory: str
    provider_id: str
    labels: dict[str, str] = field(default_factory=dict)
    taints: list[dict[str, str]] = field(default_factory=list)


@dataclass
class Machine:
    """A node that was ordered; ``processes`` are those that were started for it."""

    order: Order
    number: int
    holder: node.Node | None = None
    processes: list[int] = field(default_factory=list)
    boot: threading.Thread | None = None
    unwanted: bool = False

    @property
    def address(self) -> Address:
        """Where it is in the cluster's network."""
        return added(self.number, self.order.name)


class Pool:
    """The machines. ``programs``: kubelet and kube-proxy; ``archives``: the images that every machine has when it
    joins: a pod that came before its image would look for it in a registry, and a load that cannot start fails."""

    def __init__(self, main: State, programs: Path, archives: list[Path]) -> None:
        self.main, self.programs, self.archives = main, programs, archives
        self.machines: dict[str, Machine] = {}
        self._lock = threading.Lock()

    def orders(self) -> list[Order]:
        """What was ordered and is not given back."""
        with self._lock:
            return [machine.order for machine in self.machines.values() if not machine.unwanted]

    def start(self, order: Order) -> None:
        """Begin to start a node; one of that name that is there is left as it is."""
        with self._lock:
            if order.name in self.machines:
                return
            taken = {machine.number for machine in self.machines.values()}
            number = next(number for number in range(1, 200) if number not in taken)
            machine = self.machines[order.name] = Machine(order, number)
            machine.boot = threading.Thread(target=self._boot, args=(machine,), daemon=True)
            machine.boot.start()

    def stop(self, name: str) -> bool:
        """Begin to take a node away; whether there was one."""
        with self._lock:
            machine = self.machines.get(name)
            if machine is None or machine.unwanted:
                return False
            machine.unwanted = True
        threading.Thread(target=self._end, args=(machine,), daemon=True).start()
        return True

    def state(self, name: str) -> State:
        """The folder of a node."""
        return State(self.main.root / "nodes" / name)

    def _boot(self, machine: Machine) -> None:
        state, address = self.state(machine.order.name), machine.address
        write_files(state, self.main, machine)
        leftovers.make_cgroups(address.cgroup, machine.order.cores)
        machine.holder = node.create(state.log("node"))
        node.hide_fixed_places(machine.holder)
        network.attach(machine.holder, address)
        runtime, *others = node_components(state, address, self.programs)
        machine.processes.append(machine.holder.spawn(runtime.command, state.log(runtime.name)))
        node.wait_until(state.socket.exists, 60, "containerd does not listen", f"read {state.log('containerd')}")
        for archive in self.archives:
            lifecycle.import_image(state, archive)
        machine.processes += [machine.holder.spawn(one.command, state.log(one.name)) for one in others]

    def _end(self, machine: Machine) -> None:
        if machine.boot is not None:
            machine.boot.join()
        if machine.holder is not None:
            machine.holder.kill()
        for process in machine.processes:
            os.waitpid(process, 0)
        leftovers.remove_cgroups(machine.address.cgroup)
        shutil.rmtree(self.state(machine.order.name).root, ignore_errors=True)
        with self._lock:
            del self.machines[machine.order.name]


def write_files(state: State, main: State, machine: Machine) -> None:
    """The files of an added node, as ``lifecycle`` writes those of the first one."""
    order, address = machine.order, machine.address
    for folder in (state.root, state.root / "etc", state.root / "cni", state.logs, state.pki):
        folder.mkdir(parents=True, mode=0o700)
    for name in ("ca.crt", "kube-proxy.crt", "kube-proxy.key"):
        shutil.copy(main.pki / name, state.pki / name)
    write_kubelet(state.pki, main.pki, address)
    for identity in ("kubelet", "kube-proxy"):
        text = yaml.safe_dump(configs.kubeconfig(state, identity))
        state.config(f"{identity}.kubeconfig").write_text(text)
    state.config("containerd.toml").write_text(configs.containerd(state, debian.cni_plugins()))
    kubelet = configs.kubelet(state, address) | {
        "providerID": order.provider_id,
        "registerWithTaints": order.taints,
        "kubeReserved": rest(order),
    }
    state.config("kubelet.yaml").write_text(yaml.safe_dump(kubelet))
    (state.root / "cni" / "10-autoscale.conflist").write_text(json.dumps(configs.cni(address)))


def rest(order: Order) -> dict[str, str]:
    """What the kubelet keeps of the whole machine, so that the node offers what was ordered."""
    memory = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    cores = 1000 * (os.cpu_count() or 1) - round(1000 * order.cores)
    left = int(memory.split()[1]) * 1024 - int(parse_quantity(order.memory)) - 100 * 2**20  # and evictionHard's
    return {"cpu": f"{max(0, cores)}m", "memory": str(max(0, left))}


def handler(pool: Pool) -> type[BaseHTTPRequestHandler]:
    """The provider's API over a pool."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(200, {"nodes": [asdict(order) for order in pool.orders()]})

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            pool.start(Order(**asked))
            self._answer(201, asked)

        def do_DELETE(self) -> None:
            there = pool.stop(self.path.rpartition("/")[2])
            self._answer(200 if there else 404, {})

        def _answer(self, code: int, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


def main() -> None:
    """Serve until the first node ends."""
    root, programs, port, *archives = sys.argv[1:]
    pool = Pool(State(Path(root)), Path(programs), list(map(Path, archives)))
    ThreadingHTTPServer(("127.0.0.1", int(port)), handler(pool)).serve_forever()


if __name__ == "__main__":
    main()
