"""Where the time of a scale-up went: chains of moments whose differences add up to the whole."""

from collections.abc import Sequence

from autoscale.analysis.decisions import decided
from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.intake.pods import PodHistory
from autoscale.analysis.plan import LoadChange
from autoscale.analysis.results.scaling import ACTIVATION, PHASES, Decision, Phase, ScaleEvent, ScaleUp
from autoscale.analysis.results.series import Cpu, Moment

_SLACK_S = 1.0  # pods, workload and HPA are heard on different watches
_POD_CHAIN = PHASES[2:]


def chain(names: Sequence[str], start: Moment | None, moments: Sequence[Moment | None]) -> tuple[Phase, ...]:
    """Phases from ``start`` over each moment; an unseen moment makes its own phase unknown and the next one longer.

    A moment is known as an upper bound, so none may lie after a later one; then none before an earlier one. What
    is left are differences of neighbours, which add up to the last known moment less the start.
    """
    known = _ordered(start, moments)
    phases, since = [], known[0].at if known[0] else None
    for name, moment in zip(names, known[1:], strict=True):
        if moment is None or since is None:
            phases.append(
                Phase(
                    name=name,
                    start=None,
                    end=moment.at if moment else None,
                    duration_s=None,
                    error_s=moment.error_s if moment else None,
                )
            )
        else:
            phases.append(
                Phase(name=name, start=since, end=moment.at, duration_s=moment.at - since, error_s=moment.error_s)
            )
        since = moment.at if moment else since
    return tuple(phases)


def _ordered(start: Moment | None, moments: Sequence[Moment | None]) -> list[Moment | None]:
    found = [start, *moments]
    latest = float("inf")
    for i in range(len(found) - 1, 0, -1):
        moment = found[i]
        if moment is not None:
            latest = min(latest, moment.at)
            found[i] = Moment(latest, moment.error_s)
    earliest = float("-inf")
    for i, moment in enumerate(found):
        if moment is not None:
            earliest = max(earliest, moment.at)
            found[i] = Moment(earliest, moment.error_s)
    return found


def total(phases: Sequence[Phase]) -> float | None:
    """The sum of the known phases: the whole chain, as far as it was seen; None where nothing was."""
    known = [phase.duration_s for phase in phases if phase.duration_s is not None]
    return sum(known) if known else None


def pod_moments(kept: Collected, pod: PodHistory) -> list[Moment | None]:
    """Created, scheduled, pulled, started, ready, in service, first answer."""
    clocks = kept.clocks
    dated = [pod.created, pod.conditions.get("PodScheduled"), kept.pulled.get(pod.name), pod.started]
    ready = pod.conditions.get("Ready")
    answers = kept.load.pods.get(pod.name)
    endpoint = kept.endpoints.get(pod.uid)
    first = answers.first_at if answers else None
    return [
        *(clocks.moment(*when) if when else None for when in dated),
        clocks.moment(*ready) if ready else None,
        Moment(endpoint.ready, clocks.server(endpoint.ready).error_s)
        if endpoint and endpoint.ready is not None
        else None,
        Moment(first, 0.0) if first is not None else None,
    ]


NODE_PHASES = ("node asked", "node there", "node ready")
"""Parts of the wait for a node that was not there yet: they stand between created and scheduled."""

_ASKED = ("TriggeredScaleUp", "Nominated")  # of cluster-autoscaler, of Karpenter


def pod_chain(kept: Collected, pod: PodHistory) -> tuple[tuple[str, ...], list[Moment | None]]:
    """The names and moments of a pod's start from its creation on, with those of its node where it waited for one."""
    names, moments = _POD_CHAIN, pod_moments(kept, pod)
    node = _node_moments(kept, pod)
    if node is None:
        return names, moments
    return (names[0], *NODE_PHASES, *names[1:]), [moments[0], *node, *moments[1:]]


def _node_moments(kept: Collected, pod: PodHistory) -> list[Moment | None] | None:
    """When a pod's node was asked for, there and Ready; None where the node was there before the pod."""
    rows = [row for row in kept.nodes if row["name"] == pod.node] if pod.node else []
    if not rows or rows[0]["t"] <= pod.first_seen + _SLACK_S:
        return None
    asked = [event.at for event in kept.events if event.reason in _ASKED and event.object == f"Pod/{pod.name}"]
    ready = next((row["t"] for row in rows if row["ready"]), None)
    return [
        Moment(asked[0], 1.0) if asked else None,
        Moment(rows[0]["t"], 0.0),
        None if ready is None else Moment(ready, 0.0),
    ]


def pod_start(kept: Collected, pod: PodHistory, decided: float | None) -> tuple[Phase, ...]:
    """The chain of one pod's start, from the decision; from its creation where it was there before."""
    names, moments = pod_chain(kept, pod)
    if decided is None:
        return chain(names[1:], moments[0], moments[1:])
    return chain(names, Moment(decided, 0.0), moments)


def pod_end(kept: Collected, pod: PodHistory) -> tuple[Phase, ...]:
    """The chain of one pod's end: deletion, out of the Service, last answer, ended; empty while it lives."""
    if pod.deletion is None:
        return ()
    endpoint = kept.endpoints.get(pod.uid)
    answers = kept.load.pods.get(pod.name)
    last = answers.last_second if answers else None
    phase = kept.load.phase or 0.0
    ended = pod.ended if pod.ended is not None else pod.removed
    start = Moment(pod.deletion[1], 0.0)
    gone = Moment(endpoint.gone, 0.0) if endpoint and endpoint.gone is not None else None
    moments = [
        Moment(max(start.at, last + phase + 1), 1.0) if last is not None else None,
        Moment(ended, 0.0) if ended is not None else None,
    ]
    out = chain(("out of service",), start, [gone])
    return out + chain(("last answer", "ended"), start, moments)


def new_pods(kept: Collected, event: ScaleEvent, until: float) -> list[PodHistory]:
    """The pods made for a growth: heard of between its decision and the next change."""
    found = [pod for pod in kept.pods.values() if event.at - _SLACK_S <= pod.first_seen < until - _SLACK_S]
    return sorted(found, key=lambda pod: pod.first_seen)[: event.after - event.before]


def scale_ups(
    kept: Collected,
    events: Sequence[ScaleEvent],
    changes: Sequence[LoadChange],
    cpu: Cpu,
    tolerance: float | None,
    decisions: Sequence[Decision],
    load_start: float | None,
) -> tuple[ScaleUp, ...]:
    """Every growth with its phases, from the load change behind it until its slowest pod answered.

    Where there were no pods as the load began, that is a load change. A growth that follows another one on the same
    load change begins at that decision.
    """
    found: list[ScaleUp] = []
    woken = next((event for event in events if event.up and event.before == 0), None)
    begins = load_start if woken is not None and load_start is not None and woken.at >= load_start else None
    for i, event in enumerate(events):
        if not event.up:
            continue
        until = events[i + 1].at if i + 1 < len(events) else float("inf")
        made = decided(decisions, event.at, event.after)
        seen = made.sample_at if made else None
        change = _cause(event, changes, seen)
        if change is None and begins is not None and event.at >= begins:
            change = begins
        origin = change
        if found and change is not None and found[-1].load_change == change:
            origin = found[-1].event.at
        found.append(_scale_up(kept, event, (change, origin, until), cpu, tolerance, seen))
    return tuple(found)


def _cause(event: ScaleEvent, changes: Sequence[LoadChange], seen: float | None) -> float | None:
    """The last load change before a decision that its newest CPU window can have held, where it was a rise."""
    before = [change for change in changes if change.at <= (event.at if seen is None else seen)]
    return before[-1].at if before and before[-1].after > before[-1].before else None


def _scale_up(
    kept: Collected,
    event: ScaleEvent,
    span: tuple[float | None, float | None, float],
    cpu: Cpu,
    tolerance: float | None,
    seen: float | None,
) -> ScaleUp:
    change, origin, until = span
    pods = new_pods(kept, event, until)
    chains = {pod.name: pod_chain(kept, pod) for pod in pods}
    slowest = max(chains, key=lambda name: _last(chains[name][1]), default=None)
    shown = _metric_shows(cpu, tolerance, origin, event.at, seen)
    start = Moment(origin, 0.0) if origin is not None else None
    names, rest = chains[slowest] if slowest is not None else (_POD_CHAIN, [None] * len(_POD_CHAIN))
    if event.by == "keda":  # it looks at its triggers itself: there is no moment at which a metric showed it
        phases = chain((ACTIVATION, *names), start, [Moment(event.at, 0.0), *rest])
    else:
        phases = chain((*PHASES[:2], *names), start, [shown, Moment(event.at, 0.0), *rest])
    timed = [phase for phase in phases if phase.duration_s is not None]
    longest = max(timed, key=lambda phase: phase.duration_s or 0.0, default=None)
    return ScaleUp(
        event=event,
        load_change=change,
        origin=origin,
        phases=phases,
        total_s=total(phases),
        pods=tuple(chains),
        slowest=slowest,
        slowest_phase=longest.name if longest else None,
    )


def _last(moments: Sequence[Moment | None]) -> float:
    return max((moment.at for moment in moments if moment is not None), default=float("-inf"))


def _metric_shows(
    cpu: Cpu, tolerance: float | None, since: float | None, until: float, seen: float | None
) -> Moment | None:
    """The end of the first CPU window after ``since`` that lies above the target by more than the tolerance.

    ``seen``: the end of the newest window that the decision used, where that is known; it cannot be a later one.
    """
    if since is None or tolerance is None or not cpu.target:
        return None
    last = until if seen is None else min(seen, until)
    for time, value in zip(cpu.total.times, cpu.total.values, strict=True):
        goal = cpu.target.at(time)
        if since < time <= last and value is not None and goal is not None and value > goal * (1 + tolerance):
            return Moment(time, 1.0)
    return Moment(max(since, seen), 1.0) if seen is not None else None
