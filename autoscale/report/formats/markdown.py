"""The report as Markdown, for a pull request's comment."""

import re

from autoscale.analysis.resolution import resolution_of
from autoscale.report import words
from autoscale.report.answers.four import answers
from autoscale.report.gather import Account
from autoscale.report.summary import in_short

_SIGN = {"pass": "✅", "fail": "❌", "unknown": "❔", "invalid": "🚫"}


def render(account: Account) -> str:
    """Verdict, answers, objectives, scale events and findings with their patches."""
    parts = [
        _head(account),
        _objectives(account),
        _names(account),
        _events(account),
        _others(account),
        _nodes(account),
        _findings(account),
    ]
    return "\n".join(part for part in parts if part)


def escape(text: object) -> str:
    """Text that Markdown takes as text, also inside a table: no HTML, no markup, no link, one line."""
    plain = " ".join(str(text).split())
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~@])", r"\\\1", plain).replace("://", ":\u200b//")


def fenced(text: str, language: str = "") -> str:
    """A code block whose fence is longer than any run of backticks inside."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    return f"{fence}{language}\n{text.rstrip()}\n{fence}\n"


def _table(head: list[str], rows: list[list[object]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(escape(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _head(account: Account) -> str:
    verdict, analysis = account.verdict, account.analysis
    name = analysis.header["scenario"].get("name") or "run"
    lines = [
        f"## {_SIGN[verdict.outcome]} {escape(name)}: {verdict.outcome}",
        "",
        escape(verdict.reason),
        "",
        escape(in_short(account)),
        "",
        *(f"- **{answer.question}** {escape(answer.short)}" for answer in answers(account)),
        "",
    ]
    return "\n".join(lines)


def _objectives(account: Account) -> str:
    rows: list[list[object]] = [
        [j.text, f"{_SIGN[j.outcome]} {j.outcome}", j.value_text, j.bound_text, j.reason]
        for j in account.verdict.judgements
    ]
    return "### Objectives\n\n" + _table(["Objective", "Verdict", "Value", "Bound", "Why"], rows) if rows else ""


def _names(account: Account) -> str:
    """Of each name, where there are several."""
    known = resolution_of(account.analysis.header)
    rows: list[list[object]] = [
        [
            one.name,
            words.count(one.latency.count),
            words.count(one.latency.failed),
            *(words.latency(value, known) for value in (one.latency.p50, one.latency.p95, one.latency.p99)),
        ]
        for one in account.analysis.names[:50]
    ]
    return "### By name\n\n" + _table(["Requests", "Answered", "Failed", "p50", "p95", "p99"], rows) if rows[1:] else ""


def _events(account: Account) -> str:
    zero = account.analysis.load_start
    rows: list[list[object]] = [
        [words.offset(e.at, zero), f"{e.before} → {e.after}", e.reason or words.UNKNOWN, e.metric or words.UNKNOWN]
        for e in account.analysis.scale_events[:50]
    ]
    return "### Scale events\n\n" + _table(["Time", "Pods", "Reason", "Metric"], rows) if rows else ""


def _others(account: Account) -> str:
    zero = account.analysis.load_start
    rows: list[list[object]] = [
        [words.offset(one.at, zero), words.offset(one.until, zero), one.words]
        for one in account.analysis.interventions[:50]
    ]
    return "### What others did\n\n" + _table(["Time", "Until", "What"], rows) if rows else ""


def _nodes(account: Account) -> str:
    """Of the cluster's nodes, where any came or went."""
    rows: list[list[object]] = [list(row) for row in words.node_rows(account.analysis)[:50]]
    return "### Nodes\n\n" + _table(["Node", "Size", "Came", "Ready", "Went", "Why"], rows) if rows else ""


def _findings(account: Account) -> str:
    parts = []
    for finding in account.findings:
        parts.append(
            f"### {finding.id}: {escape(finding.title)}\n\n{escape(finding.sentence)}\n\n{escape(finding.advice)}\n"
        )
        if finding.patch:
            parts.append(fenced(finding.patch, "yaml"))
        if account.expected and (words := account.expected.words(finding.id)):
            parts.append(f"Expected of it: {escape(words)}.\n")
    if account.expected and (fewer := account.expected.fewer):
        parts.append(f"### Fewer pods\n\n{escape(fewer.words)}.\n")
        parts.append(fenced(fewer.patch, "yaml"))
    return "\n".join(parts)
