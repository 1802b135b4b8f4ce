"""Can I believe it?"""

from autoscale.analysis.origin import imported_from
from autoscale.analysis.results.analysis import Analysis
from autoscale.report.answers.answer import Answer
from autoscale.report.gather import Account
from autoscale.report.words import count, duration
from autoscale.verdict.checks.machine import crowded


def believe(account: Account) -> Answer:
    """Whether the verdict on the generator and the record lets the run be believed; the doubts one by one."""
    validity = account.verdict.validity
    doubts = tuple(check.words[:1].upper() + check.words[1:] for check in validity.checks if check.effect != "none")
    if validity.outcome == "valid":
        lag = account.analysis.generator.lag_p99_s
        if lag is None:
            tool = imported_from(account.analysis)
            words = f"It is what {tool} recorded; how late requests were sent is not in it."
            return Answer("Can I believe it?", "As far as it goes", "pass", (words,))
        kept = f"The generator kept its plan: requests left {duration(lag)} late at p99, {_dropped(account.analysis)}."
        if said := crowded(account.analysis):
            return Answer("Can I believe it?", "Yes, of a busy machine", "pass", (said, kept))
        return Answer("Can I believe it?", "Yes", "pass", (kept,))
    headline = "No: the load generator was the limit" if validity.outcome == "invalid" else "Only in part"
    told = (*doubts, *([said] if (said := crowded(account.analysis)) else []))
    return Answer("Can I believe it?", headline, validity.outcome, told)


def _dropped(analysis: Analysis) -> str:
    dropped = analysis.generator.dropped
    return "none was dropped" if dropped == 0 else f"{count(dropped)} were dropped"
