"""Findings on pods that start, warm up, or lose their readiness."""

from autoscale.analysis.steps import StepSeries
from autoscale.findings.results import Evidence
from autoscale.findings.run import Hit, Run, behavior_patch, container_patch
from autoscale.findings.thresholds import limit


def slow_start(run: Run) -> Hit | None:
    """F4: pods take long to become ready, and the load waits for them."""
    startup = run.value("startup")
    if startup is None or startup <= limit("slow_start"):
        return None
    share = _deficit_while_starting(run)
    if share is not None and share <= limit("starting_share"):
        return None
    sums: dict[str, float] = {}
    for pod in run.pods:
        for phase in pod.start_phases:
            if phase.name in ("scheduled", "pulled", "started", "ready") and phase.duration_s is not None:
                sums[phase.name] = sums.get(phase.name, 0.0) + phase.duration_s
    longest = max(sums, key=lambda name: sums[name], default="ready")
    cures = {
        "scheduled": "Nodes were short of room: add capacity ahead of the load.",
        "pulled": "Pulling the image is the longest part: pre-pull it, or make it smaller.",
        "started": "Starting the container is the longest part: fewer init containers, a faster runtime start.",
        "ready": "Becoming ready is the longest part: a startupProbe, a shorter readinessProbe period, a faster start.",
    }
    patch = container_patch(run, readinessProbe={"periodSeconds": 1, "initialDelaySeconds": 0})
    starting = [
        pod for pod in run.pods if pod.created is not None and pod.ready_at is not None and pod.created >= run.start
    ]
    span = (min(pod.created or 0 for pod in starting), max(pod.ready_at or 0 for pod in starting))
    return Hit(
        f"A new pod took up to {startup:.0f} s from created to ready (95th percentile).",
        (Evidence("created to ready, 95th percentile", startup, "s", *span),
         *(Evidence(f"all pods: {name}", value, "s") for name, value in sums.items())),
        cures[longest], patch if longest == "ready" else None, *span,
    )  # fmt: skip


def _deficit_while_starting(run: Run) -> float | None:
    """The share of the missing pod-time (demand over ready) that fell into times when pods were starting."""
    missing = run.both(run.analysis.demand.curve, run.ready, lambda need, ready: need > ready)
    starting = run.both(run.analysis.replicas.running, run.ready, lambda running, ready: running > ready)
    both = run.both(missing, starting, lambda lacks, starts: lacks > 0 and starts > 0)
    lacking = sum(length for length, value in missing.known(run.start, run.end) if value)
    during = sum(length for length, value in both.known(run.start, run.end) if value)
    return during / lacking if lacking else None


def startup_spike(run: Run) -> Hit | None:
    """F11: the CPU of starting pods makes the HPA grow again."""
    events = [event for event in run.analysis.scale_events if run.start <= event.at <= run.end]
    for i, event in enumerate(events):
        fresh = [pod for pod in run.pods if pod.ready_at is not None and pod.created is not None
                 and 0 <= event.at - pod.ready_at <= limit("spike_after") and pod.created >= run.start]  # fmt: skip
        if not event.up or not fresh or i == 0:
            continue
        first = min(pod.ready_at or event.at for pod in fresh)
        rate = run.analysis.plan.at(first), run.analysis.plan.at(event.at)
        if abs(rate[1] - rate[0]) > limit("spike_rate") * max(rate[0], 1e-9):
            continue
        factor = _spike(run, [pod.name for pod in fresh], first, event.at)
        later = [
            down for down in events[i + 1 :] if not down.up and down.before - down.after >= event.after - event.before
        ]
        if factor is not None and factor > limit("spike") and later:
            return Hit(
                f"The growth from {event.before} to {event.after} followed new pods whose start-up CPU was "
                f"{factor:.1f} times that of the old ones; the load had not changed, and they were taken away again.",
                (Evidence("CPU of new pods over that of old ones", factor, "x", first, event.at),
                 Evidence(f"growth {event.before} to {event.after}", start=event.at, end=event.at)),
                "Become ready only once warm (startupProbe), and smooth growth with a scale-up stabilisation window.",
                behavior_patch(run, "scaleUp", stabilizationWindowSeconds=60), first, event.at,
            )  # fmt: skip
    return None


def _spike(run: Run, fresh: list[str], start: float, end: float) -> float | None:
    """Mean CPU of the new pods over that of the others, in a span."""
    new: list[float] = []
    old: list[float] = []
    for name, series in run.analysis.cpu.by_pod.items():
        mean = series.mean(start, end + 15.0)
        if mean is not None:
            (new if name in fresh else old).append(mean)
    return (sum(new) / len(new)) / (sum(old) / len(old)) if new and old and sum(old) > 0 else None


def warm_up(run: Run) -> Hit | None:
    """F12: young pods answer slowly."""
    ages = {entry.label: entry for entry in run.analysis.latency if entry.label.startswith("pods ")}
    young = ages.get("pods younger than 60 s") or ages.get("pods of 60 to 120 s")
    old = ages.get("pods older than 120 s")
    if young is None or old is None or not young.p95 or not old.p95:
        return None
    enough = min(young.count or 0, old.count or 0) >= limit("warm_up_answers")
    if not enough or young.p95 <= limit("warm_up") * old.p95:
        return None
    return Hit(
        f"Pods younger than a minute answered with a 95th percentile of {young.p95 * 1000:.0f} ms; those older than "
        f"two minutes with {old.p95 * 1000:.0f} ms.",
        (Evidence("95th percentile, young pods", young.p95, "s"), Evidence("95th percentile, old pods", old.p95, "s")),
        "Warm up before becoming ready (a startupProbe that calls the real work), or keep more pods as a minimum.",
        container_patch(run, startupProbe={"periodSeconds": 1, "failureThreshold": 60}) if _has_probe(run) else None,
    )  # fmt: skip


def _has_probe(run: Run) -> bool:
    """Whether the applied workload has a startupProbe that a patch could tune; a new one needs a handler of its own."""
    for item in run.analysis.header["objects"]:
        if item.get("kind") == run.analysis.header["target"]["kind"]:
            spec = ((item.get("spec") or {}).get("template") or {}).get("spec") or {}
            return any("startupProbe" in container for container in spec.get("containers") or [])
    return False


def readiness_collapse(run: Run) -> Hit | None:
    """F13: ready pods vanish under load though nobody took them away."""
    for time, before, after in run.ready.changes(run.start, run.end):
        if after >= before or _shrunk(run.desired, time):
            continue
        back = run.ready.first(lambda value, size=before: value >= size, time, run.end)  # type: ignore[misc]
        length = (back if back is not None else run.end) - time
        used, target = run.utilization.at(time), run.target
        busy = (used is not None and target is not None and used > target) or run.slow_seconds(time - 10, time + 10) > 0
        if length >= limit("collapsed_for") and busy:
            return Hit(
                f"{before - after:.0f} of {before:.0f} ready pods lost their readiness under load for {length:.0f} s, "
                "while the wanted size did not fall.",
                (Evidence(f"ready pods {before:.0f} to {after:.0f}", length, "s", time, time + length),),
                "Make the readiness probe patient (timeoutSeconds, failureThreshold) and answer it off the busy port.",
                container_patch(run, readinessProbe={"timeoutSeconds": 5, "failureThreshold": 6}), time, time + length,
            )  # fmt: skip
    return None


def _shrunk(desired: StepSeries, time: float) -> bool:
    """Whether the wanted size fell shortly before."""
    return any(after < before for _, before, after in desired.changes(time - 60.0, time + 1.0))
