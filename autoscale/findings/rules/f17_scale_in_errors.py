"""F17 scale-in-errors: requests fail while shrinking."""

import re

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run, container_patch

AFTER_SCALE_IN = Threshold(30, "s", "time after a shrinking in which failures count to it")
SCALE_IN_ERRORS = Threshold(3, "x base rate", "failures in that time")
LEAST_ERRORS = Threshold(3, "requests", "failures in that time, at least")
_ADVICE = "Let pods finish: a preStop sleep longer than the endpoints need to spread, and a graceful end on SIGTERM."
# Fastify 5 answers so, run in findings/node-servers-at-sigterm-on-kept-connections.sh.
_ANSWERED = (
    " Answers of 5xx came from a pod that was ending, on connections that clients keep, or from a proxy that still "
    "sent to it: a sleep ends no such connection, the server has to (`Connection: close` in its answers) before it "
    "refuses requests."
)


def check(run: Run) -> Hit | None:
    """F17: requests fail as pods go."""
    failed, length = run.failed(run.start, run.end), run.end - run.start
    spans = [
        (down.event.at, down.event.at + max(AFTER_SCALE_IN.value, down.total_s or 0.0), down.lost_causes)
        for down in run.analysis.scale_downs
        if down.event.at <= run.end
    ]
    inside = sum(run.failed(start, end) or 0 for start, end, _ in spans)
    shrinking = sum(end - start for start, end, _ in spans)
    if failed is None or not spans or inside < LEAST_ERRORS.value or length <= shrinking:
        return None
    base = (failed - inside) / (length - shrinking)
    if inside / shrinking <= SCALE_IN_ERRORS.value * base:
        return None
    causes: dict[str, int] = {}
    for _, _, found in spans:
        for cause, n in found.items():
            causes[cause] = causes.get(cause, 0) + n
    return Hit(
        sentence=f"{inside} requests failed while pods were taken away ("
        + (", ".join(f"{cause}: {n}" for cause, n in sorted(causes.items())) or "cause not known")
        + ").",
        evidence=tuple(
            Evidence(
                words="failed after a shrinking", value=run.failed(start, end), unit="requests", start=start, end=end
            )
            for start, end, _ in spans[:5]
        ),
        advice=_ADVICE + (_ANSWERED if any(re.fullmatch(r"(status )?5\d\d", cause) for cause in causes) else ""),
        patch=container_patch(run, lifecycle={"preStop": {"sleep": {"seconds": 10}}}),
        start=spans[0][0],
        end=spans[-1][1],
    )


RULE = Rule(
    id="F17",
    name="scale-in-errors",
    order=160,
    title="Requests fail while shrinking",
    severity="warning",
    check=check,
    thresholds=(
        AFTER_SCALE_IN,
        SCALE_IN_ERRORS,
        LEAST_ERRORS,
    ),
    cure="`preStop` sleep, `terminationGracePeriodSeconds`, a graceful end on SIGTERM that closes kept connections.",
)
