"""F18 cpu-not-bottleneck: CPU is not the bottleneck."""

from autoscale.analysis.steps import StepSeries, combine
from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run

SLOW_FOR = Threshold(60, "s", "time beyond the latency objective with CPU to spare")
CPU_TO_SPARE = Threshold(0.9, "x target", "utilisation below which CPU is not the bottleneck")


def check(run: Run) -> Hit | None:
    """F18: users wait though CPU has room, the metric is alive and every wanted pod is ready."""
    if not run.target or not run.slow:
        return None
    bar = CPU_TO_SPARE.value * run.target
    idle = combine(
        (run.slow, run.utilization, _excused(run)),
        lambda v: None if v[0] is None or v[1] is None else float(v[0] > 0 and v[1] < bar and not v[2]),
    )
    span = idle.longest(lambda value: value > 0, run.start, run.end)
    if span is None or span[1] - span[0] < SLOW_FOR.value:
        return None
    if _mostly_failures(run, *span):
        return None
    used = run.utilization.mean(*span) or 0.0
    return Hit(
        sentence=f"Latency was beyond its objective for {span[1] - span[0]:.0f} s while CPU stood at {used:.0f} % of "
        f"the request, below the target of {run.target:.0f} %: CPU is not the bottleneck.",
        evidence=(
            Evidence(
                words="beyond the latency objective with CPU to spare",
                value=span[1] - span[0],
                unit="s",
                start=span[0],
                end=span[1],
            ),
            Evidence(words="mean utilisation meanwhile", value=used, unit="%", start=span[0], end=span[1]),
        ),
        advice="Scale on requests per second or in flight (a Pods or External metric), and look at what the pods "
        "wait for.",
        patch=None,
        start=span[0],
        end=span[1],
    )


def _excused(run: Run) -> StepSeries:
    """1 while low CPU says nothing: the HPA had no metric (its last one is shown on), or wanted pods were not ready."""
    blind = run.conditions("ScalingActive", "False")
    metric = StepSeries.of([*((span.end, 0.0) for span in blind), *((span.start, 1.0) for span in blind)])
    return combine((metric, run.ready, run.desired), lambda v: float(bool(v[0]) or (v[1] or 0.0) < (v[2] or 0.0)))


def _mostly_failures(run: Run, start: float, end: float) -> bool:
    """Whether most of the requests that were not good failed outright, instead of being slow."""
    bad, failed = run.bad(start, end), run.failed(start, end)
    return bad is not None and failed is not None and failed > 0.5 * bad


RULE = Rule(
    id="F18",
    name="cpu-not-bottleneck",
    order=70,
    title="CPU is not the bottleneck",
    severity="error",
    check=check,
    thresholds=(
        SLOW_FOR,
        CPU_TO_SPARE,
    ),
    cure="Scale on requests in flight or per second; look at what the pods wait for.",
)
