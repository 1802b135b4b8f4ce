"""The page of findings, made from the rules: ``python -m autoscale.findings.reference > docs/findings.md``."""

from autoscale.findings.rule import Rule
from autoscale.findings.rules import RULES

_HEAD = """# Findings

What `autoscale report` can find in a run: each rule with its thresholds and its cure. Thresholds are proposals, from
measured runs and the literature. Each rule is one file of `autoscale/findings/rules/`, with its thresholds and cure.
A finding shows its figures, the span in which they were seen and, where the cure lies in the manifests, a patch for
`kubectl patch --patch-file`. What a record does not hold gives no finding. In a run whose generator was the limit
(F25) nothing else is claimed but what the cluster itself said (CLUSTER); in one that was cut
short, or in which nothing was sent, only facts are told, and no patch is given.

This page is made from the code by `python -m autoscale.findings.reference`.
"""


def markdown() -> str:
    """The whole page, in the order of the ids."""
    rules = sorted(RULES, key=lambda rule: int(rule.id[1:]))
    head = _HEAD.replace("CLUSTER", ", ".join(rule.id for rule in rules if rule.cluster))
    return head + "".join(map(_section, rules))


def _section(rule: Rule) -> str:
    rows = [f"| {one.meaning} | {one.value:g} {one.unit} |" for one in rule.thresholds]
    table = "\n| threshold | |\n| --- | --- |\n" + "\n".join(rows) + "\n" if rows else ""
    rule_text = (rule.check.__doc__ or "").strip().partition(": ")[2]
    first = rule_text[:1].upper() + rule_text[1:]
    return f"\n## {rule.id} {rule.name}\n\n**{rule.title}** ({rule.severity}). {first}\n{table}\nCure: {rule.cure}\n"


if __name__ == "__main__":
    print(markdown(), end="")  # noqa: T201
