"""Static checks of HPA manifests: validity, and settings that cannot work."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from autoscale.base.errors import InputError, Problem
from autoscale.hpa.check.behavior import BEHAVIOR_RULES
from autoscale.hpa.check.faults import Fault, Manifest, Subject
from autoscale.hpa.check.target import TARGET_RULES
from autoscale.hpa.check.usage import USAGE_RULES
from autoscale.hpa.reading.parse import parse_spec

Rule = Callable[[Subject], Iterator[Fault]]

RULES: tuple[Rule, ...] = (*TARGET_RULES, *USAGE_RULES, *BEHAVIOR_RULES)


def check(manifests: Sequence[Manifest]) -> list[Fault]:
    """Every finding about the HPAs among the manifests; errors first, else in the order of the files."""
    findings: list[Fault] = []
    for manifest in manifests:
        if manifest.kind == "HorizontalPodAutoscaler":
            findings += _check_one(manifest, manifests)
    return sorted(findings, key=lambda finding: finding.level != "error")


def _check_one(hpa: Manifest, manifests: Sequence[Manifest]) -> Iterable[Fault]:
    try:
        spec = parse_spec(hpa.object)
    except InputError as error:
        return [_invalid(hpa, problem) for problem in error.problems]
    subject = Subject(hpa, spec, _workload(hpa, spec.target.kind, spec.target.name, manifests), tuple(manifests))
    try:
        subject.containers()
    except (AttributeError, TypeError, ValueError) as error:
        return [_unreadable(subject, error)]
    return [finding for rule in RULES for finding in rule(subject)]


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
    where = f"{hpa.file}: HorizontalPodAutoscaler/{hpa.name}: {problem.where}"
    return Fault("invalid", "error", where, what, problem.fix)
