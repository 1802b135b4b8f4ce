"""The figures of a run: latency, measures, reaction, and how well the generator did.

Units as in ``analysis.results``.
"""

from collections.abc import Mapping

from msgspec import Struct

from autoscale.analysis.plan import LoadChange


class Latency(Struct, frozen=True):
    """Percentiles (s) of one set of requests, counted from the intended time; ``service_``: from the sending."""

    label: str
    start: float | None
    end: float | None
    count: int | None
    failed: int | None
    dropped: int | None
    p50: float | None
    p90: float | None
    p95: float | None
    p99: float | None
    p999: float | None
    highest: float | None
    service_p50: float | None
    service_p95: float | None
    service_p99: float | None


class NameFigures(Struct, frozen=True):
    """The requests of one name over the whole load; ``failures`` by cause."""

    name: str
    latency: Latency
    failures: Mapping[str, int]


class LatencyObjective(Struct, frozen=True):
    """The tightest latency objective of the scenario: what counts as a good answer."""

    quantile: float
    bound_s: float
    text: str


class Measure(Struct, frozen=True):
    """One figure of the run; its formula, source and direction stand in ``analysis.catalogue.CATALOGUE``.

    ``at_least``: it was not reached while the run was seen, so the value is a lower bound.
    """

    name: str
    value: float | None
    unit: str
    note: str = ""
    at_least: bool = False


class Reached(Struct, frozen=True):
    """Seconds until something was reached, or ``at_least`` that many without reaching it. None: not known."""

    value: float | None
    at_least: bool = False
    note: str = ""


UNKNOWN = Reached(None)


class Reaction(Struct, frozen=True):
    """Of the largest rise: to the first growth, to ready >= demand, to latency back within its objective, to supply
    staying within one pod or 10 % of demand. ``overshoot``: (peak ready - demand) / demand."""

    step: LoadChange | None
    until: float | None
    detect: Reached = UNKNOWN
    capacity: Reached = UNKNOWN
    recovery: Reached = UNKNOWN
    settling: Reached = UNKNOWN
    overshoot: float | None = None


class Generator(Struct, frozen=True):
    """How well the load generator kept its plan. ``lag_p99_s``: lateness of sending; ``cpu_share``: highest share of
    one core that a worker used over 10 s; ``missing_rows``: holes in the workers' sequence numbers; ``unseen``, by
    cause: requests that a locustfile's clients sent and did not report, which are in no other figure."""

    workers: int
    workers_expected: int | None
    planned: int | None
    sent: int | None
    dropped: int | None
    lag_p99_s: float | None
    lag_max_s: float | None
    cpu_share: float | None
    missing_rows: int
    duplicate_rows: int
    lost_workers: tuple[str, ...]
    unseen: Mapping[str, int]
