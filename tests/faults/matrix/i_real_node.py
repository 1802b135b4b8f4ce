"""On a real cluster: its node and what runs there."""

import time

from tests.faults.fault import Fault, Wanted
from tests.faults.local import Local, LocalRun
from tests.local_cluster import images, lifecycle, places
from tests.local_cluster.addresses import NODE

CONTEXT = "local"
JUDGED = (0, 1, 5, 6)
FAILED = (1, 6)
UNKNOWN = (5, 6)
APP = images.IMAGES[0]

# From 45 s on, when the load is there, 5 MB a second beside the app: its limit of 256 is reached in the peak.
LEAKING = """
import runpy, threading, time
def leak():
    kept = []
    while True:
        kept.append(bytearray(2**20)); time.sleep(0.2)
threading.Timer(45, leak).start()
runpy.run_module("app", run_name="__main__")
"""


def kubelet_away(stage: Local) -> None:
    """For 20 s: too short for the node to be called unready, but nothing is started, measured or told of."""
    stage.until_load()
    stage.away("kubelet", 20)


def node_unready(stage: Local) -> None:
    """Until the node is called unready, and a little longer."""
    stage.until_load()
    stage.down("kubelet")
    try:
        stage.until(lambda: not stage.kubectl.condition(f"node/{NODE}", "Ready"), "the node was not Ready")
        time.sleep(5)
    finally:
        stage.up("kubelet")


def evicted(stage: Local) -> None:
    stage.until_load()
    stage.evict(stage.pods("web-")[0])


def image_gone(stage: Local) -> None:
    """Of the app, once its first pods run: further ones cannot start."""
    stage.until_load(1)
    stage.ctr("images", "rm", lifecycle.full_name(APP.name))
    try:
        stage.run.wait(300)
    finally:
        lifecycle.load_image(places.state(), APP.name, APP.archive)


def nothing(stage: Local) -> None:
    """The app does it itself."""


FAULTS: list[Fault] = [
    LocalRun("the kubelet is killed and back after 20 s", kubelet_away, Wanted(JUDGED)),
    LocalRun("the node is not Ready for a while", node_unready, Wanted(JUDGED, [f"the node {NODE} was not Ready"]),
             words=("--set", "load.plan.1.duration=110s")),
    LocalRun("a pod evicted", evicted, Wanted(JUDGED, ["was evicted"])),
    LocalRun("the app's image is gone", image_gone, Wanted(FAILED, ["ErrImageNeverPull"])),
    LocalRun("the app's memory grows beyond its limit", nothing, Wanted(JUDGED, ["OOMKilled"]), patches=[
        {"kind": "Deployment", "name": "web", "patch": {"spec": {"template": {"spec": {"containers": [
            {"name": "web", "command": ["python", "-c", LEAKING]}]}}}}},
    ]),
]  # fmt: skip
