"""Every HPA decision of the run beside what the HPA rule gives for the inputs that were seen.

The controller's memory (recommendations, scale events) is rebuilt by deciding every pass of the run again, also
those that changed nothing and left no row. Three outcomes: *agrees*; *differs*: the same metric, another size;
*not reproducible*: the inputs were not seen closely enough to tell. Where what was heard allows several inputs, one
that gives the recorded size is enough to agree.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.observed import Seat, observations
from autoscale.analysis.results.scaling import Decision
from autoscale.analysis.strangers import note
from autoscale.base.errors import InputError
from autoscale.hpa import Config, Observation, Spec, State, decide, explain, parse_spec
from autoscale.hpa import Decision as Computed
from autoscale.hpa.config import DEFAULTS, RELEASES
from autoscale.record.rows.header import Header
from autoscale.record.rows.hpa import Hpa

NEAR_S = 3.0  # HPA status, workload and event are three watches; the server's times are whole seconds
_SHORTEST_S = 0.5
_WRITE_S = 1.0  # a pass writes the size first and its status after, within this time
_ALL_BELOW = 400  # explain every pass of so many rows; in longer runs those around a change of size


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass of the controller: its time, the status it left, the one before; ``told``: the record has its row."""

    t: float
    row: Hpa
    before: Hpa
    told: bool


def decisions(kept: Collected) -> tuple[Decision, ...]:
    """Every recorded pass that changed the HPA's status, explained; none where no HPA was seen."""
    config = controller_config(kept.header)
    specs = _Specs(config)
    state, since = State(), None
    found: list[Decision] = []
    last = None
    for one in _passes(kept, config):
        spec = specs.of(one.row["spec"])
        if spec is None or one.row["current"] == 0:
            continue
        memory = _memory(spec, config)
        if last is None or one.t - last > memory:
            state, since = State(), one.t
        last = one.t
        decision, state = _compare(kept, one, spec, config, state, since is not None and one.t - since >= memory)
        if one.told:
            found.append(decision)
        if decision.outcome != "agrees":
            since = one.t
    return tuple(found)


class _Specs:
    """Parsed specs by identity: the rows share a spec until it changes."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._known: dict[int, Spec | None] = {}

    def of(self, raw: Mapping[str, Any]) -> Spec | None:
        if id(raw) not in self._known:
            try:
                self._known[id(raw)] = parse_spec(dict(raw))
            except InputError:
                self._known[id(raw)] = None
        return self._known[id(raw)]


def controller_config(header: Header) -> Config:
    """The controller's settings; the upstream default where the record does not know."""
    given: Mapping[str, Any] = header["hpa_config"]
    known = {name: given[name] for name in asdict(DEFAULTS) if given.get(name) is not None}
    flags = replace(DEFAULTS, **known)
    version = str(header["versions"].get("cluster", "")).removeprefix("v")
    release = next((release for release in RELEASES if version.startswith(f"{release}.") or version == release), None)
    config = Config(**asdict(flags), release=release or Config().release)
    return replace(config, sync_period_s=max(_SHORTEST_S, config.sync_period_s))


def _memory(spec: Spec, config: Config) -> float:
    """How far back a pass can look, in seconds."""
    spans = [config.downscale_stabilization_s]
    if spec.behavior is not None:
        down = spec.behavior.scale_down.stabilization_window_s
        spans = [config.downscale_stabilization_s if down is None else down]
        for rules in (spec.behavior.scale_up, spec.behavior.scale_down):
            spans += [rules.stabilization_window_s or 0, *(policy.period_s for policy in rules.policies)]
    return max(spans) + config.sync_period_s


def _passes(kept: Collected, config: Config) -> Iterator[Pass]:
    """The passes behind the rows, and those between two rows that left the status as it was."""
    wanted = _wanted(kept.hpas, config)
    for before, row in pairwise(kept.hpas):
        if not is_pass(before, row):
            continue
        if wanted is not None and int(row["t"] // 60) not in wanted:
            continue
        t = before["t"] + config.sync_period_s
        while t < row["t"] - config.sync_period_s / 2:
            yield Pass(t, before, before, told=False)
            t += config.sync_period_s
        yield Pass(row["t"], row, before, told=True)


def decided(decisions: Sequence[Decision], at: float, size: int) -> Decision | None:
    """The pass behind a change to a size: of those that gave it, the one heard nearest to the change."""
    near = [one for one in decisions if abs(one.at - at) <= NEAR_S and one.recorded == size and one.current != size]
    return min(near, key=lambda one: abs(one.at - at), default=None)


def is_pass(before: Hpa, row: Hpa) -> bool:
    """Whether a row shows a new status: an edit of the spec alone is no pass, nor is an object made anew."""
    return before["uid"] == row["uid"] and _status(before) != _status(row)


def _status(row: Hpa) -> tuple[object, ...]:
    """What of a row is the HPA's status."""
    return (row["current"], row["desired"], row["last_scale"], row["metrics"], row["conditions"])


def _wanted(hpas: Sequence[Hpa], config: Config) -> frozenset[int] | None:
    """Which minutes to decide again: all (None), or in a long run those before a change of size."""
    if len(hpas) <= _ALL_BELOW:
        return None
    changed = [row["t"] for old, row in pairwise(hpas) if old["desired"] != row["desired"]]
    reach = 2 * config.downscale_stabilization_s
    return frozenset(minute for time in changed for minute in range(int((time - reach) // 60), int(time // 60) + 1))


def _compare(
    kept: Collected, one: Pass, spec: Spec, config: Config, state: State, remembered: bool
) -> tuple[Decision, State]:
    """The pass decided again with each set of inputs it may have had; the first that gives what was recorded wins."""
    recorded = figures(one.row["metrics"])
    seat = Seat(row=one.row, before=one.before, t=one.t, wrote=_wrote(kept, one), period_s=config.sync_period_s)
    tried: list[tuple[Observation, Computed]] = []
    matching: list[tuple[Observation, Computed]] = []
    same = False
    for observation in observations(kept, seat, spec):
        tried.append((observation, decide(spec, config, state, observation)))
        if figures(tried[-1][1].status.current_metrics) == recorded:
            matching.append(tried[-1])
            if same := tried[-1][1].status.desired_replicas == one.row["desired"]:
                break
    observation, computed = matching[-1] if same else (matching or tried)[0]
    sample = max((item.at for item in observation.usage), default=None)
    measured = any("Resource" in metric.type for metric in spec.metrics)  # no other metric says when it was measured
    seen_at = sample - kept.clocks.server(one.t).at if sample is not None and matching and measured else None
    sizes = {found.status.desired_replicas for _, found in matching}
    outcome, words = _outcome(one, computed, sizes, same, remembered, recorded)
    words += note(kept, one.t)
    bound = next((step.bound_by for step in reversed(computed.steps) if step.bound_by), None)
    decision = Decision(
        at=one.t,
        current=one.row["current"],
        recorded=one.row["desired"],
        computed=computed.status.desired_replicas,
        outcome=outcome,
        sample_at=seen_at,
        metric=metric_text(recorded),
        bound_by=bound if same else None,
        words=words,
    )
    return decision, computed.state


def _wrote(kept: Collected, one: Pass) -> float | None:
    """When the change of size that a pass made was first heard of; None where it made none."""
    size = one.row["desired"]
    if not one.told or size is None or size == one.row["current"] or one.row["last_scale"] == one.before["last_scale"]:
        return None
    since = one.t - _WRITE_S
    heard: list[float] = [
        row["t"] for row in kept.workloads if since <= row["t"] <= one.t and row["spec_replicas"] == size
    ]
    if size > (one.row["current"] or 0):
        heard += [pod.first_seen for pod in kept.pods.values() if since <= pod.first_seen <= one.t]
    return min(heard, default=one.t)


def _outcome(
    one: Pass, computed: Computed, sizes: Collection[int], same: bool, remembered: bool, recorded: tuple[Any, ...]
) -> tuple[Any, str]:
    """The outcome of a pass and its words; ``sizes``: what the rule gives for the inputs that show its metric."""
    current, desired = one.row["current"], one.row["desired"]
    # a failed pass leaves the size alone, and a status that never had a size says 0
    change = f"{current} to {desired}" if desired and current != desired else f"stays at {current}"
    if same:
        return "agrees", f"{change}: {explain(computed)}"
    if not sizes or desired is None:
        shown = metric_text(recorded) or "no metric"
        ours = metric_text(figures(computed.status.current_metrics)) or "none"
        words = f"{change}: the HPA saw {shown}; from the samples in the record comes {ours}, so it cannot be retraced"
        return "not reproducible", words
    if min(sizes) < desired < max(sizes):
        either = " or ".join(str(size) for size in sorted(sizes))
        words = f"{change}: the rule gives {either}, as what was heard close to the pass came before or after it; "
        return "not reproducible", words + "it cannot be told"
    rule = f"the rule gives {computed.status.desired_replicas} for the same metric"
    if not remembered:
        words = f"{change}: {rule}, but what the controller remembered from before is not in the record"
        return "not reproducible", words
    return "differs", f"{change}: {rule}. {explain(computed)}"


def figures(metrics: Any) -> tuple[Any, ...]:
    """What a status says of each metric, in one comparable form."""
    found = []
    for metric in metrics or ():
        kind = str(metric.get("type", ""))
        source = metric.get(kind[:1].lower() + kind[1:]) or {}
        name = source.get("name") or (source.get("metric") or {}).get("name") or kind
        current = source.get("current") or {}
        percent = current.get("averageUtilization")
        value = percent if percent is not None else current.get("averageValue") or current.get("value")
        found.append((name, "%" if percent is not None else "", str(value)))
    return tuple(found)


def metric_text(figures: tuple[Any, ...]) -> str | None:
    """What a status showed, in words; None where it showed nothing."""
    return ", ".join(f"{name} {value}{' %' if unit else ''}" for name, unit, value in figures) or None
