"""docs/measures.md, made from the catalogue: ``python -m autoscale.analysis.results.reference``."""

from autoscale.analysis.results.catalogue import CATALOGUE, GROUPS
from autoscale.objectives.language import LATENCY, METRICS

_HEAD = """# Measures

Every figure of a report: its name (as objectives, JSON and `autoscale compare` use it), unit, which way is better,
formula and source. A figure that could not be known is *unknown* (`null`), never 0. A time that was not reached while
the run was recorded is a lower bound ("at least").

This page is made from the code by `python -m autoscale.analysis.results.reference`.

**Percentiles** are of the answered requests. Objectives judge *all* requests: one that failed or was never sent is
slower than any bound, so `p95 < 1s` fails where over 5 % failed, however fast the others were.
**Demand** is estimated from the run itself: CPU of all pods = idle CPU x pods + CPU per request x the rate of requests
that came back (failures with a status burn CPU too), fitted over the CPU samples whose window saw a steady load and
few requests without a response. It is the fewest pods whose utilisation stays within target and tolerance at the
*planned* rate, and at least `minReplicas`; not cut at `maxReplicas`. Target, minimum and the pods' request are those of
their time, where they changed in mid-run. Every report says how it was obtained.
**Supply** is the number of ready pods. Shares of time and integrals run over the load, without the tail after it.
**The largest rise** is where the planned rate gains most: by 20 % of its maximum or more, at once or on one slope,
however long. It begins where the plan bends.
**Requests lost while shrinking** are those that failed from the decision until the last pod had gone, each counted
once, less what the share of failures in the 30 s around explains.
"""

_GROUP = """
## {group}

| name | what | unit | better | formula | source |
| --- | --- | --- | --- | --- | --- |
"""

_PHASES = """
## Phases of a scale-up

Load change, then: the *metric* shows it (end of the first CPU window above the target and tolerance), the HPA's
*decision*, the slowest new pod *created*, *scheduled*, its image *pulled*, its containers *started*, *ready*, *in
service* (its endpoint is ready), *first answer*. Kubernetes gives whole seconds; the moment when the observer heard of
a change bounds it, so each phase carries the error of its end. Phases are differences of neighbouring moments and add
up to the whole; where a moment was not seen, its phase is unknown and its time lies in the next known one.

## Objectives

"""


def markdown() -> str:
    """The whole page."""
    tables = [
        _GROUP.format(group=group.capitalize()) + "\n".join(map(_row, names)) + "\n" for group, names in GROUPS.items()
    ]
    forms = [
        "    METRIC [of NAME] OPERATOR VALUE [during STAGE [from DURATION]",
        "                          | from DURATION after MOMENT | within DURATION of MOMENT]",
        "    no flapping [during STAGE]",
        "    back to min within DURATION of MOMENT",
    ]
    words = (
        "\nMETRIC is a percentile (`p95`, `p99.9`, `service_p95`), or one of "
        + ", ".join(f"`{name}` ({kind})" for name, kind in METRICS.items())
        + ".\nMOMENT is a stage (its beginning), `start`, `end` (of the load) or `step` (its largest rise). "
        f"Percentiles match `{LATENCY.pattern}`.\n"
        "NAME is that of requests: percentiles, `max`, `errors` and `throughput` are known of each.\n"
        "Without a span the whole load counts. `within` asks whether a size is reached in time; `during` whether it "
        "holds throughout,\nand so for `==` and `!=`. A request that fails is counted in the second in which it does: "
        "what hangs at the load's end counts\nfor the load and for its last stage, though it fails a timeout later.\n"
    )
    return _HEAD + "".join(tables) + _PHASES + "\n".join(forms) + "\n" + words


def _row(name: str) -> str:
    entry = CATALOGUE[name]
    return f"| `{name}` | {entry.title} | {entry.unit} | {entry.better} | {_cell(entry.formula)} | {entry.source} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(markdown(), end="")  # noqa: T201
