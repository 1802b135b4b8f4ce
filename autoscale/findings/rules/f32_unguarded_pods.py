"""F32 unguarded-pods: the embedded cluster's reaper was gone."""

from autoscale.findings.results import Evidence
from autoscale.findings.rule import Rule
from autoscale.findings.run import Hit, Run

REAPER_GONE = "ReaperGone"  # as autoscale.embedded.kubelet.node has it, which readers of records do not import


def check(run: Run) -> Hit | None:
    """F32: the process that ends the embedded cluster's pods when the cluster is killed had to be started again."""
    gone = [event for event in run.analysis.events if event.reason == REAPER_GONE and event.object.startswith("Node/")]
    if not gone:
        return None
    times = sum(event.count for event in gone)
    return Hit(
        sentence=f"The reaper of the embedded cluster was ended {times} time(s) in mid-run, and started again.",
        evidence=tuple(
            Evidence(words=event.message, value=event.count, unit="times", start=event.at, end=event.at)
            for event in gone[:3]
        ),
        advice="No figure is wrong by it. Had the cluster been killed just then, its pods would have gone on: find "
        "out what ends processes on this machine (the kernel for want of memory, a clean-up job).",
        patch=None,
        start=gone[0].at,
        end=gone[-1].at,
    )


RULE = Rule(
    id="F32",
    name="unguarded-pods",
    order=310,
    title="Somebody ended the embedded cluster's reaper",
    severity="note",
    check=check,
    facts=True,
    cure="Find out what ends processes on the machine.",
)
