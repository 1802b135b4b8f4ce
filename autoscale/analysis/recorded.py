"""What stands in a record as such: facts of the run that need no more than the rows that tell them."""

from collections.abc import Sequence

from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.keda import keda_spec
from autoscale.analysis.nodes import node_count, node_lives
from autoscale.analysis.results.analysis import Recorded
from autoscale.analysis.sizing import vpa_spec
from autoscale.analysis.steps import StepSeries
from autoscale.analysis.strangers import others
from autoscale.analysis.supply import memory_requested

_METRIC_BIN_S = 15


def recorded(kept: Collected) -> Recorded:
    """What was kept of the rows, in the form that an analysis has it in."""
    return Recorded(
        header=kept.header,
        run=kept.header["run"],
        start=kept.first_t,
        end=kept.last_t,
        partial=kept.end is None or kept.end.get("reason") != "done",
        end_reason=kept.end["reason"] if kept.end else None,
        clocks=dict(kept.clocks.offsets),
        marks=tuple(kept.marks),
        events=tuple(sorted(kept.events, key=lambda event: event.at)),
        gaps=tuple(kept.gaps),
        keda=keda_spec(kept),
        vpa=vpa_spec(kept),
        metric_ages=_metric_ages(kept),
        nodes={row["name"]: row["cpu_m"] for row in kept.nodes},
        node_lives=node_lives(kept),
        node_count=node_count(kept),
        memory_requested=memory_requested(kept),
        containers=tuple(sorted({name for pod in kept.pods.values() for name in pod.requests_m})),
        others=others(kept),
        pod_bins=_pod_bins(kept),
        unread_rows=kept.strange,
        faults=tuple(kept.ledger.faults()),
        set_back_s=kept.set_back_s,
        late_s=kept.load.late_s,
        machine=_machine(kept),
    )


def _machine(kept: Collected) -> StepSeries:
    """The share of the CPUs' time of the machine under an embedded cluster that was used."""
    points: list[tuple[float, float | None]] = [(row["t"] - row["over_s"], row["busy"]) for row in kept.machine]
    return StepSeries.of([*points, *((row["t"], None) for row in kept.machine[-1:])])


def _metric_ages(kept: Collected) -> tuple[tuple[float, float, float], ...]:
    """(time, longest window, longest time since a pod's sample before) in each 15 s."""
    bins: dict[int, tuple[float, float]] = {}
    for usage in kept.usage.values():
        before = None
        for at, window in zip(usage.at, usage.window_s, strict=True):
            number = int(at // _METRIC_BIN_S)
            old = bins.get(number, (0.0, 0.0))
            bins[number] = (max(old[0], window), max(old[1], at - before if before is not None else 0.0))
            before = at
    return tuple((number * float(_METRIC_BIN_S), window, age) for number, (window, age) in sorted(bins.items()))


def _pod_bins(kept: Collected) -> dict[str, tuple[float, Sequence[int]]]:
    """Answers of each pod in every 10 s: name -> (time of the first bin, counts)."""
    first = kept.load.first_bin
    if first is None:
        return {}
    return {name: (first * 10.0 + (kept.load.phase or 0.0), pod.bins) for name, pod in kept.load.pods.items()}
