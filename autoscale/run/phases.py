"""The phases of a run, one function each: ready, metrics, load, tail. Each waits on what the sources see."""

import time
from collections.abc import Callable
from typing import Any

from autoscale.base.errors import AutoscaleError, ClusterError, GeneratorError, Problem
from autoscale.cluster.apply import apply, delete
from autoscale.cluster.proxy import Fetch
from autoscale.cluster.readiness import hopeless, is_ready, is_rolled_out, not_created, refused_pods, stuck, unplaced
from autoscale.hpa.reasons import cure
from autoscale.kube.kinds import Object
from autoscale.observe.view import View
from autoscale.run import loadjobs
from autoscale.run.loadjobs import MASTER, START_DEADLINE_S, WORKER, is_master
from autoscale.run.recorder import Recorder

READY_S = 180.0
METRICS_S = 120.0
FLUSH_S = 30.0
STOP_S = 20.0
REFUSED_S = 15.0  # a quota may be free again when the last run's pods have gone


def await_ready(run: Recorder, *, ours: bool) -> None:
    """Until the workload has rolled out, where it is ours; else until it has its pods, of whatever revision.

    ClusterError naming what is stuck, and why.
    """
    for view in run.views:
        _await_one(run, view, is_rolled_out if ours else is_ready)


def _await_one(run: Recorder, view: View, settled: Callable[[Object], bool]) -> None:
    refused = _held(lambda: bool(refused_pods(view.workload)), REFUSED_S)

    def ready() -> bool | None:
        if found := hopeless(view.pods.values()) or (refused() and refused_pods(view.workload)):
            raise ClusterError("the service cannot become ready", problems=found)
        return True if view.workload is not None and settled(view.workload) else None

    if run.pump(ready, READY_S) is None:
        problems = stuck(view.pods.values(), view.about(view.scope.workload))
        raise ClusterError(f"the service is not ready after {READY_S:g} s", problems=problems, fix=_broken(run))


def _broken(run: Recorder) -> str:
    """What the sources that broke said."""
    return "; ".join(str(item.error) for item in run.broken)


def await_start(run: Recorder, window_s: float, sync_s: float, say: Callable[[str], None]) -> None:
    """Until the start state: the HPA computes from metrics, and the workload has been ready at the minimum, or at the
    size at which its own metric holds it, for two syncs. At 0 pods there is nothing to wait for.

    A workload that is there already when it is first seen need not prove it. ClusterError where the HPA sees no
    metrics: it would be blind from the first request on. Behind KEDA that is said and tried: its fallback may hold.
    """
    if not run.pump(lambda: True if all(view.hpa_sees() for view in run.views) else None, METRICS_S):
        blind = [view for view in run.views if not view.hpa_sees()]
        words = f"the HPA has seen no metrics for {METRICS_S:g} s: {_blindness(blind[0])}"
        if any(view.scaled is None for view in blind):
            raise ClusterError(words, fix=cure(_blind_reason(blind[0])))
        say(f"The run goes on without: {words}")
        return

    def can_start() -> bool:
        return all(view.can_start() for view in run.views)

    if not can_start():
        run.pump(_held(can_start, 2 * sync_s), window_s + 5 * sync_s + 60.0)


def _held(condition: Callable[[], bool], seconds: float) -> Callable[[], bool | None]:
    """True once the condition has held without a break for so long."""
    since: list[float] = []

    def held() -> bool | None:
        if not condition():
            since.clear()
            return None
        since[1:] = []
        since.append(time.monotonic())
        return True if since[-1] - since[0] >= seconds else None

    return held


def _blind_reason(view: View) -> str:
    """The reason of the condition that keeps the HPA from acting; that of metrics-server where it has none yet."""
    conditions = ((view.hpa or {}).get("status") or {}).get("conditions") or []
    reasons = [item.get("reason") or "" for item in conditions if item["status"] == "False"]
    return next(iter(reasons), "FailedGetResourceMetric")


def _blindness(view: View) -> str:
    """What the HPA itself says."""
    conditions = ((view.hpa or {}).get("status") or {}).get("conditions") or []
    said = [item.get("message") or item.get("reason") for item in conditions if item["status"] == "False"]
    said += ["there is no HPA"] if view.hpa is None and view.scaled is not None else []
    return "; ".join(filter(None, said)) or "it has no status yet"


def start_load(run: Recorder, objects: list[dict[str, Any]], workers: int) -> None:
    """Apply the load generator and wait until its load begins. GeneratorError, or ClusterError where pods are stuck."""
    apply(run.cluster, objects, run.namespace)

    refused = _held(lambda: bool(_refused_load(run)), REFUSED_S)
    failed = _held(lambda: bool(_failed_load(run)) and run.logs_read(), REFUSED_S)

    def begun() -> bool | None:
        if found := hopeless(run.view.load_pods.values()) or (refused() and _refused_load(run)):
            raise ClusterError("the load generator cannot start", problems=found)
        if "load-start" in run.marks or run.totals.last_at:  # the master's word, or a worker's that was heard before it
            return True
        # That the load has begun stands in the master's log, which may be heard of after the end of a Job.
        told = any(name.startswith(MASTER) for name in run.followed) and run.logs_read()
        if (told or failed()) and (ended := _failed_load(run)):
            raise load_error(run.view, "{} ended before the load began ({})".format(*ended), run.last_words())
        return None

    if run.pump(begun, START_DEADLINE_S + 30) is None:
        up = sum(1 for pod in _workers(run) if (pod.get("status") or {}).get("phase") == "Running")
        what = f"the load did not begin within {START_DEADLINE_S + 30} s: {up} of {workers} workers run"
        if run.broken:  # who cannot see the pods cannot blame them
            raise ClusterError(f"{what}, as far as can be seen", fix=_broken(run))
        raise load_error(run.view, what, run.last_words())


def _failed_load(run: Recorder) -> tuple[str, str] | None:
    """A Job of the load generator that has failed, and how."""
    ends = [(job, run.view.job_ended(job)) for job in (MASTER, WORKER)]
    return next(((job, ended) for job, ended in ends if ended and ended != "Complete"), None)


def _refused_load(run: Recorder) -> list[Problem]:
    """Why no pod of the load generator may be made, while there is none of one Job."""
    absent = [job for job in (MASTER, WORKER) if not any(name.startswith(job) for name in run.view.load_pods)]
    return not_created(run.view.about(*absent)) if absent else []


def _workers(run: Recorder) -> list[dict[str, Any]]:
    """The worker pods."""
    return [pod for pod in run.view.load_pods.values() if not is_master(pod)]


def load_error(view: View, what: str, last_words: list[str], *, began: bool = False) -> AutoscaleError:
    """An error with the last words of the load pods: the cluster's where it keeps some from running, and why. Or where
    it did until the others had given up waiting, which made room."""
    words, events = "\n  ".join([what, *last_words]), view.about(MASTER, WORKER)
    waiting = [pod for pod in view.load_pods.values() if (pod.get("status") or {}).get("phase") == "Pending"]
    if problems := stuck(waiting, events) or ([] if began else unplaced(view.load_pods.values(), events)):
        return ClusterError(words, problems=problems)
    return GeneratorError(words, problems=stuck(view.load_pods.values(), events))


def await_load(run: Recorder, duration_s: float) -> AutoscaleError | None:
    """Until the load has ended and its logs are read, or the user has ended it. What went wrong is returned."""
    deadline = duration_s + FLUSH_S + 60
    end = run.pump(lambda: _load_over(run) or (True if run.stop.is_set() else None), deadline, stoppable=False)
    if run.stop.is_set() and "load-end" not in run.marks:
        end_load(run)
    run.pump(lambda: True if _jobs_over(run) and run.logs_read() else None, FLUSH_S, stoppable=False)
    if end is None:
        return ClusterError(f"the load did not end within {deadline:g} s, or its end was not heard")
    for job in (MASTER, WORKER):
        ended = run.view.job_ended(job)
        if ended and ended != "Complete" and not run.stop.is_set():
            return load_error(run.view, f"{job} failed during the load ({ended})", run.last_words(), began=True)
    return None


def _load_over(run: Recorder) -> bool | None:
    """True once the master has said so, or has ended without a word."""
    return True if "load-end" in run.marks or run.view.job_ended(MASTER) else None


def _jobs_over(run: Recorder) -> bool:
    """Whether both Jobs have ended, or are gone."""
    return all(job not in run.view.jobs or run.view.job_ended(job) for job in (MASTER, WORKER))


def end_load(run: Recorder) -> None:
    """End the load early: ask the master as its Stop button does; where it does not listen, remove the Jobs."""
    run.mark("interrupted")
    fetch = master_fetch(run)
    try:
        heard = fetch is not None and fetch("POST", "/stop", {}, None)[0] < 400
    except ClusterError:
        heard = False  # the Jobs are removed below
    if heard:
        run.pump(lambda: _load_over(run), STOP_S, stoppable=False)
    if not _load_over(run):
        for job in (MASTER, WORKER):
            delete(run.cluster, "Job", run.namespace, job)


def master_fetch(run: Recorder) -> Fetch | None:
    """HTTP to the running master's web UI through the API server; None while there is none."""
    for pod in list(run.view.load_pods.values()):
        if is_master(pod) and (pod.get("status") or {}).get("phase") == "Running":
            return loadjobs.master_fetch(run.cluster, run.namespace, pod)
    return None


def count_holes(run: Recorder, workers: int, duration_s: float) -> None:
    """A gap for every worker whose rows end before the plan does, or never came."""
    start = run.marks.get("load-start")
    if start is None or run.stop.is_set():
        return
    end = start["at"] + duration_s
    for shard in range(workers):
        last = run.totals.last_at.get(shard)
        since = start["at"] if last is None else last + 1.0
        if since < end - 2.0:
            cause = f"the rows of worker {shard} end {end - since:.0f} s before the load does"
            run.write({"k": "gap", "source": f"load/{shard}", "since": since, "until": end, "cause": cause})


def tail(run: Recorder, window_s: float, sync_s: float, say: Callable[[str], None]) -> bool:
    """After the load: until the replicas are back at the minimum, or the time that takes by the settings is over, or
    nothing is left that would bring them back.

    Whether they are back. The bound: the scale-down window, two syncs, one metrics window, and time to end pods.
    """
    bound = window_s + 3 * sync_s + 60.0

    def at_minimum() -> bool:
        return all(view.at_minimum() for view in run.views)

    def over() -> bool:
        return run.stop.is_set() or all(view.at_minimum() or view.left_alone() for view in run.views)

    run.pump(lambda: None, min(sync_s, 5.0), stoppable=False)
    if not over():
        say(f"Waiting for the scale-down (at most {bound:.0f} s) ...")
    began = time.monotonic()
    back = run.pump(
        lambda: True if over() else None,
        bound - (time.monotonic() - began),
        stoppable=False,
    )
    return bool(back) and at_minimum()
