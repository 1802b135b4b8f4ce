"""The page of findings, made from the rules: ``python -m autoscale.findings.reference > docs/findings.md``."""

from autoscale.findings.rules import RULES, Rule
from autoscale.findings.thresholds import THRESHOLDS

_HEAD = """# Findings

What `autoscale report` can find in a run: each rule with its thresholds and its cure. Thresholds are proposals, from
measured runs and the literature; all stand in `autoscale/findings/thresholds.py`. A finding shows its figures, the
span in which they were seen and, where the cure lies in the manifests, a patch for `kubectl patch --patch-file`.
What a record does not hold gives no finding. In a run whose generator was the limit (F25) nothing else is claimed.

This page is made from the code by `python -m autoscale.findings.reference`.
"""

CURES = {
    "F1": "Raise `maxReplicas` to what the load needs and a fifth more, or give each pod more CPU.",
    "F2": "Lower `minReplicas`, unless the spare pods are there for failures.",
    "F3": "`--metric-resolution=15s` for metrics-server; check the kubelet's housekeeping interval.",
    "F4": "Cure the longest part: pre-pull the image, start faster, probe more often, more pods as a minimum.",
    "F5": "`behavior.scaleUp.policies` with a larger percentage per period, `selectPolicy: Max`.",
    "F6": "Raise or drop the CPU limit, lower the target, or scale on requests per second.",
    "F7": "Lower the target well below limit / request, or raise the limit.",
    "F8": "Set `resources.requests.cpu` on every container, near what a pod uses at the load it should carry.",
    "F9": "Raise the request or the target well above the idle CPU, or scale on requests per second.",
    "F10": "A longer `scaleDown.stabilizationWindowSeconds` and small steps down.",
    "F11": "Become ready only once warm; `scaleUp.stabilizationWindowSeconds`.",
    "F12": "Warm-up calls before Ready (`startupProbe`), more pods as a minimum.",
    "F13": "A patient readiness probe, answered off the busy port.",
    "F14": "Node capacity, smaller requests, quota. Not a fault of the HPA.",
    "F15": "A shorter `scaleDown.stabilizationWindowSeconds`.",
    "F16": "A longer window and one pod a minute.",
    "F17": "`preStop` sleep, `terminationGracePeriodSeconds`, a graceful end on SIGTERM.",
    "F18": "Scale on requests in flight or per second; look at what the pods wait for.",
    "F19": "Lower the target by a tenth, or set `behavior.scaleUp.tolerance`.",
    "F20": "Limit requests per connection or its age; balance per request.",
    "F21": "Look after metrics-server.",
    "F22": "Remove `replicas` from the workload's manifest.",
    "F23": "Both kinds of policy and an explicit `selectPolicy`.",
    "F24": "A short `scaleUp.stabilizationWindowSeconds`, or smaller steps.",
    "F25": "More workers or a machine of its own for the generator, or a higher `max_in_flight`; discard the run.",
    "F26": "Raise or drop the CPU limit. (Judged by CPU samples at the limit: a record holds no throttling counters.)",
    "F27": "Probes off the busy port, or patient ones; a higher minimum.",
}


def markdown() -> str:
    """The whole page, in the order of the ids."""
    return _HEAD + "".join(_section(rule) for rule in sorted(RULES, key=lambda rule: int(rule.id[1:])))


def _section(rule: Rule) -> str:
    rows = [
        f"| {one.meaning} | {one.value:g} {one.unit} |"
        for one in THRESHOLDS.values()
        if rule.id in one.finding.split(", ")
    ]
    table = "\n| threshold | |\n| --- | --- |\n" + "\n".join(rows) + "\n" if rows else ""
    rule_text = (rule.check.__doc__ or "").strip().partition(": ")[2]
    first = rule_text[:1].upper() + rule_text[1:]
    return (
        f"\n## {rule.id} {rule.name}\n\n**{rule.title}** ({rule.severity}). {first}\n{table}\nCure: {CURES[rule.id]}\n"
    )  # fmt: skip


if __name__ == "__main__":
    print(markdown(), end="")  # noqa: T201
