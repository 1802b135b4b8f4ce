"""The report for a terminal: ten lines or so."""

from autoscale.base.visible import one_line
from autoscale.report.answers.four import answers
from autoscale.report.gather import Account
from autoscale.report.summary import in_short


def render(account: Account) -> str:
    """Verdict, the run in short, objectives, and the four answers."""
    verdict = account.verdict
    lines = [f"Verdict: {verdict.outcome.upper()}. {one_line(verdict.reason)}", "", one_line(in_short(account)), ""]
    if verdict.judgements:
        width = max(len(judgement.text) for judgement in verdict.judgements)
        told = [(j, one_line(j.text)) for j in verdict.judgements]
        lines += [f"  {_SIGN[j.outcome]} {text:<{width}}  {j.outcome:<8} {j.value_text}" for j, text in told]
        lines.append("")
    for answer in answers(account):
        lines.append(f"{answer.question} {one_line(answer.short)}")
    return "\n".join(lines) + "\n"


_SIGN = {"pass": "✓", "fail": "✗", "unknown": "?", "invalid": "!"}
