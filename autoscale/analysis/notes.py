"""What could not be known of a run, and why, in words."""

from collections.abc import Mapping

from autoscale.analysis.intake.clocks import SERVER, WALL
from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.plan import PlannedRate
from autoscale.analysis.results.series import Demand

_SENT = (
    "The load was a locustfile's users who wait for their answers (closed model): latency counts from the sending, so "
    "a slow service got fewer requests; only where wait_time is constant_pacing or constant_throughput is the time "
    "known at which a task was to begin, and used."
)
_SET_BACK = "Rows of one source were heard at times that run backwards: the recording machine's clock was set back."


def notes(kept: Collected, need: Demand, plan: PlannedRate, load_end: float | None) -> tuple[str, ...]:
    """What could not be known, and why."""
    named, unmeasured = kept.load.pods, kept.clocks.unmeasured()
    facts = [
        (kept.end is None, "The record breaks off: the run was cut short, and what came later is not known."),
        (not kept.load.seconds, "The record holds no load."),
        (not kept.pods, "The record holds no pods."),
        (not kept.hpas, "The record holds no HPA."),
        (not kept.usage, "The record holds no CPU samples."),
        (bool(kept.load.seconds) and not named, "Answers do not name their pod (no X-Pod header): shares are unknown."),
        (need.how.startswith("unknown"), f"The demand curve is {need.how}."),
        (plan.measured, "The record holds no plan of the load; the rate sent stands in for it."),
        (_unpaced(kept), _SENT),
        (load_end is None and bool(kept.load.seconds), "The end of the load was not recorded."),
        (
            bool(unmeasured),
            f"The clocks of {', '.join(unmeasured)} were not measured: their times are taken as the observer's.",
        ),
        (kept.set_back_s > 0, _SET_BACK),
        (kept.strange > 0, f"{kept.strange} rows could not be read, or say what cannot be, and were left out."),
        (kept.load.duplicates > 0, f"{kept.load.duplicates} load rows came twice and were counted once."),
    ]
    told = [text for true, text in facts if true]
    told += [_unseen(kept.load.unseen)] if kept.load.unseen else []
    if hidden := kept.header["environment"].get("unseen"):
        told += [f"Not recorded, as it may not be read, or is served in no known version: {', '.join(hidden)}."]
    return (*told, *(_setting(*one, kept.first_t) for one in kept.clocks.was_set()))


def _unseen(causes: Mapping[str, int]) -> str:
    """What a locustfile's clients sent and did not report."""
    parts = ", ".join(f"{n} {cause}" for cause, n in sorted(causes.items()))
    return (
        f"The locustfile's clients sent {sum(causes.values())} requests of which Locust reports nothing: the service "
        f"may have had them, and no figure here holds them ({parts})."
    )


def _setting(clk: str, at: float, by_s: float, start: float) -> str:
    """That a clock was set, and what it is to the figures."""
    which = {SERVER: "The API server's clock", WALL: "The clock of the machine that recorded"}.get(
        clk, f"The clock {clk}"
    )
    then = (
        "times in this report go on as if it had not been" if clk == WALL else "its times are taken for what they were"
    )
    words = f"{which} was set {'forward' if by_s > 0 else 'back'} by {abs(by_s):.1f} s"
    return f"{words} {at - start:.0f} s after the record began: {then}."


def _unpaced(kept: Collected) -> bool:
    """Whether the load was a locustfile's users, each waiting for its answers."""
    scenario = kept.header["scenario"]
    load = scenario.get("load")
    return scenario.get("model") == "closed" and isinstance(load, Mapping) and bool(load.get("locustfile"))
