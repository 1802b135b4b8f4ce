"""F5 ramp-limited: growth was held back by its policy."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run, behavior_patch

RAMP_LIMITED_FOR = Threshold(15, "s", "time under ScaleUpLimit")
RAMP_SLOW_SECONDS = Threshold(5, "s", "seconds of it beyond the latency objective")


def check(run: Run) -> Hit | None:
    """F5: growth held back by the scale-up policies while users waited."""
    spans = run.conditions("ScalingLimited", "True", "ScaleUpLimit")
    length = sum(min(span.end, run.end) - span.start for span in spans if span.start < run.end)
    if not spans or length < RAMP_LIMITED_FOR.value:
        return None
    start, end = spans[0].start, min(run.end, spans[-1].end)
    slow = sum(run.slow_seconds(span.start, span.end) for span in spans)
    short = run.both(run.analysis.demand.curve, run.ready, lambda need, ready: ready < need)
    lacking = sum(length for length, value in short.known(start, end) if value)
    if (run.slow and slow < RAMP_SLOW_SECONDS.value) or (not run.slow and not lacking):
        return None
    held = [d for d in run.analysis.decisions if "scaleUp" in (d.bound_by or "") or "max(2" in (d.bound_by or "")]
    steps = tuple(
        Evidence(f"decision {d.current} to {d.recorded} bound by {d.bound_by}", start=d.at, end=d.at) for d in held[:3]
    )
    return Hit(
        sentence=f"The scale-up policy held growth back for {length:.0f} s, of which {slow:.0f} s missed the latency "
        "objective.",
        evidence=(Evidence(words="time under ScaleUpLimit", value=length, unit="s", start=start, end=end), *steps),
        advice="Let it grow faster: a larger percentage per period, with selectPolicy Max.",
        patch=behavior_patch(
            run,
            "scaleUp",
            selectPolicy="Max",
            policies=[
                {"type": "Percent", "value": 300, "periodSeconds": 15},
                {"type": "Pods", "value": 4, "periodSeconds": 15},
            ],
        ),
        start=start,
        end=end,
    )


RULE = Rule(
    id="F5",
    name="ramp-limited",
    order=110,
    title="Growth was held back by its policy",
    severity="warning",
    check=check,
    thresholds=(
        RAMP_LIMITED_FOR,
        RAMP_SLOW_SECONDS,
    ),
    cure="`behavior.scaleUp.policies` with a larger percentage per period, `selectPolicy: Max`.",
)
