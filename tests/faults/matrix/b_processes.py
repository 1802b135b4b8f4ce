"""A process of ours is killed, ended or held up."""

import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.faults.fault import Wanted
from tests.faults.stage import Stage
from tests.faults.whole import WholeRun

JUDGED = (0, 1, 5, 6)
WAITING = "Waiting for the service"
STARTING = "Starting the load"
REMOVING = "Removing what the run made"
NAMES = {signal.SIGKILL: "kill -9", signal.SIGTERM: "SIGTERM", signal.SIGINT: "SIGINT", signal.SIGHUP: "SIGHUP"}


def runner(stage: Stage) -> list[int]:
    return [stage.run.pid]


def control_plane(stage: Stage) -> list[int]:
    return [stage.cluster_pid]


def worker(stage: Stage) -> list[int]:
    return stage.pids("loadtest.driver", "worker")


def master(stage: Stage) -> list[int]:
    return stage.pids("loadtest.driver", "master")


def reaper(stage: Stage) -> list[int]:
    return stage.pids("reaper.py")


def proxy(stage: Stage) -> list[int]:
    return stage.pids("forward.py")


def app(stage: Stage) -> list[int]:
    """The first pod's app: gunicorn's master."""
    return stage.pids("python", "-m", "app")[:1]


def app_worker(stage: Stage) -> list[int]:
    """The worker process of some pod's gunicorn."""
    return [pid for pid in stage.pids("python", "-m", "app") if parent(pid) in stage.pids("python", "-m", "app")][:1]


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def at(when: str | int, who: Callable[[Stage], list[int]], *numbers: int) -> Callable[[Stage], None]:
    """Signals to somebody at a moment: words that the run said, or so many seconds of load."""

    def act(stage: Stage) -> None:
        stage.until_load(when) if isinstance(when, int) else stage.until_said(when)
        for number in numbers:
            stage.kill(who(stage), number)

    return act


def after_load(stage: Stage) -> None:
    """SIGTERM to the runner when the load's end was heard."""
    stage.until(lambda: any(row["name"] == "load-end" for row in stage.rows("mark")), "the load ended")
    stage.kill(runner(stage), signal.SIGTERM)


def at_its_start(stage: Stage) -> None:
    """kill -9 to the load's worker before it has said a word."""
    stage.until(lambda: worker(stage), "there was a worker")
    stage.kill(worker(stage))


def halted(who: Callable[[Stage], list[int]], stage: Stage) -> None:
    stage.until_load()
    stage.halt(who(stage), 4.0)


def both(stage: Stage) -> None:
    """Control plane and reaper together."""
    stage.until_load()
    stage.kill([*reaper(stage), *control_plane(stage)])


def peak(name: str, who: Callable[[Stage], list[int]], number: int, wanted: Wanted) -> WholeRun:
    """A signal in the peak."""
    return WholeRun(f"{name}: {NAMES[signal.Signals(number)]} at the peak", at(5, who, number), wanted)


INTERRUPTED = Wanted((130,))
REPORTED = Wanted((130,), ["report.html"])
DIED = Wanted((3,), ["has died"])
BROKEN = Wanted((4, 5, 6))
LOST = Wanted((4,), ["loadtest-worker"])  # the one worker of the run

FAULTS = [
    *(peak("runner", runner, number, INTERRUPTED) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)),
    peak("runner", runner, signal.SIGKILL, Wanted((-9,))),
    WholeRun("runner: SIGINT while it deploys", at("Deploying", runner, signal.SIGINT), INTERRUPTED),
    WholeRun("runner: SIGINT while it waits", at(WAITING, runner, signal.SIGINT), INTERRUPTED),
    WholeRun("runner: SIGHUP as the load starts", at(STARTING, runner, signal.SIGHUP), INTERRUPTED),
    WholeRun("runner: SIGTERM after the load", after_load, INTERRUPTED),
    WholeRun("runner: SIGINT while it tidies up", at(REMOVING, runner, signal.SIGINT), Wanted(JUDGED)),
    WholeRun("runner: SIGHUP twice at the peak", at(5, runner, signal.SIGHUP, signal.SIGHUP), REPORTED),
    WholeRun("runner: SIGTERM and SIGHUP at the peak", at(5, runner, signal.SIGTERM, signal.SIGHUP), REPORTED),
    WholeRun("runner: SIGINT twice at the peak", at(5, runner, signal.SIGINT, signal.SIGINT), INTERRUPTED),
    WholeRun("runner: kill -9 while it deploys", at("Deploying", runner, signal.SIGKILL), Wanted((-9,))),
    WholeRun("runner: kill -9 while it waits", at(WAITING, runner, signal.SIGKILL), Wanted((-9,))),
    WholeRun("runner: kill -9 as the load starts", at(STARTING, runner, signal.SIGKILL), Wanted((-9,))),
    WholeRun("runner: kill -9 while it tidies up", at(REMOVING, runner, signal.SIGKILL), Wanted((-9,))),
    WholeRun("runner: stopped for 4 s", partial(halted, runner), Wanted((5, 6))),
    *(peak("control plane", control_plane, n, DIED) for n in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)),
    WholeRun("control plane: kill -9 while the run waits", at(WAITING, control_plane, signal.SIGKILL), DIED),
    WholeRun("control plane: stopped for 4 s", partial(halted, control_plane), Wanted((5, 6))),
    *(peak("load worker", worker, n, LOST) for n in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)),
    WholeRun("load worker: kill -9 at its start", at_its_start, LOST),
    WholeRun("load worker: stopped for 4 s", partial(halted, worker), BROKEN),
    *(peak("load master", master, n, Wanted((4,))) for n in (signal.SIGKILL, signal.SIGINT, signal.SIGHUP)),
    peak("load master", master, signal.SIGTERM, Wanted((4, 5))),  # it ends the load in order if it has the time
    WholeRun("load master: stopped for 4 s", partial(halted, master), Wanted(JUDGED)),
    peak("reaper", reaper, signal.SIGKILL, Wanted(JUDGED, ["F32"])),
    WholeRun("reaper and control plane: kill -9 together", both, DIED, after_next=True),
    peak("service proxy", proxy, signal.SIGKILL, Wanted(JUDGED)),
    WholeRun("service proxy: stopped for 4 s", partial(halted, proxy), Wanted((4, *JUDGED))),
    *(peak("app (gunicorn)", app, n, Wanted(JUDGED)) for n in (signal.SIGKILL, signal.SIGTERM)),
    peak("app's worker process", app_worker, signal.SIGKILL, Wanted(JUDGED)),
    WholeRun("app (gunicorn): stopped for 4 s", partial(halted, app), Wanted(JUDGED)),
]
