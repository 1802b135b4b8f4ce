"""What was held back from the target while it was tested: rollouts by a pause, pods by other labels."""

from collections.abc import Iterator
from itertools import pairwise

from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.results.series import Intervention
from autoscale.analysis.rollouts import by

_TOGETHER_S = 30.0  # pods that are taken out so close to each other are one act


def paused(kept: Collected) -> Iterator[Intervention]:
    """A Deployment paused (until it is resumed), or one resumed that had been paused before the record."""
    name = f"{kept.target['kind']}/{kept.target['name']}"
    told = [row for row in kept.workloads if "paused" in row and not row.get("removed")]
    for number, (before, row) in enumerate(pairwise(told), start=1):
        if row["paused"] and not before["paused"]:
            back = next((later["t"] for later in told[number:] if not later["paused"]), None)
            until = kept.last_t if back is None else back
            then = "and not resumed" if back is None else f"and resumed {until - row['t']:.0f} s later"
            yield Intervention("paused", row["t"], until, f"{name} was paused{by(row.get('paused_by'))} {then}")
        elif before["paused"] and not row["paused"] and all(one["paused"] for one in told[:number]):
            yield Intervention("paused", row["t"], row["t"], f"{name}, which had been paused, was resumed")


def relabelled(kept: Collected) -> Iterator[Intervention]:
    """Pods that run on, but whose labels were changed so that the target's selector takes them no more; those taken
    out within half a minute together, until the last is back."""
    taken = sorted(
        (at, pod.name, next((back for back, out in pod.left if back > at and not out), None))
        for pod in kept.pods.values()
        for at, out in pod.left
        if out
    )
    group: list[tuple[float, str, float | None]] = []
    for one in taken:
        if group and one[0] - group[-1][0] > _TOGETHER_S:
            yield _relabelled(group)
            group = []
        group.append(one)
    if group:
        yield _relabelled(group)


def _relabelled(group: list[tuple[float, str, float | None]]) -> Intervention:
    start, last = group[0][0], group[-1][0]
    backs = [back for _, _, back in group if back is not None]
    count = f"{len(group)} pods were" if len(group) > 1 else f"pod {group[0][1]} was"
    then = f"; back after {max(backs) - start:.0f} s" if len(backs) == len(group) else ""
    words = f"{count} taken out of the selector, as labels were changed, and ran on beside the target's{then}"
    return Intervention("relabelled", start, max([last, *backs]), words)
