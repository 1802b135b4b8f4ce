"""What CPU a request costs, by the service demand law (Denning and Buzen 1978), fitted over the run's own samples.

CPU of all pods = idle CPU x pods + CPU per request x rate of requests that came back, failed ones with a status too:
they burn CPU like the others. What a request burnt that timed out is not known, so moments with many are left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.intake.pods import UsageHistory
from autoscale.analysis.results.series import Seconds
from autoscale.analysis.steps import StepSeries

_LEAST_REQUESTS = 50
_LEAST_POINTS = 3
_STEADY = 0.15
_UNSERVED = 0.1  # share of requests without any response beyond which a moment says nothing of what one costs
_WORST_FIT = 0.35  # mean distance from the fit, as a share of the mean CPU, beyond which it explains nothing

Point = tuple[float, float, float]  # pods, requests that came back per second, millicores


@dataclass(frozen=True, slots=True)
class Cost:
    """Idle millicores a pod and CPU seconds a request; None each where ``why`` they cannot be told. Of ``points``."""

    idle_m: float | None = None
    each_s: float | None = None
    why: str = ""
    points: tuple[Point, ...] = ()


def cost(kept: Collected, series: Seconds, ready: StepSeries, container: str | None) -> Cost:
    """Fit the costs over the run; ``container``: of this one alone, as the HPA measures it."""
    served, unserved = _finished(kept, series)
    if sum(served) < _LEAST_REQUESTS:
        return Cost(why=f"only {sum(served)} requests came back, too few to tell what one costs")
    points, hidden = _points(kept, series.start, (served, unserved), ready, container)
    if len(points) < _LEAST_POINTS:
        if hidden > len(points):
            return Cost(
                why=f"in {hidden} of {hidden + len(points)} CPU samples over {_UNSERVED:.0%} of the requests "
                "got no response, so what one costs was not seen"
            )
        return Cost(why=f"too few CPU samples beside requests ({len(points)} moments at a steady rate)")
    found = least_squares(points)
    if found is None:
        return Cost(why="the CPU samples do not grow with the requests")
    idle, each = found
    off = sum(abs(u - idle * n - 1000 * each * x) for n, x, u in points) / max(sum(u for _, _, u in points), 1e-9)
    if off > _WORST_FIT:
        return Cost(why=f"CPU does not follow the requests (off by {off:.0%} on average over {len(points)} moments)")
    return Cost(idle, each, points=tuple(points))


def _finished(kept: Collected, series: Seconds) -> tuple[list[int], list[int]]:
    """(requests that came back, those that did not) in each second."""
    served, unserved = [n or 0 for n in series.answered], [0] * len(series)
    first = round(series.start - (kept.load.phase or 0.0))
    for second, causes in kept.load.failed_by_second.items():
        if 0 <= second - first < len(series):
            came = _with_status(causes)
            served[second - first] += came
            unserved[second - first] += sum(causes.values()) - came
    return served, unserved


def _with_status(causes: Mapping[str, int]) -> int:
    return sum(n for cause, n in causes.items() if cause.startswith("status "))


def least_squares(points: Sequence[Point]) -> tuple[float, float] | None:
    """(idle, each), both at least 0; None where nothing grows with the rate."""
    nn = sum(n * n for n, _, _ in points)
    nx = sum(n * x for n, x, _ in points)
    xx = sum(x * x for _, x, _ in points)
    nu = sum(n * u for n, _, u in points)
    xu = sum(x * u for _, x, u in points)
    if xx <= 0:
        return None
    determinant = nn * xx - nx * nx
    if determinant > 1e-6 * nn * xx:
        idle, each = (nu * xx - xu * nx) / determinant, (xu * nn - nu * nx) / determinant
        if idle >= 0 and each > 0:
            return idle, each / 1000
    each = xu / xx
    return (0.0, each / 1000) if each > 0 else None


def _points(
    kept: Collected, start: float, counts: tuple[list[int], list[int]], ready: StepSeries, container: str | None
) -> tuple[list[Point], int]:
    """One point for each moment at which all ready pods' CPU was measured: over the same window, what came back.

    And how many such moments were left out because too many requests got no response.
    """
    served, unserved = ([0, *accumulate(column)] for column in counts)
    size = len(counts[0])
    width = _width(kept)
    points, hidden = [], 0
    for n, at, cpu_m, window in _slots(kept, width, container):
        first, last = (round(time - start) for time in (at - max(1.0, window), at))
        present = ready.at(at)
        if first < 0 or last > size or last <= first or present is None or n < present:
            continue
        came, lost = served[last] - served[first], unserved[last] - unserved[first]
        if lost > _UNSERVED * (came + lost):
            hidden += 1
            continue
        rate = came / (last - first)
        low, high = max(0, first - 2), min(size, last + 2)
        around = (served[high] - served[low]) / (high - low)
        if abs(around - rate) > _STEADY * max(rate, around):
            continue  # the load changed near the window, whose edges are only known to the second
        points.append((float(n), rate, cpu_m))
    return points, hidden


def _width(kept: Collected) -> float:
    """How far apart samples of one pod usually are, in seconds, but not less than their window."""
    windows = sorted(window for usage in kept.usage.values() for window in usage.window_s)
    apart = sorted(b - a for usage in kept.usage.values() for a, b in pairwise(usage.at))
    return max([1.0, *(values[len(values) // 2] for values in (windows, apart) if values)])


def _slots(kept: Collected, width: float, container: str | None) -> Iterator[tuple[int, float, float, float]]:
    """For each ``width`` seconds with samples: (pods, mean end of their windows, sum of millicores, mean window)."""
    sums: dict[int, tuple[int, float, float, float]] = {}
    for usage in kept.usage.values():
        columns = zip(usage.at, _used(usage, container), usage.window_s, strict=True)
        latest = {int(sample[0] // width): sample for sample in columns}  # one sample of a pod in each slot
        for slot, (at, cpu_m, window) in latest.items():
            n, ats, total, windows = sums.get(slot, (0, 0.0, 0.0, 0.0))
            sums[slot] = n + 1, ats + at, total + cpu_m, windows + window
    for _, (n, ats, total, windows) in sorted(sums.items()):
        yield n, ats / n, total, windows / n


def _used(usage: UsageHistory, container: str | None) -> Sequence[float]:
    if container is None:
        return usage.cpu_m
    used = usage.used.get(container)
    cpu = [float(max(0, value)) for value in used.cpu] if used else []
    return cpu + [0.0] * (len(usage.at) - len(cpu))
