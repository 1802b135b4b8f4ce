"""How well the load generator kept its plan."""

from autoscale.analysis.intake.collected import Collected
from autoscale.analysis.latency import span_sum
from autoscale.analysis.results.figures import Generator
from autoscale.analysis.results.series import Seconds
from loadtest.histogram import middle, quantile

_LOST_S = 5.0  # a worker that fell silent this long before the load's end is lost


def generator(kept: Collected, series: Seconds, start: float | None, end: float | None) -> Generator:
    """Lag, drops, CPU, holes and lost workers over the whole load."""
    load = kept.load
    span = (series.start - 1, series.start + len(series) + 1)
    planned, sent, dropped = (
        span_sum(series, column, *span) for column in (series.planned, series.sent, series.dropped)
    )
    lag = load.lag.merged()
    expected = _expected(kept)
    silent = [] if end is None else [n for n, shard in load.shards.items() if shard.last_at < end - _LOST_S]
    silent += range(len(load.shards), expected) if expected and load.shards else []
    return Generator(
        workers=len(load.shards),
        workers_expected=expected,
        planned=planned,
        sent=sent,
        dropped=dropped,
        lag_p99_s=quantile(lag, 0.99),
        lag_max_s=middle(max(lag)) if lag else None,
        cpu_share=load.cpu_share,
        missing_rows=sum(len(shard.holes) for part in (load.shards, load.pod_shards) for shard in part.values()),
        duplicate_rows=load.duplicates,
        lost_workers=tuple(f"worker {n}" for n in sorted(set(silent))) if start is not None else (),
        unseen=dict(load.unseen),
    )


def _expected(kept: Collected) -> int | None:
    workers = (kept.header["scenario"].get("load") or {}).get("workers")
    return workers if isinstance(workers, int) else None
