"""The load of a run: what was planned, sent and answered, second by second, and how long it took."""

from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.latency import tightest, violated_seconds
from autoscale.analysis.load_series import load_span, planned_rate, seconds, stages
from autoscale.analysis.names import by_name, figures
from autoscale.analysis.plan import load_changes
from autoscale.analysis.resolution import resolution_of
from autoscale.analysis.results.analysis import Loaded


def loaded(kept: Collected) -> Loaded:
    """The load of what was kept of the rows."""
    header, load = kept.header, kept.load
    start, end = load_span(kept)
    series = seconds(load)
    plan = planned_rate(header, start, series)
    objective = tightest(header)
    parts = by_name(load, series, header)
    return Loaded(
        load_start=start,
        load_end=end,
        stages=stages(header, start),
        seconds=series,
        plan=plan,
        changes=load_changes(plan),
        objective=objective,
        bad=violated_seconds(load, series, objective, resolution_of(header)) if objective else None,
        responses=load.response,
        services=load.service,
        failures=dict(load.failures),
        by_name=parts,
        names=figures(load, parts),
    )
