"""The requests of each name: series for objectives, figures for the report."""

import math
from collections.abc import Mapping

from msgspec.structs import replace

from autoscale.analysis.intake.load import LoadCollector
from autoscale.analysis.latency import of_span
from autoscale.analysis.load_series import seconds
from autoscale.analysis.results.figures import NameFigures
from autoscale.analysis.results.series import Named, Seconds
from autoscale.record.rows.header import Header


def by_name(load: LoadCollector, series: Seconds, header: Header) -> dict[str, Named]:
    """Each name's part of the load; of a scenario with one name only, which its rows do not repeat, the whole."""
    if not load.names:
        asked = {str(request["name"]) for request in header["scenario"].get("requests") or [] if request.get("name")}
        return {name: Named(series, load.response) for name in asked} if len(asked) == 1 and load.seconds else {}
    return {name: Named(seconds(part, percentiles=False), part.response) for name, part in sorted(load.names.items())}


def figures(load: LoadCollector, named: Mapping[str, Named]) -> tuple[NameFigures, ...]:
    """Counts, causes and percentiles of each name over the whole load."""
    found = []
    for name, part in named.items():
        own = load.names.get(name, load)
        whole = of_span(own, part.seconds, name, -math.inf, math.inf)
        found.append(NameFigures(name, replace(whole, start=None, end=None), dict(own.failures)))
    return tuple(found)
