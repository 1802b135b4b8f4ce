"""Apply every rule to a run."""

from collections.abc import Sequence
from dataclasses import replace

import yaml

from autoscale.analysis.results.analysis import Analysis
from autoscale.findings.results import Finding
from autoscale.findings.rule import Rule
from autoscale.findings.rules import RULES
from autoscale.findings.run import Hit, Run
from autoscale.verdict.results import Validity
from autoscale.verdict.validity import validity

_RANK = {"error": 0, "warning": 1, "note": 2}
# A finding that only repeats what the other one tells, within the time of the other one: its patch would contradict it.
_REPEATS = {"F13": "F27", "F16": "F10"}


def find(analysis: Analysis, believed: Validity | None = None) -> tuple[Finding, ...]:
    """What went wrong, the gravest first; within one severity by the requests it spoilt, then in the rules' order.

    Beside an invalid test only what the cluster itself said is told: nothing else can be believed. A symptom is left
    out where its cause was found at the same time. A run that was cut short, or in which nothing was sent, bears no
    advice on settings: there only facts are told, without a patch.
    """
    run = Run(analysis, believed or validity(analysis))
    rules = [rule for rule in RULES if rule.facts or run.whole]
    found = [_finding(run, rule, hit) for rule in rules if (hit := rule.check(run)) is not None]
    invalid = [finding for finding in found if finding.id == "F25"]
    if invalid:
        said = {rule.id for rule in RULES if rule.cluster}
        return (*invalid, *(replace(finding, patch=None) for finding in found if finding.id in said))
    place = {rule.id: (rule.symptom, rule.order) for rule in RULES}
    told = [finding for finding in found if not _repeats(finding, found)]
    return tuple(
        sorted(
            told, key=lambda one: (_RANK[one.severity], place[one.id][0], -(one.bad_requests or 0), place[one.id][1])
        )
    )


def _repeats(finding: Finding, found: Sequence[Finding]) -> bool:
    """Whether another finding names the cause of this one, at the same time."""
    cause = next((other for other in found if other.id == _REPEATS.get(finding.id)), None)
    if cause is None or None in (cause.start, cause.end, finding.start, finding.end):
        return False
    return finding.start <= cause.end and cause.start <= finding.end  # type: ignore[operator]


def _finding(run: Run, rule: Rule, hit: Hit) -> Finding:
    target, patch = hit.patch if hit.patch is not None and run.whole else (None, None)
    bad = run.bad(hit.start, hit.end) if hit.start is not None and hit.end is not None else None
    return Finding(
        id=rule.id,
        name=rule.name,
        title=rule.title,
        severity=rule.severity,
        sentence=hit.sentence,
        evidence=hit.evidence,
        advice=hit.advice,
        patch=yaml.safe_dump(patch, sort_keys=False) if patch is not None else None,
        patch_target=target,
        start=hit.start,
        end=hit.end,
        bad_requests=bad,
        link=f"docs/findings.md#{rule.id.lower()}-{rule.name}",
    )
