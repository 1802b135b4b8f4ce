"""One run from scenario to report; several of them from one deployment."""

import threading
from collections.abc import Collection, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import datetime
from functools import partial

from autoscale.base.errors import AutoscaleError, ClusterError, Interrupted
from autoscale.base.exits import ExitCode
from autoscale.cluster.apply import remove_jobs, selector
from autoscale.cluster.clock import server_time
from autoscale.cluster.metrics import Question, questions
from autoscale.cluster.watch import Watch
from autoscale.hpa.config import DEFAULTS
from autoscale.kube.kinds import BY_KIND
from autoscale.observe import machine
from autoscale.observe.asking import Asker, asking
from autoscale.observe.fold import API_CLOCK, Fold
from autoscale.observe.scope import Scope
from autoscale.observe.sources import sampling, timing, watching
from autoscale.observe.table import NODE_EVENTS, OF_NODES, Selection, watched
from autoscale.observe.view import View
from autoscale.record.rows.course import Reason
from autoscale.record.rows.header import Header
from autoscale.record.writer import Writer
from autoscale.run import phases
from autoscale.run.ending import finish
from autoscale.run.header import header_row
from autoscale.run.loadjobs import MASTER, WORKER
from autoscale.run.options import Listener, Result, RunOptions
from autoscale.run.prepare import resolve
from autoscale.run.recorder import Beside, Recorder
from autoscale.run.scalers import behaviour_window, cooldown
from autoscale.run.site import UNHEARD, Site, deployed, out_folder
from autoscale.run.target import Target


def execute(options: RunOptions, listeners: Sequence[Listener] = (), stop: threading.Event | None = None) -> Result:
    """Run a scenario: deploy, drive, record, report; returns when everything it made is removed.

    ``listeners`` get every row as it is written. ``stop``: set it to end the load early; the report is still written.
    Raises InputError or ClusterError while nothing has been recorded; afterwards ``Result.error`` says what failed.
    """
    return repeat(options, 1, listeners, stop)[0]


def repeat(
    options: RunOptions, times: int, listeners: Sequence[Listener] = (), stop: threading.Event | None = None
) -> list[Result]:
    """Several runs from one deployment, each from the start state (minimum replicas, metrics settled), each with a
    record of its own. Ends early when ``stop`` is set or a run fails."""
    stop = stop or threading.Event()
    scenario = resolve(options)
    results: list[Result] = []
    left: list[ClusterError] = []
    name = out_folder(options, scenario.name, _stamp())
    try:
        with deployed(options, scenario, name, stop) as site:
            left = site.left
            for number in range(times):
                if number:
                    name = out_folder(options, scenario.name, _stamp())
                    options.say(f"Run {number + 1} of {times}")
                results.append(once(options, site, name, listeners, stop))
                options.on_result(results[-1])
                if stop.is_set() or results[-1].error is not None:
                    break
    finally:
        with suppress(OSError):
            (options.out / name).rmdir()  # only an empty folder: nothing was recorded
    if left and results[-1].exit_code == ExitCode.PASS:  # a pass that leaves pods running is none for a CI job
        results[-1] = replace(results[-1], exit_code=ExitCode.CLUSTER_FAILED, error=left[0])
    return results


def _stamp() -> str:
    """The local time as it stands in a folder's name."""
    return datetime.now().strftime("%Y%m%d-%H%M%S")


def once(options: RunOptions, site: Site, name: str, listeners: Sequence[Listener], stop: threading.Event) -> Result:
    """One recorded run on a deployed service. What the run before left of the load generator goes first: its log is
    that run's."""
    remove_jobs(site.place.cluster, site.target.namespace, (MASTER, WORKER))
    folder = options.out / name
    now = server_time(site.place.cluster)  # events are dated by the cluster's clock
    scope = scope_of(site, site.target, now - 2.0, redact_paths=options.redact_paths)
    with Writer(folder / "record.jsonl") as writer, ExitStack() as stack:
        run = _recorder(site, scope, writer, stack, listeners, stop)
        run.write(_header(options, site, name))
        reason: Reason = "failed"
        error: AutoscaleError | None = None
        try:
            error = record(run, site, options)
            reason = "interrupted" if stop.is_set() else "failed" if error else "done"
        except Interrupted:
            reason = "interrupted"
        except AutoscaleError as caught:
            error = caught
        except KeyboardInterrupt:
            reason = "interrupted"
            raise
        finally:
            stack.close()
            with suppress(AutoscaleError):  # a full disk: the record ends where it ends
                _close(run, writer, reason, error)
    return finish(folder, reason, error, run.totals.to_json(), options.say)


def _recorder(
    site: Site,
    scope: Scope,
    writer: Writer,
    stack: ExitStack,
    listeners: Sequence[Listener],
    stop: threading.Event,
) -> Recorder:
    """Who records the run: what of the cluster is the run's, and where its rows go."""
    return Recorder(
        cluster=site.place.cluster,
        namespace=site.target.namespace,
        writer=writer,
        fold=Fold(scope),
        view=View(scope),
        stack=stack,
        beside=[beside(site, one, scope) for one in site.beside],
        listeners=listeners,
        stop=stop,
        alive=site.place.alive,
        same_machine=site.place.embedded,
    )


def _header(options: RunOptions, site: Site, name: str) -> Header:
    return header_row(
        name,
        site.scenario,
        site.target,
        site.beside,
        [*site.objects, *site.load],
        site.place.cluster,
        accepted=site.accepted,
        hpa_config=site.place.hpa_config,
        unseen=site.unseen,
        redact_paths=options.redact_paths,
    )


def _close(run: Recorder, writer: Writer, reason: Reason, error: AutoscaleError | None) -> None:
    """Write what was heard and is not in the record yet, and the record's end."""
    while run.take(0):
        pass
    run.close_gaps()
    if reason == "failed" and error is not None:
        # The first line is ours; what load pods said may hold anything, and is told at the terminal alone.
        run.mark("failed", error.what.partition("\n")[0])
    run.write({"k": "end", "reason": reason, "rows": writer.rows + 1, "totals": run.totals.to_json()})


def record(run: Recorder, site: Site, options: RunOptions) -> AutoscaleError | None:
    """All phases of one run; returns what went wrong once the load had begun."""
    scenario, say = site.scenario, options.say
    duration, workers = scenario.duration_s, scenario.load.workers
    enter_sources(run, site)
    options.on_master(lambda: phases.master_fetch(run))
    say("Waiting for the service to be ready ...")
    phases.await_ready(run, ours=site.target.ours)
    say("Waiting for the autoscaler to see metrics ...")
    phases.await_start(run, behaviour(site), sync_period(site), say)
    say(f"Starting the load generator{f' ({scenario.sizing})' if scenario.sizing else ''} ...")
    phases.start_load(run, site.load, workers)
    error = phases.await_load(run, duration)
    phases.count_holes(run, workers, duration)
    if error is None and not run.stop.is_set():
        phases.tail(run, behaviour(site), sync_period(site), say)
    return error


def behaviour(site: Site) -> float:
    """The longest way of the targets' autoscalers back to their minimum: scale-down window and KEDA's cooldown, in
    seconds."""
    default_s = site.place.hpa_config["downscale_stabilization_s"]
    targets = (site.target, *site.beside)
    return max(behaviour_window(one.hpa, default_s) + cooldown(one.scaled) for one in targets)


def sync_period(site: Site) -> float:
    """The HPA controller's period: as set, else the upstream default."""
    return site.place.hpa_config["sync_period_s"] or DEFAULTS.sync_period_s


def scope_of(site: Site, target: Target, since: float, *, redact_paths: bool = False) -> Scope:
    """What belongs to one of a site's workloads since a moment (epoch seconds)."""
    return Scope(
        kind=target.kind,
        workload=target.name,
        service=target.service,
        hpa=target.hpa["metadata"]["name"],
        since=since,
        labels=target.labels,
        load=selector(site.label),
        redact_paths=redact_paths,
        scaled=target.scaled["metadata"]["name"] if target.scaled else None,
        vpa=target.vpa["metadata"]["name"] if target.vpa else None,
    )


def beside(site: Site, target: Target, scope: Scope) -> Beside:
    """Another service of the run, seen since the same moment."""
    own = scope_of(site, target, scope.since, redact_paths=scope.redact_paths)
    return Beside(target.name, Fold(own), View(own))


def enter_sources(run: Recorder, site: Site) -> None:
    """Everything that is listened to, entered in order; left in the opposite order by the recorder's stack."""
    cluster, target, inbox = run.cluster, site.target, run.inbox

    def date() -> str:
        return cluster.call("GET", "/version", read_s=5.0).headers["date"]

    pulse = timing(API_CLOCK, date, inbox, run.clock, same_machine=run.same_machine, heard=lambda: run.heard_at)
    run.stack.enter_context(pulse)
    for source in watched(*(one.kind for one in (target, *site.beside))):
        many = bool(site.beside) and source.rows is not None  # one watch for all, however many there are
        scopes = (run.fold.scope, *(one.fold.scope for one in run.beside))
        found = any(source.selection(scope) is not None for scope in scopes)
        chosen = (Selection() if found else None) if many else source.selection(run.fold.scope)
        resource = source.resource
        if chosen is None or resource.plural in site.unseen:
            continue
        namespace = target.namespace if resource.namespaced else None
        watch = Watch(
            cluster,
            resource,
            namespace,
            labels=chosen.labels,
            fields=chosen.fields,
            beat=source.beat,
            clock=run.clock,
        )
        run.stack.enter_context(watching(watch, inbox, load=source.rows is None))
    if target.namespace != NODE_EVENTS and not {"nodes", UNHEARD} & set(site.unseen):
        for kind in OF_NODES:
            fields = f"involvedObject.kind={kind}"
            about = Watch(cluster, BY_KIND["Event"], NODE_EVENTS, fields=fields, clock=run.clock)
            run.stack.enter_context(watching(about, inbox))
    period_s = site.place.metrics_period_s
    labels = "" if site.beside else target.labels
    run.stack.enter_context(sampling(cluster, target.namespace, labels, inbox, period_s, run.clock))
    if run.same_machine:
        run.stack.enter_context(machine.watched(inbox, run.clock))
    _enter_askers(run, site)


def _enter_askers(run: Recorder, site: Site) -> None:
    """Ask for the custom and external metrics of every HPA that has some, or may come to have (KEDA's)."""
    others = ((one, at.view, at.name) for one, at in zip(site.beside, run.beside, strict=True))
    for one, view, name in ((site.target, run.view, None), *others):
        if one.scaled or questions(one.hpa["spec"].get("metrics")):
            asker = Asker(
                cluster=run.cluster,
                namespace=one.namespace,
                labels=one.labels,
                inbox=run.inbox,
                clock=run.clock,
                of=name,
            )
            run.stack.enter_context(asking(asker, partial(_asked, view, site.unseen), sync_period(site)))


def _asked(view: View, unseen: Collection[str]) -> list[Question]:
    """What the HPA asks of custom and external metrics now, as far as the run may ask it too."""
    spec = (view.hpa or {}).get("spec") or {}
    return [one for one in questions(spec.get("metrics")) if one.place not in unseen]
