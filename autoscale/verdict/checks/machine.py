"""Whether the machine of an embedded cluster had room: it carries pods, load, control plane, and what else runs."""

from functools import partial

from autoscale.analysis.results.analysis import Analysis
from autoscale.verdict.results import Check

FULL = 0.95  # of the time of its CPUs over 5 s
FULL_SHARE = 0.2  # of the load


def machine(analysis: Analysis) -> Check:
    """For which share of the load no CPU idled: it spoils no figure, but says whose figures they are."""
    check = partial(Check, name="machine", effect="none", bound=FULL_SHARE, unit="share")
    start, end = analysis.load_start, analysis.load_end
    known = analysis.machine.known(start, end) if start is not None and end is not None else []
    total = sum(length for length, _ in known)
    if not total:
        return check(value=None, words="how busy the machine was is not recorded")
    share = sum(length for length, value in known if value >= FULL) / total
    words = f"the machine's CPUs had nothing left for {share:.0%} of the load"
    return check(value=share, words=words)


def crowded(analysis: Analysis) -> str:
    """What a busy machine means to who reads the run; "" where it had room, or nobody knows."""
    share = machine(analysis).value
    if share is None or share <= FULL_SHARE:
        return ""
    return (
        f"All CPUs of this machine were busy for {share:.0%} of the load: how fast requests, pods and decisions were "
        "is its doing too. A quieter or larger one gives other figures."
    )
