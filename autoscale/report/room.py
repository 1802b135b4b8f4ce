"""How much room a run had that held: latency at each size of the workload, beside its bound."""

from autoscale.analysis.results.analysis import Analysis
from autoscale.report.words import duration
from loadtest.histogram import count, merge, quantile

_LEAST_ANSWERS = 100
_ALIKE = 1.25  # sizes whose percentiles lie within this factor are alike
_USUAL = 0.95
_ROOMY = 3.0  # bound over value from which there is room worth a word


def room(analysis: Analysis) -> str | None:
    """One sentence: ``p95 was 13 ms with 2, 4 and 5 pods alike, 36 times below its bound``; None without room to tell.

    Only where a latency objective is set and every size kept far below it.
    """
    objective = analysis.objective
    found = by_size(analysis, objective.quantile) if objective else {}
    if objective is None or not found or max(found.values()) * _ROOMY > objective.bound_s:
        return None
    below = f"{objective.bound_s / max(found.values()):.0f} times below its bound of {duration(objective.bound_s)}"
    return f"{_at_each_size(found, objective.quantile)}, {below}"


def unbounded(analysis: Analysis) -> str | None:
    """What latency was where no objective bounds it; None where one does, or nothing was answered."""
    found = by_size(analysis, _USUAL) if analysis.objective is None else {}
    if not found:
        return None
    return f"{_at_each_size(found, _USUAL)}; how much room that is, no latency objective says (such as p95 < 500ms)"


def _at_each_size(found: dict[int, float], share: float) -> str:
    worst, best = max(found.values()), min(found.values())
    sizes = [str(size) for size in found]
    pods = sizes[0] if len(sizes) == 1 else f"{', '.join(sizes[:-1])} and {sizes[-1]}"
    noun = "pod" if sizes == ["1"] else "pods"
    alike = " alike" if len(sizes) > 1 and worst <= _ALIKE * best else ""
    figures = duration(worst) if worst <= _ALIKE * best else f"{duration(best)} to {duration(worst)}"
    return f"p{share * 100:g} was {figures} with {pods} {noun}{alike}"


def by_size(analysis: Analysis, share: float) -> dict[int, float]:
    """The percentile at each number of ready pods with enough answers, smallest size first."""
    start, end = analysis.load_start, analysis.load_end
    if start is None or end is None:
        return {}
    parts: dict[int, list[dict[int, int]]] = {}
    for since, until, ready in analysis.replicas.ready.segments(start, end):
        if ready is not None:
            parts.setdefault(int(ready), []).append(dict(analysis.responses.merged(since, until)))
    merged = {size: merge(counts) for size, counts in sorted(parts.items())}
    values = {size: quantile(counts, share) for size, counts in merged.items() if count(counts) >= _LEAST_ANSWERS}
    return {size: value for size, value in values.items() if value is not None}
