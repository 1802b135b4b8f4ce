"""The end of a run in a few plain values: what the live page shows when the report is written."""

from typing import Any

from autoscale.report.gather import Account
from autoscale.report.summary import in_short


def outcome(account: Account) -> dict[str, Any]:
    """Verdict, objectives and findings as JSON takes them; ``at`` of a finding in seconds since the load began."""
    verdict, zero = account.verdict, account.analysis.load_start
    return {
        "verdict": verdict.outcome,
        "reason": verdict.reason,
        "in_short": in_short(account),
        "objectives": [
            {"text": j.text, "outcome": j.outcome, "value": j.value_text, "bound": j.bound_text, "reason": j.reason}
            for j in verdict.judgements
        ],
        "findings": [
            {
                "id": f.id,
                "severity": f.severity,
                "title": f.title,
                "sentence": f.sentence,
                "advice": f.advice,
                "patch": f.patch,
                "patch_target": f.patch_target,
                "expected": account.expected.words(f.id) if account.expected else None,
                "at": None if f.start is None or zero is None else round(f.start - zero, 1),
            }
            for f in account.findings
        ],
    }
