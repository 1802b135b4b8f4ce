"""Findings on what the HPA sees: slow, missing, misleading."""

from collections.abc import Sequence

from autoscale.analysis.results.analysis import ConditionSpan
from autoscale.analysis.steps import StepSeries, combine
from autoscale.findings.results import Evidence
from autoscale.findings.run import Hit, Patch, Run, container_patch, milli, target_patch
from autoscale.findings.thresholds import limit


def slow_metrics(run: Run) -> Hit | None:
    """F3: the metric is old when the HPA reads it."""
    ages = [entry for entry in run.analysis.metric_ages if run.start <= entry[0] <= run.end]
    worst = max(ages, key=lambda entry: max(entry[1:]), default=None)
    old = worst is not None and max(worst[1:]) > limit("metric_age")
    detect = run.analysis.reaction.detect
    late = detect.value is not None and not detect.at_least and detect.value > limit("detect")
    if not old and not late:
        return None
    evidence = []
    if worst is not None and old:
        evidence.append(
            Evidence("window of a CPU sample, or time between two", max(worst[1:]), "s", worst[0], worst[0])
        )
    if late and run.analysis.reaction.step is not None:
        since = run.analysis.reaction.step.at
        evidence.append(
            Evidence("largest rise to the first growth", detect.value, "s", since, since + (detect.value or 0))
        )
    return Hit(
        "The HPA decides on old metrics: " + "; ".join(f"{e.words} {e.value:.0f} s" for e in evidence) + ".",
        tuple(evidence),
        "Run metrics-server with --metric-resolution=15s and check the kubelet's housekeeping interval.",
        None, evidence[0].start, evidence[0].end,
    )  # fmt: skip


def request_wrong(run: Run) -> Hit | None:
    """F8: a container without a CPU request, or one far off what the pods use."""
    missing = [span for span in run.analysis.conditions if span.status == "False" and "missing request" in span.message]
    unset = [pod for pod in run.pods if pod.cpu_request_m is None and pod.ready_at is not None]
    each = _use_at_target(run)
    if missing or (unset and run.target):
        words = missing[0].message if missing else f"pod {unset[0].name} has a container without a CPU request"
        patch = container_patch(run, resources={"requests": {"cpu": milli(each)}}) if each else None
        return Hit(
            f"The HPA cannot compute CPU utilisation: {words}.",
            (Evidence(words, start=missing[0].start if missing else None, end=missing[0].end if missing else None),),
            "Set resources.requests.cpu on every container, sidecars too, or use a ContainerResource metric.",
            patch, missing[0].start if missing else None, missing[0].end if missing else None,
        )  # fmt: skip
    used = run.utilization.mean(run.start, run.end)
    if used is None or not run.request_m or run.slow_seconds(run.start, run.end) > 0:
        return None
    low = used < limit("request_low") and run.ready.lowest(run.start, run.end) == run.ready.highest(run.start, run.end)
    if not low and used <= limit("request_high"):
        return None
    proposed = run.request_m * used / (run.target or 60.0)
    return Hit(
        f"The pods use {used:.0f} % of their CPU request on average, while latency is fine: the request of "
        f"{run.request_m}m is too {'high' if low else 'low'}.",
        (Evidence("mean utilisation", used, "%", run.start, run.end),),
        "Set the request near what a pod uses at the load it should carry; the HPA's ratio moves with it.",
        container_patch(run, resources={"requests": {"cpu": milli(proposed)}}), run.start, run.end,
    )  # fmt: skip


def _use_at_target(run: Run) -> float | None:
    """Median CPU of a pod over the run, in millicores."""
    means = sorted(
        mean for series in run.analysis.cpu.by_pod.values() if (mean := series.mean(run.start, run.end)) is not None
    )
    return means[len(means) // 2] if means else None


def cpu_not_bottleneck(run: Run) -> Hit | None:
    """F18: users wait though CPU has room, the metric is alive and every wanted pod is ready."""
    if not run.target or not run.slow:
        return None
    bar = limit("cpu_to_spare") * run.target
    idle = combine(
        (run.slow, run.utilization, _excused(run)),
        lambda v: None if v[0] is None or v[1] is None else float(v[0] > 0 and v[1] < bar and not v[2]),
    )
    span = idle.longest(lambda value: value > 0, run.start, run.end)
    if span is None or span[1] - span[0] < limit("slow_for"):
        return None
    if _mostly_failures(run, *span):
        return None
    used = run.utilization.mean(*span) or 0.0
    return Hit(
        f"Latency was beyond its objective for {span[1] - span[0]:.0f} s while CPU stood at {used:.0f} % of the "
        f"request, below the target of {run.target:.0f} %: CPU is not the bottleneck.",
        (Evidence("beyond the latency objective with CPU to spare", span[1] - span[0], "s", *span),
         Evidence("mean utilisation meanwhile", used, "%", *span)),
        "Scale on requests per second or in flight (a Pods or External metric), and look at what the pods wait for.",
        None, *span,
    )  # fmt: skip


def _excused(run: Run) -> StepSeries:
    """1 while low CPU says nothing: the HPA had no metric (its last one is shown on), or wanted pods were not ready."""
    blind = run.conditions("ScalingActive", "False")
    metric = StepSeries.of([*((span.end, 0.0) for span in blind), *((span.start, 1.0) for span in blind)])
    return combine((metric, run.ready, run.desired), lambda v: float(bool(v[0]) or (v[1] or 0.0) < (v[2] or 0.0)))


def _mostly_failures(run: Run, start: float, end: float) -> bool:
    """Whether most of the requests that were not good failed outright, instead of being slow."""
    bad, failed = run.bad(start, end), run.failed(start, end)
    return bad is not None and failed is not None and failed > 0.5 * bad


def dead_band(run: Run) -> Hit | None:
    """F19: users wait while the metric stays within the tolerance."""
    if run.hpa is None or not run.target or not run.slow:
        return None
    low, high = run.target, run.target * (1 + run.hpa.tolerance)
    held = run.both(run.slow, run.utilization, lambda slow, used: slow > 0 and low < used <= high)
    span = held.longest(lambda value: value > 0, run.start, run.end)
    if span is None or span[1] - span[0] < limit("dead_band_for"):
        return None
    proposed = 0.9 * run.target
    return Hit(
        f"Latency was beyond its objective for {span[1] - span[0]:.0f} s with utilisation between {low:.0f} % and "
        f"{high:.0f} %, where the tolerance keeps the HPA from acting.",
        (Evidence("beyond the latency objective within the tolerance", span[1] - span[0], "s", *span),),
        f"Lower the target to {proposed:.0f} %, or set behavior.scaleUp.tolerance (Kubernetes 1.35 and newer).",
        target_patch(run, proposed), *span,
    )  # fmt: skip


def metrics_gap(run: Run) -> Hit | None:
    """F21: no metric for two periods, for another reason than unready pods (that is F27)."""
    spans = [span for span in run.conditions("ScalingActive", "False") if not _pods_unready(run, span.start, span.end)]
    return _blind(run, spans, "The HPA had no metric for {length:.0f} s and did nothing: {message}.",
                  "Check metrics-server: its log, its restarts, and `kubectl get apiservice v1beta1.metrics.k8s.io`.",
                  None)  # fmt: skip


def blind_hpa(run: Run) -> Hit | None:
    """F27: overloaded pods go unready, so the HPA gets no metric and never grows."""
    spans = [span for span in run.conditions("ScalingActive", "False") if _pods_unready(run, span.start, span.end)]
    return _blind(
        run, spans,
        "The HPA was blind for {length:.0f} s, just when it was needed: overloaded pods failed their readiness probes, "
        "and unready pods give no metric ({message}).",
        "Take the probes off the busy port, or make them patient (timeoutSeconds, failureThreshold); keep minReplicas "
        "high enough to survive the first seconds.",
        container_patch(run, readinessProbe={"timeoutSeconds": 5, "failureThreshold": 6}),
    )  # fmt: skip


def _pods_unready(run: Run, start: float, end: float) -> bool:
    """Whether pods were running but unready in a span."""
    unready = run.both(run.analysis.replicas.running, run.ready, lambda running, ready: ready < running)
    share = unready.mean(max(start, run.start), min(end, run.end)) if end > run.start and start < run.end else None
    return share is not None and share > 0.5


def _blind(run: Run, spans: Sequence[ConditionSpan], words: str, advice: str, patch: Patch | None) -> Hit | None:
    inside = [(max(span.start, run.start), min(span.end, run.end), span) for span in spans if span.start < run.end]
    length = sum(max(0.0, end - start) for start, end, _ in inside)
    if not inside or length < limit("blind_for"):
        return None
    longest = max(inside, key=lambda entry: entry[1] - entry[0])
    evidence = tuple(Evidence(f"{s.reason}: {s.message}", end - start, "s", start, end) for start, end, s in inside[:3])
    sentence = words.format(length=length, message=longest[2].message or longest[2].reason)
    return Hit(sentence, evidence, advice, patch, inside[0][0], inside[-1][1])


def throttling(run: Run) -> Hit | None:
    """F26: a pod at its CPU limit while the mean, which the HPA sees, has room."""
    bar = run.limit_m
    if bar is None:
        return None
    for name, series in run.analysis.cpu.by_pod.items():
        full = run.both(series, run.utilization, lambda cpu, used: cpu >= limit("throttled") * bar and used < 100)
        span = full.longest(lambda value: value > 0, run.start, run.end)
        if span is not None and span[1] - span[0] >= limit("throttled_for"):
            return Hit(
                f"Pod {name} ran at its CPU limit of {bar}m for {span[1] - span[0]:.0f} s while the pods' mean stayed "
                "below their request: it was throttled, and the HPA could not see it.",
                (Evidence(f"pod {name} at its limit", span[1] - span[0], "s", *span),),
                "Raise or drop the CPU limit, and see why this pod got more work than the others.",
                container_patch(run, resources={"limits": {"cpu": milli(2 * bar)}}), *span,
            )  # fmt: skip
    return None
