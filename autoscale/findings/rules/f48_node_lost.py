"""F48 node-lost: a node was no longer Ready."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule
from autoscale.findings.run import Hit, Run


def check(run: Run) -> Hit | None:
    """F48: a node that had been Ready was not for a part of the load, and its pods got no traffic."""
    lost = [
        (node.name, since, until)
        for node in run.analysis.node_lives
        for since, until in node.lost
        if until >= run.start and since <= run.end
    ]
    if not lost:
        return None
    name, since, until = max(lost, key=lambda one: one[2] - one[1])
    return Hit(
        sentence=f"The node {name} was not Ready for {until - since:.0f} s, {since - run.start:.0f} s after the load "
        "began: its pods got no traffic then, and none could start there.",
        evidence=tuple(
            Evidence(words=f"node {node} not Ready", value=last - first, unit="s", start=first, end=last)
            for node, first, last in lost[:5]
        ),
        advice="See the node's conditions and its kubelet's log for that time; pods on several nodes (topology spread) "
        "would have kept the service up.",
        patch=None,
        start=since,
        end=until,
    )


RULE = Rule(
    id="F48",
    name="node-lost",
    order=53,
    title="A node was no longer Ready",
    severity="error",
    check=check,
    cluster=True,
    facts=True,
    cure="The node's own fault: its kubelet, its network, its memory or disk. Spread pods over nodes.",
)
