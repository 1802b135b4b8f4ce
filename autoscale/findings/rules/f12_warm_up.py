"""F12 warm-up: young pods answer slowly."""

from autoscale.analysis.latency import OLDER, YOUNG
from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run, container_patch

WARM_UP = Threshold(2, "x old pods", "95th percentile of answers by young pods")
WARM_UP_ANSWERS = Threshold(100, "answers", "by young pods, and by old ones, at least")


def check(run: Run) -> Hit | None:
    """F12: young pods answer more slowly than older ones do at the same time (a busy time slows both)."""
    spans = {entry.label: entry for entry in run.analysis.latency}
    young, old = spans.get(YOUNG), spans.get(OLDER)
    if young is None or old is None or not young.p95 or not old.p95:
        return None
    enough = min(young.count or 0, old.count or 0) >= WARM_UP_ANSWERS.value
    if not enough or young.p95 <= WARM_UP.value * old.p95:
        return None
    return Hit(
        f"Pods younger than a minute answered with a 95th percentile of {young.p95 * 1000:.0f} ms; older ones beside "
        f"them with {old.p95 * 1000:.0f} ms.",
        (Evidence("95th percentile, young pods", young.p95, "s"), Evidence("95th percentile, old pods", old.p95, "s")),
        "Warm up before becoming ready (a startupProbe that calls the real work), or keep more pods as a minimum.",
        container_patch(run, startupProbe={"periodSeconds": 1, "failureThreshold": 60}) if _has_probe(run) else None,
    )


def _has_probe(run: Run) -> bool:
    """Whether the applied workload has a startupProbe that a patch could tune; a new one needs a handler of its own."""
    for item in run.analysis.header["objects"]:
        if item.get("kind") == run.analysis.header["target"]["kind"]:
            spec = ((item.get("spec") or {}).get("template") or {}).get("spec") or {}
            return any("startupProbe" in container for container in spec.get("containers") or [])
    return False


RULE = Rule(
    id="F12",
    name="warm-up",
    order=210,
    title="Young pods answer slowly",
    severity="warning",
    check=check,
    thresholds=(
        WARM_UP,
        WARM_UP_ANSWERS,
    ),
    cure="Warm-up calls before Ready (`startupProbe`), more pods as a minimum.",
)
