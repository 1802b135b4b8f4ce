"""F1 max-saturation: at its maximum and still too small."""

import math

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run, hpa_patch

SATURATED_SYNCS = Threshold(3, "syncs", "of the HPA at maxReplicas while its rule asks for more")
OVER_TARGET = Threshold(1.1, "x target", "utilisation that counts as over the target")
HEADROOM = Threshold(1.2, "x needed", "maxReplicas that is proposed")


def check(run: Run) -> Hit | None:
    """F1: at maxReplicas while the rule asks for more pods, for some of the HPA's syncs."""
    if run.hpa is None:
        return None
    most, spans = run.hpa.max_replicas, _saturated(run)
    length = sum(end - start for start, end in spans)
    if length < SATURATED_SYNCS.value * run.period_s:
        return None
    span = (spans[0][0], spans[-1][1])
    evidence = [
        Evidence(
            words="at maxReplicas while the rule asks for more", value=length, unit="s", start=span[0], end=span[1]
        )
    ]
    # the first values still hold the pods' start and the backlog; the second half says what the load asks for
    used = run.utilization.mean((span[0] + span[1]) / 2, span[1])
    if used is None or not run.target:
        return Hit(
            sentence=f"The HPA stood at its maximum of {most} pods for {length:.0f} s while its rule asked for more.",
            evidence=tuple(evidence),
            advice="Raise maxReplicas if the nodes have room for more, or give each pod more.",
            patch=None,
            start=span[0],
            end=span[1],
        )
    needed = max(most + 1, math.ceil(most * used / run.target))
    proposed = math.ceil(needed * HEADROOM.value)
    evidence += [
        Evidence(words="mean utilisation in its second half", value=used, unit="%", start=span[0], end=span[1]),
        Evidence(words="pods needed", value=needed, unit="pods", start=span[0], end=span[1]),
    ]
    return Hit(
        sentence=f"All {most} pods were ready and still used {used:.0f} % of their request against a target of "
        f"{run.target:.0f} %, for {length:.0f} s; {needed} pods were needed.",
        evidence=tuple(evidence),
        advice=f"Raise maxReplicas to {proposed} if the nodes have room for them, or give each pod more CPU.",
        patch=hpa_patch(run, maxReplicas=proposed),
        start=span[0],
        end=span[1],
    )


def _saturated(run: Run) -> list[tuple[float, float]]:
    """Spans of the load in which the workload stood at its maximum and that was too little."""
    most = run.hpa.max_replicas if run.hpa else 0
    if run.target:
        bar = run.target * OVER_TARGET.value
        full = run.both(run.ready, run.utilization, lambda ready, used: ready >= most and used > bar)
        return list(full.spans(lambda value: value > 0, run.start, run.end))
    limited = run.conditions("ScalingLimited", "True", "TooManyReplicas")
    return [(max(one.start, run.start), min(one.end, run.end)) for one in limited if one.start < run.end]


RULE = Rule(
    id="F1",
    name="max-saturation",
    order=60,
    title="At its maximum and still too small",
    severity="error",
    check=check,
    thresholds=(
        SATURATED_SYNCS,
        OVER_TARGET,
        HEADROOM,
    ),
    cure="Raise `maxReplicas` to what the load needs and a fifth more, or give each pod more CPU.",
)
