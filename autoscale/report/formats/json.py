"""The report as JSON: everything the page shows and more, for programs."""

import json
from typing import Any

from autoscale.analysis import SCHEMA
from autoscale.analysis import to_json as analysis_to_json
from autoscale.analysis.results.jsonform import plain
from autoscale.base.version import VERSION
from autoscale.report.answers.four import answers
from autoscale.report.gather import Account
from autoscale.report.summary import in_short


def render(account: Account) -> str:
    """One JSON object; ``schema`` is raised whenever a field changes its meaning (docs/report.schema.json)."""
    value: dict[str, Any] = {
        "schema": SCHEMA,
        "tool": f"autoscale {VERSION}",
        "verdict": plain(account.verdict),
        "in_short": in_short(account),
        "answers": plain(answers(account)),
        "findings": plain(account.findings),
        "expected": plain(account.expected),
        "analysis": analysis_to_json(account.analysis),
    }
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"
