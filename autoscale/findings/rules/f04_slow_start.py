"""F4 slow-start: pods start slowly."""

from autoscale.analysis.phases import NODE_PHASES
from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run, container_patch

SLOW_START = Threshold(15, "s", "95th percentile of created to Ready")
STARTING_SHARE = Threshold(0.3, "of the deficit", "part of the missing pod-time that fell into pod starts")


def check(run: Run) -> Hit | None:
    """F4: pods take long to become ready, and the load waits for them."""
    startup = run.value("startup")
    if startup is None or startup <= SLOW_START.value:
        return None
    share = _deficit_while_starting(run)
    if share is not None and share <= STARTING_SHARE.value:
        return None
    sums: dict[str, float] = {}
    for pod in run.pods:
        for phase in pod.start_phases:
            name = "scheduled" if phase.name in NODE_PHASES else phase.name
            if name in ("scheduled", "pulled", "started", "ready") and phase.duration_s is not None:
                sums[name] = sums.get(name, 0.0) + phase.duration_s
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
        sentence=f"A new pod took up to {startup:.0f} s from created to ready (95th percentile).",
        evidence=(
            Evidence(words="created to ready, 95th percentile", value=startup, unit="s", start=span[0], end=span[1]),
            *(Evidence(f"all pods: {name}", value, "s") for name, value in sums.items()),
        ),
        advice=cures[longest],
        patch=patch if longest == "ready" else None,
        start=span[0],
        end=span[1],
    )


def _deficit_while_starting(run: Run) -> float | None:
    """The share of the missing pod-time (demand over ready) that fell into times when pods were starting."""
    missing = run.both(run.analysis.demand.curve, run.ready, lambda need, ready: need > ready)
    starting = run.both(run.analysis.replicas.running, run.ready, lambda running, ready: running > ready)
    both = run.both(missing, starting, lambda lacks, starts: lacks > 0 and starts > 0)
    lacking = sum(length for length, value in missing.known(run.start, run.end) if value)
    during = sum(length for length, value in both.known(run.start, run.end) if value)
    return during / lacking if lacking else None


RULE = Rule(
    id="F4",
    name="slow-start",
    order=130,
    title="Pods start slowly",
    severity="warning",
    check=check,
    thresholds=(
        SLOW_START,
        STARTING_SHARE,
    ),
    cure="Cure the longest part: pre-pull the image, start faster, probe more often, more pods as a minimum.",
)
