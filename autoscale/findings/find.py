"""Apply every rule to a run."""

import yaml

from autoscale.analysis.results import Analysis
from autoscale.findings.results import Finding
from autoscale.findings.rules import RULES, Rule
from autoscale.findings.run import Hit, Run
from autoscale.objectives.results import Validity
from autoscale.objectives.validity import validity

_RANK = {"error": 0, "warning": 1, "note": 2}


def find(analysis: Analysis, believed: Validity | None = None) -> tuple[Finding, ...]:
    """What went wrong, the gravest first; within one severity by the requests it spoilt, then in the rules' order.

    An invalid test is told alone: nothing else in such a run can be believed.
    """
    run = Run(analysis, believed or validity(analysis))
    found = [_finding(run, rule, hit) for rule in RULES if (hit := rule.check(run)) is not None]
    invalid = [finding for finding in found if finding.id == "F25"]
    if invalid:
        return tuple(invalid)
    order = {rule.id: i for i, rule in enumerate(RULES)}
    return tuple(sorted(found, key=lambda one: (_RANK[one.severity], -(one.bad_requests or 0), order[one.id])))


def _finding(run: Run, rule: Rule, hit: Hit) -> Finding:
    target, patch = hit.patch if hit.patch is not None else (None, None)
    bad = run.bad(hit.start, hit.end) if hit.start is not None and hit.end is not None else None
    return Finding(
        rule.id, rule.name, rule.title, rule.severity, hit.sentence, hit.evidence, hit.advice,
        yaml.safe_dump(patch, sort_keys=False) if patch is not None else None, target, hit.start, hit.end, bad,
        f"docs/findings.md#{rule.id.lower()}-{rule.name}",
    )  # fmt: skip
