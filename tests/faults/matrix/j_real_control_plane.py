"""On a real cluster: its control plane."""

import time
from functools import partial

from tests.faults.fault import Fault, Wanted
from tests.faults.local import Local, LocalRun

CONTEXT = "local"
JUDGED = (0, 1, 5, 6)
SEEN = (0, 5, 6)
UNKNOWN = (5, 6)


def killed(name: str, stage: Local) -> None:
    """And started again at once."""
    stage.until_load()
    stage.away(name, 0)


def gone(name: str, stage: Local) -> None:
    """Until the run is over."""
    stage.until_load(1)
    stage.away_to_the_end(name)


def slow_etcd(stage: Local) -> None:
    """For half a minute it works a third of the time."""
    stage.until_load()
    end = time.monotonic() + 30
    while time.monotonic() < end:
        stage.freeze("etcd", 1.0)
        time.sleep(0.5)


def frozen(name: str, seconds: float, stage: Local) -> None:
    stage.until_load()
    stage.freeze(name, seconds)


FAULTS: list[Fault] = [
    LocalRun("the API server is killed and back at once", partial(killed, "kube-apiserver"), Wanted(UNKNOWN, ["gap"])),
    LocalRun("the API server is stopped for 10 s", partial(frozen, "kube-apiserver", 10.0), Wanted(UNKNOWN)),
    LocalRun("etcd works a third of the time for 30 s", slow_etcd, Wanted(JUDGED)),
    LocalRun("etcd is killed and back at once", partial(killed, "etcd"), Wanted(JUDGED)),
    LocalRun("metrics-server is dead", partial(gone, "metrics-server"), Wanted((1, 6), ["had no metric"])),
    LocalRun("the controllers are dead", partial(gone, "kube-controller-manager"), Wanted((1, 5, 6), ["F51"])),
    LocalRun("the scheduler is dead", partial(gone, "kube-scheduler"), Wanted((1, 6), ["waited"])),
    LocalRun("kube-proxy is dead", partial(gone, "kube-proxy"), Wanted(JUDGED, ["F52"])),
]
