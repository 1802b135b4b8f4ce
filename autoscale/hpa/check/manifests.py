"""Static checks of HPA manifests: validity, and settings that cannot work."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from autoscale.base.errors import InputError, Problem
from autoscale.hpa.check.behavior import BEHAVIOR_RULES
from autoscale.hpa.check.faults import Fault, Manifest, Subject
from autoscale.hpa.check.scaled import made_by_keda, without_its_patch
from autoscale.hpa.check.target import TARGET_RULES, zero_minimum
from autoscale.hpa.check.usage import USAGE_RULES
from autoscale.hpa.config import Config, Release
from autoscale.hpa.reading.parse import parse_spec

Rule = Callable[[Subject], Iterator[Fault]]

RULES: tuple[Rule, ...] = (*TARGET_RULES, *USAGE_RULES, *BEHAVIOR_RULES)


def check(manifests: Sequence[Manifest], release: Release | None = None) -> list[Fault]:
    """Every fault of the HPAs among the manifests; errors first, else in the order of the files.

    ``release``: of the cluster that they are for; None is the newest, with a word where an older one would refuse.
    """
    faults: list[Fault] = []
    for manifest in (*manifests, *made_by_keda(manifests)):
        if manifest.kind == "HorizontalPodAutoscaler":
            faults += [without_its_patch(fault, manifest) for fault in _check_one(manifest, manifests, release)]
    once = [fault for i, fault in enumerate(faults) if fault not in faults[:i]]
    return sorted(once, key=lambda fault: fault.level != "error")


def _check_one(hpa: Manifest, manifests: Sequence[Manifest], release: Release | None) -> Iterable[Fault]:
    config = Config() if release is None else Config(release=release)
    try:
        spec = parse_spec(hpa.object, config)
    except InputError as error:
        return [_invalid(hpa, problem) for problem in error.problems]
    workload = _workload(hpa, spec.target.kind, spec.target.name, manifests)
    subject = Subject(hpa=hpa, spec=spec, workload=workload, others=tuple(manifests), config=config)
    rules = RULES if release is not None else (*RULES, zero_minimum)
    try:
        return [fault for rule in rules for fault in rule(subject)]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return [_unreadable(subject, error)]


def _unreadable(subject: Subject, error: Exception) -> Fault:
    workload = subject.workload or subject.hpa
    where = f"{workload.file}: {workload.kind}/{workload.name}: spec.template.spec.containers"
    return Fault("invalid", "error", where, f"found {error}, wanted containers with quantities as resources")


def _workload(hpa: Manifest, kind: str, name: str, manifests: Sequence[Manifest]) -> Manifest | None:
    for each in manifests:
        if (each.kind, each.name, each.namespace) == (kind, name, hpa.namespace):
            return each
    return None


def _invalid(hpa: Manifest, problem: Problem) -> Fault:
    what = f"found {problem.found}" + (f", wanted {problem.wanted}" if problem.wanted else "")
    where = f"{hpa.file}: {hpa.title}: {problem.where}"
    return Fault(rule="invalid", level="error", where=where, what=what, fix=problem.fix)
