"""Start, stop and look at the local cluster."""

import fcntl
import json
import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from autoscale.base.errors import ClusterError, InputError
from autoscale.cluster import contexts
from autoscale.kube.release import MINOR
from tests.local_cluster import archives, configs, debian, gobuild, leftovers, network, node
from tests.local_cluster.addresses import API_URL, CONTEXT, NODE, NODE_IP
from tests.local_cluster.client import Kubectl
from tests.local_cluster.components import Component, components
from tests.local_cluster.pki import IDENTITIES, write_pki
from tests.local_cluster.places import SOURCES, State, cache
from tests.local_cluster.running import Running, last_lines, load

_SERVERS = ("apiserver", "front-proxy-client", "apiserver-kubelet-client")


def up(state: State, kubernetes: str = MINOR) -> None:
    """Start the cluster, wait until it is whole, and allow it to receive load; a healthy one of that release is left as
    it is. ``kubernetes``: the release of its control plane (1.37).

    Raises AutoscaleError, naming the log to read.
    """
    if kubernetes not in (MINOR, *gobuild.NEWER):
        known = ", ".join((MINOR, *gobuild.NEWER))
        raise InputError(f"there is no control plane of Kubernetes {kubernetes!r}", fix=f"KUBERNETES= one of {known}")
    debian.need_root("for namespaces, cgroups and mounts")
    debian.ensure(debian.NODE)
    for part in (*gobuild.PARTS, *filter(None, [gobuild.NEWER.get(kubernetes)])):
        gobuild.build(part)
    kubectl = Kubectl(gobuild.build_kubectl(), state.kubeconfig)
    with _alone():
        running = load(state)
        if not (running.node and running.node.alive() and _begun(running) and running.kubernetes == kubernetes):
            _remove(running)
            running = Running(state, kubernetes=kubernetes)
            _start(running, kubectl)
        _await_whole(running, kubectl)
        contexts.allow(contexts.find(CONTEXT, state.kubeconfig))


def down(state: State) -> None:
    """Remove every process, mount, namespace, cgroup and file of the cluster; harmless when there is none."""
    if state.root.exists():
        debian.need_root("to remove what root started")
        with _alone():
            _remove(load(state))
            contexts.revoke_server(API_URL)


def keep_logs(state: State) -> Path | None:
    """Copy the components' logs to where ``down`` does not remove them; None where there are none."""
    kept = cache() / "logs"
    if not state.logs.exists():
        return None
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(state.logs, kept)
    return kept


def status(state: State) -> tuple[list[str], bool]:
    """One line per component with its log, then the API server's word; and whether all is well."""
    running = load(state)
    if running.node is None or not running.node.alive():
        return ["The local cluster is not running. make cluster starts it."], False
    alive = {name: running.alive(name) for name in running.processes}
    lines = [f"{name:<24} {'runs' if ok else 'ENDED':<6} {state.log(name)}" for name, ok in alive.items()]
    kubectl = Kubectl(gobuild.build_kubectl(), state.kubeconfig)
    ready = kubectl.ready()
    node_ready = ready and kubectl.condition(f"node/{NODE}", "Ready")
    lost = _lost_images(state)
    lines += [
        f"API server ready: {ready}; node ready: {node_ready}; control plane: {running.kubernetes}",
        f"kubeconfig: {state.kubeconfig}",
        *(f"the node's image {name} is gone: {cure}" for name, cure in lost.items()),
    ]
    return lines, node_ready and all(alive.values()) and _begun(running) and not lost


def _lost_images(state: State) -> dict[str, str]:
    """The images that the node was given and has no more, each with what brings it back: without the first no pod
    starts at all, and nothing says so but events."""
    there = images_of(state)
    given = {configs.PAUSE_IMAGE: "make cluster-down cluster", configs.COREDNS_IMAGE: "make cluster-down cluster"}
    loaded = state.root / "loaded"
    given |= dict.fromkeys(loaded.read_text().split() if loaded.exists() else (), "make images-load CONTEXT=local")
    return {name: cure for name, cure in given.items() if name not in there}


def restart(state: State, name: str) -> None:
    """Kill one component and start it again, as after a crash, and wait until the cluster is whole again.

    The others run on. InputError for an unknown name.
    """
    running = load(state)
    known = {component.name: component for component in _components(running)}
    if name not in known or name not in running.processes:
        raise InputError(f"no running component {name}", fix=f"one of {', '.join(running.processes or known)}")
    running.kill(name)
    running.start(known[name])
    _await_whole(running, Kubectl(gobuild.build_kubectl(), state.kubeconfig))


def _begun(running: Running) -> bool:
    """Whether every component was started; there may be more (addons)."""
    return {component.name for component in _components(running)} <= running.processes.keys()


def _components(running: Running) -> list[Component]:
    newer = gobuild.NEWER.get(running.kubernetes)
    folders = (gobuild.CONTROL_PLANE.folder, gobuild.METRICS_SERVER.folder, newer.folder if newer else None)
    return components(running.state, *folders)


def _remove(running: Running) -> None:
    running.kill_all()
    leftovers.await_empty()
    network.disconnect()
    leftovers.remove_cgroups()
    leftovers.restore(running.settings)
    leftovers.remove_folders()
    if running.state.root.exists():
        shutil.rmtree(running.state.root)


def _start(running: Running, kubectl: Kubectl) -> None:
    state = running.state
    _write_files(state)
    running.settings = leftovers.kernel_settings()
    running.save()
    leftovers.make_cgroups()
    running.node = node.create(state.log("node"))
    running.save()
    node.hide_fixed_places(running.node)
    network.connect(running.node)
    todo = _components(running)
    for component in todo[:3]:
        running.start(component)
    _wait(running, kubectl.ready, "kube-apiserver", 60)
    try:
        kubectl.apply(*_system_objects(state))
    except ClusterError as error:
        raise ClusterError(error.what, fix=f"read {state.log('kube-apiserver')}") from None
    _wait(running, state.socket.exists, "containerd", 30)
    for name, image in (("pause", configs.PAUSE_IMAGE), ("coredns", configs.COREDNS_IMAGE)):
        import_image(state, state.root / f"{name}.tar")
        _pin(state, image)
    for component in todo[3:]:
        running.start(component)


def _await_whole(running: Running, kubectl: Kubectl) -> None:
    """Wait until the node, its names and its metrics are there, and what the API server says of them is of now."""
    _wait(running, kubectl.ready, "kube-apiserver", 60)
    _wait(running, lambda: kubectl.condition(f"node/{NODE}", "Ready"), "kubelet", 60)
    _wait(running, lambda: kubectl.condition("-n kube-system deployment/coredns", "Available"), "kubelet", 60)
    # Not the condition Available: after a crash of the API server it is true, though nobody has looked again.
    _wait(running, lambda: kubectl.answers("/apis/metrics.k8s.io/v1beta1/nodes"), "metrics-server", 120)


def import_image(state: State, archive: Path) -> None:
    """Put a ``docker save`` archive into the node's containerd. Raises ClusterError."""
    if not state.socket.exists():
        raise InputError("the local cluster is not running", fix="make cluster")
    command = ["ctr", "-a", str(state.socket), "-n", "k8s.io", "images", "import", str(archive)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise ClusterError(f"importing {archive} failed: {done.stderr.strip()}", fix=f"read {state.log('containerd')}")


def _pin(state: State, name: str) -> None:
    """The kubelet removes no image that containerd calls pinned, however full the disk is."""
    command = [
        "ctr",
        "-a",
        str(state.socket),
        "-n",
        "k8s.io",
        "images",
        "label",
        name,
        "io.cri-containerd.pinned=pinned",
    ]
    subprocess.run(command, capture_output=True, check=True)


def images_of(state: State) -> set[str]:
    """The names of the images that the node has."""
    command = ["ctr", "-a", str(state.socket), "-n", "k8s.io", "images", "list", "-q"]
    return set(subprocess.run(command, capture_output=True, text=True).stdout.split())


def full_name(image: str) -> str:
    """An image's whole name, of the default registry's library, as the manifests write it."""
    return f"docker.io/library/{image}"


def load_image(state: State, image: str, archive: Path) -> None:
    """Put an image of ours into the node, and remember that it belongs there."""
    import_image(state, archive)
    with (state.root / "loaded").open("a") as stream:
        stream.write(f"{full_name(image)}\n")


def has_image(state: State, name: str) -> bool:
    """Whether the node has the image ``name``."""
    return full_name(name) in images_of(state)


def _write_files(state: State) -> None:
    for folder in (state.root, state.root / "etc", state.root / "cni", state.logs):
        folder.mkdir(parents=True, mode=0o700)
    write_pki(state.pki)
    for identity in IDENTITIES:
        if identity.file not in _SERVERS:
            target = state.kubeconfig if identity.file == "admin" else state.config(f"{identity.file}.kubeconfig")
            _write_private(target, yaml.safe_dump(configs.kubeconfig(state, identity.file)))
    state.config("containerd.toml").write_text(configs.containerd(state, debian.cni_plugins()))
    state.config("kubelet.yaml").write_text(yaml.safe_dump(configs.kubelet(state)))
    (state.root / "cni" / "10-autoscale.conflist").write_text(json.dumps(configs.cni()))
    _write_images(state)


def _write_images(state: State) -> None:
    machine = archives.ARCHITECTURES[platform.machine()]
    busybox = Path(shutil.which("busybox") or "/bin/busybox")
    sleep = ["/busybox", "sleep", "2147483647"]
    archives.write_archive(
        state.root / "pause.tar", configs.PAUSE_IMAGE, {"busybox": busybox}, sleep, architecture=machine
    )
    archives.write_archive(
        state.root / "coredns.tar",
        configs.COREDNS_IMAGE,
        {"coredns": gobuild.COREDNS.folder / "coredns"},
        ["/coredns", "-conf", "/etc/coredns/Corefile"],
        architecture=machine,
    )


def _system_objects(state: State) -> list[dict[str, object]]:
    files = sorted((SOURCES / "manifests").glob("*.yaml"))
    objects = [document for file in files for document in yaml.safe_load_all(file.read_text())]
    for one in objects:
        if one["kind"] == "APIService":
            one["spec"]["caBundle"] = configs.encoded(state.pki / "ca.crt")
        if one["kind"] == "EndpointSlice":
            one["endpoints"][0]["addresses"] = [NODE_IP]
    return objects


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)


def _wait(running: Running, true: Callable[[], bool], what: str, seconds: float) -> None:
    def settled() -> bool:
        running.check()
        return true()

    log = running.state.log(what)
    try:
        node.wait_until(settled, seconds, f"{what} is not ready")
    except ClusterError as error:
        if error.fix:  # another component has ended
            raise
        raise ClusterError(f"{error.what}\n  {last_lines(log)}", fix=f"read {log}") from None


@contextmanager
def _alone() -> Iterator[None]:
    # One for the whole machine, wherever the state lies: the link and the cgroups are the machine's.
    with Path("/run/autoscale-local.lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError("the cluster is being started or stopped by another command", fix="wait for it") from None
        yield
