"""What the model cannot know of a run, or of a variant: each with why, and what would have to be recorded."""

from collections.abc import Iterator

from autoscale.base.errors import AutoscaleError, Problem
from autoscale.base.exits import ExitCode
from autoscale.hpa import MetricSpec, parse_spec
from autoscale.verdict.judging import judge
from autoscale.whatif import phases
from autoscale.whatif.calibrate import costs, waited_for_room
from autoscale.whatif.evidence import Evidence
from autoscale.whatif.service import Service, Setting

MOST_TIMES = 3.0  # the recorded rate: beyond that the service was never seen
_ROOM_S = 5.0
_AT_MAX = 0.95


class Unknowable(AutoscaleError):
    """The model has no answer that could be trusted; ends with exit code 5."""

    def __init__(self, what: str, problems: list[Problem], fix: str = "") -> None:
        super().__init__(what, problems=problems, fix=fix, exit_code=ExitCode.UNKNOWN)


def simulated(seen: Evidence) -> str | None:
    """The run that a modelled record was made from; None for a real one."""
    found = seen.kept.header["environment"].get("simulated")
    return str(found) if found else None


def of_run(seen: Evidence, service: Service | None) -> list[Problem]:
    """Why this run cannot be modelled at all; empty where it can."""
    return [*_harmed(seen), *_absent(seen), *_unfit(seen, service), *_foreign(seen)]


def _harmed(seen: Evidence) -> Iterator[Problem]:
    """Rows that are not as they were written: what is modelled on them would be a guess."""
    for fault in seen.run.faults:
        yield Problem(seen.source.name, fault, "the record as the run wrote it", "Take the run's own copy of it.")


def _absent(seen: Evidence) -> Iterator[Problem]:
    where = seen.source.name
    source = simulated(seen)
    if source:
        yield Problem(where, f"a record that was modelled itself, from {source}", "a recorded run", f"Ask {source}.")
    if not seen.kept.load.seconds:
        yield Problem(f"{where}: load", "no load", "what was sent and answered", "Record a run with load.")
    elif seen.run.load_start is None or seen.run.load_end is None:
        yield Problem(f"{where}: load", "a load whose end was not recorded", "a whole load", "Let the run end.")
    if not seen.kept.usage:
        yield Problem(
            f"{where}: usage",
            "no CPU samples",
            "metrics.k8s.io beside the load",
            "Record with a metrics-server; an import has no samples of single pods.",
        )
    if not seen.kept.hpas:
        yield Problem(f"{where}: hpa", "no HPA", "the HPA's status over time", "Record a run of an HPA's target.")
    if not seen.kept.pods:
        yield Problem(f"{where}: pods", "no pods", "the pods of the target", "Record a run; imports hold none.")


def _unfit(seen: Evidence, service: Service | None) -> Iterator[Problem]:
    where = seen.source.name
    if not seen.kept.load.seconds or not seen.kept.usage:
        return
    invalid = [check for check in judge(seen.run).validity.checks if check.effect == "invalid"]
    for check in invalid:
        yield Problem(
            f"{where}: {check.name}",
            f"the generator was the limit: {check.words}",
            "a load that was sent as planned",
            "Run again with more load workers.",
        )
    if service is None:
        yield Problem(
            f"{where}: CPU per request",
            costs(seen).why,
            "three moments of steady load at which all ready pods' CPU was sampled",
            "Record steps of a minute each, for example `autoscale run staircase`.",
        )
    if seen.scenario.get("model") == "closed":
        yield Problem(
            f"{where}: load.model",
            "users who wait for their answers (closed)",
            "an open load",
            "Record with load.model: open; how users react to slowness is not modelled.",
        )
    hpa, desired = seen.run.hpa, seen.run.replicas.desired
    if hpa and seen.run.load_start is not None and seen.run.load_end is not None:
        known = desired.known(seen.run.load_start, seen.run.load_end)
        full = sum(length for length, value in known if value >= hpa.max_replicas)
        if known and hpa.max_replicas > hpa.min_replicas and full >= _AT_MAX * sum(length for length, _ in known):
            yield Problem(
                f"{where}: replicas",
                f"{hpa.max_replicas} pods, the maximum, throughout",
                "a run in which the HPA decides",
                "Raise maxReplicas, and record.",
            )


def _foreign(seen: Evidence) -> Iterator[Problem]:
    where = seen.source.name
    specs = [row["spec"] for row in seen.kept.hpas]
    if specs and any(spec != specs[-1] for spec in specs):
        yield Problem(f"{where}: hpa.spec", "an HPA that was edited in mid-run", "one spec throughout", "Run again.")
    if len({pod.request_m for pod in seen.kept.pods.values() if pod.request_m}) > 1:
        yield Problem(f"{where}: pods", "pods of several sizes (resized, or rolled out)", "one size", "Run again.")
    if specs:
        yield from (
            Problem(
                f"{where}: hpa.spec.metrics",
                f"the metric {metric.name} ({metric.type})",
                "CPU metrics only",
                "What another metric would have said is not known.",
            )
            for metric in parse_spec({"spec": specs[-1]}, phases.config(seen)).metrics
            if not modelled(metric)
        )


def of_room(seen: Evidence, name: str, most_pods: float) -> list[Problem]:
    """Why so many pods may not have fitted: one had to wait for room, so how much there is is not known."""
    waits = [waited_for_room(seen, pod) for pod in seen.kept.pods.values()]
    most = seen.run.replicas.desired.highest(seen.kept.first_t, seen.kept.last_t)
    if max(waits, default=0.0) <= _ROOM_S or most is None or most_pods <= most:
        return []
    found = f"{most_pods:g} pods, where one of {most:g} waited {max(waits):.0f} s for room on a node"
    fix = "Record with more nodes or smaller requests: how much fits is not known."
    return [Problem(f"{name}: node", found, f"at most the recorded {most:g}", fix)]


def modelled(metric: MetricSpec) -> bool:
    """Whether the model can say what a metric would be."""
    return metric.type in ("Resource", "ContainerResource") and metric.name == "cpu"


def of_variant(variant: Setting, recorded: Setting, service: Service) -> list[Problem]:
    """Why a variant lies outside what was seen."""
    found = []
    where = variant.name
    if variant.load.peak > MOST_TIMES * recorded.load.peak:
        found.append(
            Problem(
                f"{where}: load",
                f"a peak of {variant.load.peak:g}/s",
                f"at most {MOST_TIMES:g} times the recorded {recorded.load.peak:g}/s",
                "Record a run at such a rate.",
            )
        )
    spec = parse_spec({"spec": dict(variant.hpa)}, variant.config)
    found += [
        Problem(
            f"{where}: spec.metrics",
            f"the metric {metric.name} ({metric.type})",
            "CPU metrics only",
            "The record does not show what it would say.",
        )
        for metric in spec.metrics
        if not modelled(metric)
    ]
    cores = service.cores.value
    floor = max(1, spec.min_replicas or 1)
    if floor * variant.request_m / 1000 > cores:
        found.append(
            Problem(
                f"{where}: request",
                f"{floor} pods of {variant.request_m}m",
                f"at most {cores:g} cores",
                "The minimum would not fit on the nodes.",
            )
        )
    return found
