"""Was it good enough?"""

from collections.abc import Iterable, Sequence

from autoscale.report.answers.answer import Answer
from autoscale.report.gather import Account
from autoscale.verdict.results import Judgement

# The first screen has room for this many.
MOST_DETAILS = 3


def good_enough(account: Account) -> Answer:
    """How many objectives held, and what did not."""
    judgements = account.verdict.judgements
    question = "Was it good enough?"
    if not judgements:
        return Answer(question, "No objective was set", "unknown", ("Name some under `objectives:` in the scenario.",))
    if account.verdict.outcome == "invalid":
        return Answer(question, "Nobody can say", "invalid", ("An invalid run judges nothing: mend it and run again.",))
    passed = sum(judgement.outcome == "pass" for judgement in judgements)
    headline = f"{passed} of {len(judgements)} objectives held"
    return Answer(question, headline, account.verdict.outcome, _missed(judgements) or (_tightest(judgements),))


def _missed(judgements: Sequence[Judgement]) -> tuple[str, ...]:
    """What did not hold, failures first; objectives that are unknown for one reason stand together."""
    by_reason: dict[tuple[str, str], list[str]] = {}
    for judgement in sorted(judgements, key=lambda judgement: judgement.outcome != "fail"):
        if judgement.outcome != "pass":
            by_reason.setdefault((judgement.outcome, judgement.reason), []).append(judgement.text)
    lines = [f"{'; '.join(texts)}: {outcome}, {reason}" for (outcome, reason), texts in by_reason.items()]
    return (
        *lines[:MOST_DETAILS],
        *([f"and {len(lines) - MOST_DETAILS} more below"] if len(lines) > MOST_DETAILS else []),
    )


def _tightest(judgements: Iterable[Judgement]) -> str:
    return "; ".join(f"{judgement.text} (was {judgement.value_text})" for judgement in judgements)
