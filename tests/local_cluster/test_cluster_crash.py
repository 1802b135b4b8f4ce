"""What is left after a crash, and after the end: nothing. Afterwards a whole cluster runs again."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoscale.base.errors import ClusterError
from autoscale.cluster import contexts
from tests.conftest import need
from tests.local_cluster import images, leftovers, lifecycle, node, places, running
from tests.local_cluster.addresses import API_URL, CGROUP, HOST_LINK
from tests.local_cluster.client import Kubectl

pytestmark = pytest.mark.cluster


@pytest.fixture
def cluster(kubectl: Kubectl) -> Iterator[running.Running]:
    """The running cluster; afterwards there is a whole one again, with the images that it had."""
    need(shutil.which("ip") is not None, "needs iproute2")
    names = [image for image in images.IMAGES if lifecycle.has_image(places.state(), image.name)]
    yield running.load(places.state())
    lifecycle.up(places.state())
    for image in names:
        lifecycle.import_image(places.state(), image.archive)


def traces() -> list[str]:
    """Everything of a local cluster that this machine still shows."""
    words = str(places.state().root)
    processes = [f"process {pid}" for pid in os.listdir("/proc") if pid.isdigit() and words in _command(pid)]
    links = subprocess.run(["ip", "-brief", "link"], capture_output=True, text=True).stdout
    mounts = Path("/proc/self/mounts").read_text()
    groups = [str(group) for group in Path("/sys/fs/cgroup").glob(f"**/{CGROUP}")]
    places_left = [str(place) for place in (places.state().root, Path("/run/netns")) if place.exists()]
    found = processes + groups + places_left
    found += [HOST_LINK] if HOST_LINK in links else []
    found += ["mounts"] if words in mounts or "/var/lib/kubelet" in mounts else []
    found += ["allowance"] if any(entry["server"] == API_URL for entry in contexts.allowed()) else []
    return found


def _command(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return ""


def test_a_dead_component_is_named_with_its_log(cluster: running.Running) -> None:
    """When the scheduler is killed, status says so, and a start refuses, naming the log, until it runs again."""
    cluster.kill("kube-scheduler")
    lines, whole = lifecycle.status(places.state())
    assert not whole
    assert [line.split()[0] for line in lines if "ENDED" in line] == ["kube-scheduler"]
    with pytest.raises(ClusterError, match="kube-scheduler has ended") as caught:
        lifecycle.up(places.state())
    assert "kube-scheduler.log" in caught.value.fix
    lifecycle.restart(places.state(), "kube-scheduler")
    assert lifecycle.status(places.state())[1]


def test_a_start_that_was_broken_off_is_made_anew(cluster: running.Running) -> None:
    """A node that runs without all of its components is no cluster: the next start removes it and makes a whole one."""
    assert cluster.node
    cluster.kill("kube-proxy")
    del cluster.processes["kube-proxy"]
    cluster.save()
    lifecycle.up(places.state())
    assert lifecycle.status(places.state())[1]
    assert not cluster.node.alive()


def test_a_crash_leaves_nothing_once_it_is_cleaned_up(cluster: running.Running) -> None:
    """The node's process 1 is killed with pods running: all processes end at once, and ``down`` removes the rest."""
    assert cluster.node
    assert traces()
    os.kill(cluster.node.pid, signal.SIGKILL)
    node.wait_until(lambda: not any(map(cluster.alive, cluster.processes)), 30, "components outlive their node")
    assert not lifecycle.status(places.state())[1]
    lifecycle.down(places.state())
    assert traces() == []
    assert leftovers.kernel_settings() == cluster.settings
    lifecycle.down(places.state())
