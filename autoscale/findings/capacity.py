"""Findings on size: too small, too large, held back, or unable to grow."""

import math

from autoscale.findings.results import Evidence
from autoscale.findings.run import Hit, Run, behavior_patch, container_patch, hpa_patch, milli, target_patch
from autoscale.findings.thresholds import limit

_PLACED = ("scheduled", "started", "ready")  # a pod that got this far had a node


def max_saturation(run: Run) -> Hit | None:
    """F1: at maxReplicas with the metric over its target."""
    if run.hpa is None or not run.target:
        return None
    most, bar = run.hpa.max_replicas, run.target * limit("over_target")
    full = run.both(run.ready, run.utilization, lambda ready, used: ready >= most and used > bar)
    span = full.longest(lambda value: value > 0, run.start, run.end)
    if span is None or span[1] - span[0] < limit("saturated_for"):
        return None
    # the first values still hold the pods' start and the backlog; the second half says what the load asks for
    used = run.utilization.mean((span[0] + span[1]) / 2, span[1]) or 0.0
    needed = math.ceil(most * used / run.target)
    proposed = math.ceil(needed * limit("headroom"))
    return Hit(
        f"All {most} pods were ready and still used {used:.0f} % of their request against a target of "
        f"{run.target:.0f} %, for {span[1] - span[0]:.0f} s; {needed} pods were needed.",
        (Evidence("at maxReplicas with utilisation over the target", span[1] - span[0], "s", *span),
         Evidence("mean utilisation in its second half", used, "%", *span),
         Evidence("pods needed", needed, "pods", *span)),
        f"Raise maxReplicas to {proposed} if the nodes have room for them, or give each pod more CPU.",
        hpa_patch(run, maxReplicas=proposed), *span,
    )  # fmt: skip


def floor_too_high(run: Run) -> Hit | None:
    """F2: at minReplicas and idle for most of the load."""
    if run.hpa is None or not run.target or run.hpa.min_replicas <= 1:
        return None
    if not any(run.analysis.seconds.answered):
        return None  # nothing was asked of the pods, so nothing is known of how many are needed
    least, bar = run.hpa.min_replicas, run.target * limit("idle_utilization")
    idle = run.both(run.ready, run.utilization, lambda ready, used: ready <= least and used < bar)
    share = idle.mean(run.start, run.end)
    waste, minutes = run.value("waste_minutes"), run.value("replica_minutes")
    used = run.utilization.mean(run.start, run.end)
    if share is None or share <= limit("idle_share") or used is None:
        return None
    if run.slow_seconds(run.start, run.end) > 0.1 * (run.end - run.start):
        return None  # users wait: this is no time to take pods away
    if waste is not None and minutes and waste / minutes <= limit("waste_share"):
        return None
    proposed = max(1, math.ceil(least * used / run.target))
    if proposed >= least:
        return None
    return Hit(
        f"The workload sat at its minimum of {least} pods below half its target for {share:.0%} of the load.",
        (Evidence("share of the load at the minimum and idle", share, "share", run.start, run.end),
         Evidence("mean utilisation", used, "%", run.start, run.end)),
        f"{proposed} {'pod' if proposed == 1 else 'pods'} would carry this load; "
        "lower minReplicas, unless the rest is there for failures.",
        hpa_patch(run, minReplicas=proposed), run.start, run.end,
    )  # fmt: skip


def ramp_limited(run: Run) -> Hit | None:
    """F5: growth held back by the scale-up policies while users waited."""
    spans = run.conditions("ScalingLimited", "True", "ScaleUpLimit")
    length = sum(min(span.end, run.end) - span.start for span in spans if span.start < run.end)
    if not spans or length < limit("ramp_limited_for"):
        return None
    start, end = spans[0].start, min(run.end, spans[-1].end)
    slow = sum(run.slow_seconds(span.start, span.end) for span in spans)
    short = run.both(run.analysis.demand.curve, run.ready, lambda need, ready: ready < need)
    lacking = sum(length for length, value in short.known(start, end) if value)
    if (run.slow and slow < limit("ramp_slow_seconds")) or (not run.slow and not lacking):
        return None
    held = [d for d in run.analysis.decisions if "scaleUp" in (d.bound_by or "") or "max(2" in (d.bound_by or "")]
    steps = tuple(Evidence(f"decision {d.current} to {d.recorded} bound by {d.bound_by}", start=d.at, end=d.at)
                  for d in held[:3])  # fmt: skip
    return Hit(
        f"The scale-up policy held growth back for {length:.0f} s, of which {slow:.0f} s missed the latency objective.",
        (Evidence("time under ScaleUpLimit", length, "s", start, end), *steps),
        "Let it grow faster: a larger percentage per period, with selectPolicy Max.",
        behavior_patch(
            run, "scaleUp", selectPolicy="Max",
            policies=[{"type": "Percent", "value": 300, "periodSeconds": 15},
                      {"type": "Pods", "value": 4, "periodSeconds": 15}],
        ), start, end,
    )  # fmt: skip


def limit_caps_signal(run: Run) -> Hit | None:
    """F6: the CPU limit caps what the HPA can see, so every step is too small."""
    cap, target = run.cap_percent, run.target
    if cap is None or not target or cap <= target:
        return None
    capped = []
    for event in run.analysis.scale_events:
        used = run.utilization.at(event.at + 1.0)
        if event.up and run.start <= event.at <= run.end and used is not None and used >= limit("capped") * cap:
            capped.append((event, used))
    if len(capped) < limit("capped_steps") or run.limit_m is None:
        return None
    start, end = capped[0][0].at, capped[-1][0].at
    return Hit(
        f"{len(capped)} growths were decided with utilisation at the CPU limit ({cap:.0f} % of the request): no step "
        f"can be larger than {cap / target:.2g}x, however large the load.",
        tuple(Evidence(f"{event.before} to {event.after}", used, "%", event.at, event.at) for event, used in capped),
        "Raise the CPU limit (or drop it), lower the target, or scale on requests per second.",
        container_patch(run, resources={"limits": {"cpu": milli(2 * run.limit_m)}}), start, end,
    )  # fmt: skip


def target_unreachable(run: Run) -> Hit | None:
    """F7: the CPU limit lies below the target, so the HPA can never grow."""
    cap, target, hpa = run.cap_percent, run.target, run.hpa
    if cap is None or not target or hpa is None or cap > target * (1 + hpa.tolerance):
        return None
    return Hit(
        f"The CPU limit lets utilisation reach {cap:.0f} % of the request; the HPA grows above "
        f"{target * (1 + hpa.tolerance):.0f} %. It can never grow.",
        (Evidence("highest utilisation the limit allows", cap, "%"), Evidence("target", target, "%")),
        "Lower the target well below the limit, or raise the limit.",
        target_patch(run, 0.6 * cap),
    )  # fmt: skip


def idle_runaway(run: Run) -> Hit | None:
    """F9: an idle pod alone uses as much as the target allows."""
    idle, request, target = run.value("idle_cpu"), run.request_m, run.target
    if idle is None or not request or not target or idle / request * 100 < limit("idle_cpu") * target:
        return None
    percent = idle / request * 100
    proposed = percent * 1.3
    return Hit(
        f"A pod without load uses {idle:.0f}m, {percent:.0f} % of its request; the target is {target:.0f} %. The HPA "
        "climbs to its maximum and never comes back.",
        (Evidence("CPU of an idle pod (fitted over the run)", idle, "m"), Evidence("target", target, "%")),
        "Raise the request (or the target) well above the idle CPU, or scale on requests per second.",
        container_patch(run, resources={"requests": {"cpu": milli(idle / (target / 100) * 1.3)}})
        or target_patch(run, proposed),
    )  # fmt: skip


def unschedulable(run: Run) -> Hit | None:
    """F14: pods that found no node."""
    events = [event for event in run.analysis.events if event.reason == "FailedScheduling" and event.at >= run.start]
    waits = [
        (pod, phase)
        for pod in run.pods
        for phase in pod.start_phases
        if phase.name == "scheduled" and phase.duration_s is not None and phase.duration_s > limit("unscheduled")
    ]
    stuck = [
        pod for pod in run.pods
        if pod.created is not None and not any(phase.end for phase in pod.start_phases if phase.name in _PLACED)
        and (pod.removed_at or run.analysis.end) - pod.created > limit("unscheduled") and pod.node is None
    ]  # fmt: skip
    if not waits and not stuck:
        return None
    names = sorted({pod.name for pod, _ in waits} | {pod.name for pod in stuck})
    start = min(
        [p.created for p in stuck if p.created is not None] + [ph.start for _, ph in waits if ph.start is not None]
    )
    longest = max([phase.duration_s or 0.0 for _, phase in waits]
                  + [(pod.removed_at or run.analysis.end) - (pod.created or 0.0) for pod in stuck])  # fmt: skip
    message = events[-1].message if events else "no FailedScheduling event was recorded"
    return Hit(
        f"{len(names)} pod(s) waited up to {longest:.0f} s for a node: {message}",
        tuple(Evidence(f"pod {name} waited for a node") for name in names[:5]),
        "The nodes are full, which is no fault of the HPA: add node capacity, lower the requests, or raise the quota.",
        None, start, start + longest,
    )  # fmt: skip
