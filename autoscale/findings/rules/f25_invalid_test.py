"""F25 invalid-test: the load generator was the limit."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule
from autoscale.findings.run import Hit, Run


def check(run: Run) -> Hit | None:
    """F25: the load generator was the limit."""
    wrong = [check for check in run.validity.checks if check.effect == "invalid"]
    if not wrong:
        return None
    return Hit(
        sentence="The load generator was the limit, not the service: "
        + "; ".join(check.words for check in wrong)
        + ".",
        evidence=tuple(Evidence(check.words, check.value, check.unit) for check in wrong),
        advice=f"{_more_room(run, {check.name for check in wrong})}, and run again; believe no other figure.",
        patch=None,
        start=run.start,
        end=run.end,
    )


def _more_room(run: Run, wrong: set[str]) -> str:
    """What a generator that was the limit needs; one that only waited for answers needs no further workers."""
    scenario = run.analysis.header["scenario"]
    load = scenario.get("load") or {}
    most = load.get("max_in_flight")
    if wrong != {"dropped"} or scenario.get("model") != "open" or most is None:
        return "Give the generator more workers (load.workers) or its own machine"
    if load.get("locustfile"):
        pool = load.get("pool")
        return (
            f"Journeys found no user: all{'' if pool is None else f' {pool}'} were busy with others. "
            "Raise load.pool above rate x the time that a journey takes, also when the service is slow"
        )
    return (
        f"Requests found no room: {most} were waiting for answers already. "
        "Raise load.max_in_flight above rate x timeout, or lower the timeout"
    )


RULE = Rule(
    id="F25",
    name="invalid-test",
    order=10,
    title="The load generator was the limit",
    severity="error",
    check=check,
    facts=True,
    thresholds=(),
    cure="More workers or a machine of its own for the generator, or a higher `max_in_flight` (a locustfile's `pool`); "
    "discard the run.",
)
