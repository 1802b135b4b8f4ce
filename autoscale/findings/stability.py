"""Findings on going up and down: too often, too far, too early, too late, or by somebody else."""

import math

from autoscale.analysis.elasticity import elasticity
from autoscale.findings.results import Evidence
from autoscale.findings.run import Hit, Run, behavior_patch
from autoscale.findings.thresholds import limit


def flapping(run: Run) -> Hit | None:
    """F10: changes of direction while the load does not change."""
    count, span = run.value("reversals"), run.analysis.flapping
    if count is None or count < limit("reversals") or span is None:
        return None
    window = run.hpa.down_window_s if run.hpa and run.hpa.down_window_s is not None else 300.0
    proposed = math.ceil(max(2 * window, 120.0))
    return Hit(
        f"The size changed its direction {count:.0f} times within {span[1] - span[0]:.0f} s of constant load.",
        (Evidence("changes of direction", count, "", *span),),
        f"Look further back before shrinking ({proposed} s) and shrink in small steps.",
        behavior_patch(run, "scaleDown", stabilizationWindowSeconds=min(3600, proposed),
                       policies=[{"type": "Percent", "value": 10, "periodSeconds": 60}]), *span,
    )  # fmt: skip


def stabilization_waste(run: Run) -> Hit | None:
    """F15: pods kept by the stabilisation window that were not needed again."""
    minutes, wasted = run.value("replica_minutes"), 0.0
    spans = run.conditions("AbleToScale", "True", "ScaleDownStabilized")
    for span in spans:
        found = elasticity(run.analysis.demand.curve, run.ready, max(span.start, run.start), min(span.end, run.end))
        wasted += found.waste_min if found else 0.0
    if not minutes or not spans or wasted / minutes <= limit("stabilized_waste"):
        return None
    window = (run.hpa.down_window_s if run.hpa else None) or 300.0
    if any(
        up.at - span.start <= window
        for span in spans
        for up in run.analysis.scale_events
        if up.up and up.at > span.start
    ):
        return None
    start, end = spans[0].start, spans[-1].end
    proposed = max(30, math.ceil(window / 3))
    return Hit(
        f"{wasted:.1f} of {minutes:.1f} replica-minutes ({wasted / minutes:.0%}) went to pods that only the "
        f"stabilisation window of {window:.0f} s kept, and no new peak came within it.",
        (Evidence("wasted while scale-down was held back", wasted, "pod-minutes", start, end),),
        f"Shorten the scale-down window to about {proposed} s.",
        behavior_patch(run, "scaleDown", stabilizationWindowSeconds=proposed), start, end,
    )  # fmt: skip


def premature_scale_in(run: Run) -> Hit | None:
    """F16: shrunk, and soon grown again by as much."""
    events = [event for event in run.analysis.scale_events if run.start <= event.at <= run.end]
    for i, down in enumerate(events):
        if down.up:
            continue
        for up in events[i + 1 :]:
            apart = up.at - down.at
            if apart >= limit("scale_in_again"):
                break
            if up.up and up.after - up.before >= down.before - down.after:
                window = (run.hpa.down_window_s if run.hpa else None) or 300.0
                proposed = min(3600, math.ceil(window + apart + 60))
                return Hit(
                    f"The size fell from {down.before} to {down.after} and {apart:.0f} s later rose from {up.before} "
                    f"to {up.after}: it was taken away too early.",
                    (Evidence(f"shrinking {down.before} to {down.after}", start=down.at, end=down.at),
                     Evidence(f"growth {up.before} to {up.after}", apart, "s", down.at, up.at)),
                    f"Lengthen the scale-down window to {proposed} s and take one pod a minute.",
                    behavior_patch(run, "scaleDown", stabilizationWindowSeconds=proposed,
                                   policies=[{"type": "Pods", "value": 1, "periodSeconds": 60}]), down.at, up.at,
                )  # fmt: skip
    return None


def other_writer(run: Run) -> Hit | None:
    """F22: the size changed without the HPA."""
    others = [event for event in run.analysis.scale_events if event.by == "other"]
    if not others:
        return None
    first = others[0]
    return Hit(
        f"The size changed {len(others)} time(s) without the HPA, first from {first.before} to {first.after}: "
        "something else writes the workload's replicas.",
        tuple(Evidence(f"{event.before} to {event.after}", start=event.at, end=event.at) for event in others[:5]),
        "Remove `replicas` from the workload's manifest, so that rollouts and GitOps leave the size to the HPA.",
        None, first.at, others[-1].at,
    )  # fmt: skip


def policy_crawl(run: Run) -> Hit | None:
    """F23: a policy that lets the workload grow only pod by pod."""
    bound = {d.at for d in run.analysis.decisions if d.bound_by == "spec.behavior.scaleUp.policies"}
    steps = [
        event for event in run.analysis.scale_events
        if event.up and any(abs(at - event.at) <= 3 for at in bound)
        and event.after - event.before <= max(1, 0.1 * event.before)
    ]  # fmt: skip
    if len(steps) < limit("crawl_steps") or run.hpa is None:
        return None
    policies = ((run.hpa.raw.get("behavior") or {}).get("scaleUp") or {}).get("policies") or []
    words = ", ".join(f"{p.get('type')} {p.get('value')} per {p.get('periodSeconds')} s" for p in policies)
    return Hit(
        f"The scale-up policy ({words}) bound {len(steps)} growths to one pod or under 10 % each.",
        tuple(Evidence(f"{event.before} to {event.after}", start=event.at, end=event.at) for event in steps[:5]),
        "Give both kinds of policy and selectPolicy Max: pods for small sizes, percent for large ones.",
        behavior_patch(run, "scaleUp", selectPolicy="Max",
                       policies=[{"type": "Percent", "value": 100, "periodSeconds": 15},
                                 {"type": "Pods", "value": 4, "periodSeconds": 15}]), steps[0].at, steps[-1].at,
    )  # fmt: skip


def overshoot(run: Run) -> Hit | None:
    """F24: more pods than the load ever needed."""
    share, react = run.value("overshoot"), run.analysis.reaction
    if share is None or react.step is None or react.until is None or 1 + share <= limit("overshoot"):
        return None
    span = (react.step.at, react.until)
    need, peak = run.analysis.demand.curve.highest(*span), run.ready.highest(*span)
    return Hit(
        f"After the largest rise {peak:.0f} pods became ready where {need:.0f} were needed ({share:.0%} too many).",
        (Evidence("most ready pods", peak, "pods", *span), Evidence("most pods needed", need, "pods", *span)),
        "Smooth growth with a short scale-up window, or smaller steps; a backlog keeps CPU up beyond the need.",
        behavior_patch(run, "scaleUp", stabilizationWindowSeconds=30), *span,
    )  # fmt: skip
