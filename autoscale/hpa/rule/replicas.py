"""How many replicas one metric proposes (upstream's replica calculator). Replica counts and thousandths."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from autoscale.hpa.config import Config
from autoscale.hpa.observation import Pod, Sample
from autoscale.hpa.rule.numbers import MAX_INT32, MAX_INT64, ceil_int32, ceil_int64, divide, int32, int64, quotient
from autoscale.hpa.rule.pods import MetricError, PodGroups, group_pods, pod_requests
from autoscale.hpa.spec import Spec


class Tolerances(NamedTuple):
    """How far the ratio may stray below and above 1 before anything is done, as shares of 1."""

    down: float
    up: float

    def within(self, ratio: float) -> bool:
        """Whether a ratio is near enough to 1; both bounds count as near, and no number does not."""
        return 1.0 - self.down <= ratio <= 1.0 + self.up


class Utilization(NamedTuple):
    """``ratio`` to the target, ``percent`` of the requests (truncated), ``average`` per pod in thousandths."""

    ratio: float
    percent: int
    average: int


class Usage(NamedTuple):
    """``ratio`` to the target, ``average`` per sample in thousandths (truncated)."""

    ratio: float
    average: int


class Proposal(NamedTuple):
    """What one metric asks for, and what it rests on.

    ``value`` in thousandths is what the status reports; ``percent`` only for a utilization. ``counted`` is how many
    pods the ratio was multiplied with (None where another number was used), ``final_ratio`` the ratio after pods
    without a usable sample were filled in, ``held`` why the current size was kept.
    """

    replicas: int
    value: int
    ratio: float
    final_ratio: float
    percent: int | None = None
    counted: int | None = None
    groups: PodGroups | None = None
    held: str | None = None


def tolerances(spec: Spec, config: Config) -> Tolerances:
    """The controller's tolerance, or what ``behavior`` sets for a direction."""
    down = up = config.tolerance
    if spec.behavior is not None and config.gate("HPAConfigurableTolerance"):
        if spec.behavior.scale_down.tolerance is not None:
            down = spec.behavior.scale_down.tolerance
        if spec.behavior.scale_up.tolerance is not None:
            up = spec.behavior.scale_up.tolerance
    return Tolerances(down, up)


def utilization_ratio(values: Mapping[str, int], requests: Mapping[str, int], target: int) -> Utilization:
    """Usage of the pods that have a request against ``target`` percent of it. MetricError where none has."""
    used = requested = count = 0
    for name, value in values.items():
        request = requests.get(name)
        if request is not None:
            used += value
            requested += request
            count += 1
    if int64(requested) == 0:
        raise MetricError("no metrics returned matched known pods")
    percent = int32(quotient(int64(used * 100), int64(requested)))
    return Utilization(divide(percent, target), percent, quotient(int64(used), count))


def usage_ratio(values: Mapping[str, int], target: int) -> Usage:
    """The average of all values against ``target``, both in thousandths."""
    average = quotient(int64(sum(values.values())), len(values))
    return Usage(divide(average, target), average)


def resource_replicas(
    current: int,
    target: int,
    resource: str,
    container: str,
    samples: Mapping[str, Sample],
    pods: Sequence[Pod],
    within: Tolerances,
    config: Config,
    now: float,
) -> Proposal:
    """The proposal of a Resource or ContainerResource metric with ``averageUtilization`` of ``target`` percent.

    MetricError where no sample is left or a request is missing.
    """
    groups, values = countable(samples, pods, resource, config, now)
    requests = pod_requests(pods, resource, container, config)
    first = utilization_ratio(values, requests, target)

    def fallback(name: str) -> int:
        return quotient(int64(requests[name] * max(100, target)), 100)

    def measure() -> float:
        return utilization_ratio(values, requests, target).ratio

    proposal = _propose(current, first.ratio, first.average, groups, values, fallback, measure, within)
    return proposal._replace(percent=first.percent)


def average_replicas(
    current: int,
    target: int,
    resource: str,
    samples: Mapping[str, Sample],
    pods: Sequence[Pod],
    within: Tolerances,
    config: Config,
    now: float,
) -> Proposal:
    """The proposal of a resource or Pods metric with ``averageValue`` of ``target`` thousandths.

    ``resource`` is empty for a Pods metric. MetricError where no sample is left.
    """
    groups, values = countable(samples, pods, resource, config, now)
    first = usage_ratio(values, target)

    def measure() -> float:
        return usage_ratio(values, target).ratio

    return _propose(current, first.ratio, first.average, groups, values, lambda _: target, measure, within)


def countable(
    samples: Mapping[str, Sample], pods: Sequence[Pod], resource: str, config: Config, now: float
) -> tuple[PodGroups, dict[str, int]]:
    """The groups of pods, and {name: thousandths} of the samples that are neither ignored nor unready.

    MetricError where there is no pod or no sample.
    """
    if not pods:
        raise MetricError("no pods returned by selector while calculating replica count")
    groups = group_pods(pods, samples, resource, config, now)
    dropped = groups.ignored | groups.unready
    values = {name: sample.value for name, sample in samples.items() if name not in dropped}
    if not values:
        raise MetricError("did not receive metrics for targeted pods (pods might be unready)")
    return groups, values


def _propose(
    current: int,
    ratio: float,
    value: int,
    groups: PodGroups,
    values: dict[str, int],
    fallback: Callable[[str], int],
    measure: Callable[[], float],
    within: Tolerances,
) -> Proposal:
    """One ratio where every pod has a sample; else a second one with the others filled in against the change."""
    held = Proposal(current, value, ratio, ratio, groups=groups)
    if not groups.missing and not (groups.unready and ratio > 1.0):
        if within.within(ratio):
            return held._replace(held="tolerance")
        return held._replace(replicas=ceil_int32(ratio * groups.ready), counted=groups.ready)
    _fill_in(values, ratio, groups, fallback)
    again = measure()
    held = held._replace(final_ratio=again, counted=len(values))
    if within.within(again):
        return held._replace(held="tolerance")
    replicas = ceil_int32(again * len(values))
    turned = (ratio < 1.0 < again) or (again < 1.0 < ratio)
    if turned or (again < 1.0 and replicas > current) or (again > 1.0 and replicas < current):
        return held._replace(held="direction")
    return held._replace(replicas=replicas)


def _fill_in(values: dict[str, int], ratio: float, groups: PodGroups, fallback: Callable[[str], int]) -> None:
    """Count pods without a sample so that they work against the change: full on the way down, idle on the way up."""
    if ratio < 1.0:
        values.update((name, fallback(name)) for name in groups.missing)
    elif ratio > 1.0:
        values.update((name, 0) for name in groups.missing)
        values.update((name, 0) for name in groups.unready)


def value_replicas(current: int, usage: int, target: int, pods: Sequence[Pod], within: Tolerances) -> Proposal:
    """The proposal of an Object or External metric with ``value``: ``usage`` and ``target`` in thousandths.

    At zero replicas neither pods nor tolerance count. MetricError where there is no pod.
    """
    ratio = divide(usage, target)
    if current == 0:
        return Proposal(ceil_int32(ratio), usage, ratio, ratio)
    if within.within(ratio):
        return Proposal(current, usage, ratio, ratio, held="tolerance")
    if not pods:
        cause = "no pods returned by selector while calculating replica count"
        raise MetricError(f"unable to calculate ready pods: {cause}")
    ready = sum(pod.phase == "Running" and pod.ready == "True" for pod in pods)
    wanted = ratio * ready
    return Proposal(MAX_INT32 if wanted > MAX_INT32 else ceil_int32(wanted), usage, ratio, ratio, counted=ready)


def object_average_replicas(
    status_replicas: int, usage: int, target: int, within: Tolerances, config: Config
) -> Proposal:
    """The proposal of an Object metric with ``averageValue``, from the scale's ``status.replicas``."""
    ratio = divide(usage, float(target) * status_replicas)
    reported = per_pod_usage(usage, status_replicas, config, saturate=config.since("master"))
    if within.within(ratio):
        return Proposal(status_replicas, reported, ratio, ratio, held="tolerance")
    return Proposal(ceil_int32(divide(usage, target)), reported, ratio, ratio)


def external_average_replicas(
    status_replicas: int, usage: int, target: int, within: Tolerances, config: Config
) -> Proposal:
    """The proposal of an External metric with ``averageValue``; unlike the Object one it stops at the largest int32."""
    ratio = divide(usage, float(target) * status_replicas)
    reported = per_pod_usage(usage, status_replicas, config, saturate=True)
    if within.within(ratio):
        return Proposal(status_replicas, reported, ratio, ratio, held="tolerance")
    wanted = divide(usage, target)
    return Proposal(MAX_INT32 if wanted > MAX_INT32 else ceil_int32(wanted), reported, ratio, ratio)


def per_pod_usage(usage: int, replicas: int, config: Config, *, saturate: bool) -> int:
    """What the status reports of a usage shared by all pods, in thousandths, rounded up.

    Without pods it is 0; up to 1.37 it is a division by zero, which the processor makes the smallest int64.
    """
    if saturate and float(usage) >= float(MAX_INT64):
        return MAX_INT64
    if replicas == 0 and config.since("master"):
        return 0
    return ceil_int64(divide(usage, replicas))


def external_usage(values: Iterable[int]) -> int:
    """The sum of an External metric's series for ``value``, in thousandths; it stops at the largest int64."""
    total = 0
    for value in values:
        if value > 0 and total > MAX_INT64 - value:
            return MAX_INT64
        total = int64(total + value)
    return total


def external_average_usage(values: Iterable[int]) -> int:
    """The sum of an External metric's series for ``averageValue``: whatever becomes negative counts as overflow."""
    total = 0
    for value in values:
        total = int64(total + value)
        if total < 0:
            return MAX_INT64
    return total
