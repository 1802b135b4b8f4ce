"""A span in which a source was not heard, or heard late, as a row that says which figures it makes unknown."""

from autoscale.base.secrets import harmless
from autoscale.cluster.watch import Lost
from autoscale.observe.table import SOURCES
from autoscale.record.rows.course import Gap

_OTHERS = {
    "api": "when pods, sizes, decisions and endpoints changed",
    "usage": "CPU, memory and demand",
    "metric": "what its API said of a metric, beside the HPA's status",
    "log": "requests, latency and errors",
    "load": "requests, latency and errors",
    "pod_load": "which pod answered how fast",
    "master": "when the stages of the load began",
    "clock": "times that were taken from that clock",
}
_HIDES = _OTHERS | {source.resource.plural: source.hides for source in SOURCES if source.hides}


def gap_row(lost: Lost) -> Gap:
    """The ``gap`` row of a span. What the source is to the figures stands with it in ``observe.table``."""
    place = lost.source.replace("/", " ").split()[0]
    return {
        "k": "gap",
        "source": lost.source,
        "since": lost.since,
        "until": lost.until,
        "cause": harmless(lost.cause),
        "hides": _HIDES.get(place, ""),
    }
