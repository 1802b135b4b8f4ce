"""F44 node-not-ready: a node came and did not become Ready."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule, Threshold
from autoscale.findings.run import Hit, Run

UNREADY = Threshold(60, "s", "time from a node's coming without it being Ready")


def check(run: Run) -> Hit | None:
    """F44: a node was there, and for a minute, or until it went or the record ended, not Ready: no pod could use it."""
    end = run.analysis.end
    late = [
        (node, node.came, until)
        for node in run.analysis.node_lives
        if node.came is not None
        and (until := node.ready or node.gone or end) - node.came > UNREADY.value
        and until >= run.start
    ]
    if not late:
        return None
    node, came, until = max(late, key=lambda one: one[2] - one[1])
    never = "it never was" if node.ready is None else "then it was"
    return Hit(
        sentence=f"The node {node.name} was not Ready for {until - came:.0f} s after it came ({never}): pods meant for "
        "it waited so long.",
        evidence=tuple(
            Evidence(words=f"node {one.name} not Ready", value=last - first, unit="s", start=first, end=last)
            for one, first, last in late[:5]
        ),
        advice="See the node's conditions and its kubelet (network plug-in, certificates, its image); a node "
        "autoscaler gives such a node up only after minutes (15 by default).",
        patch=None,
        start=came,
        end=until,
    )


RULE = Rule(
    id="F44",
    name="node-not-ready",
    order=52,
    title="A node did not become Ready",
    severity="error",
    check=check,
    cluster=True,
    facts=True,
    thresholds=(UNREADY,),
    cure="The node's own fault: its kubelet, its network plug-in, its image.",
)
