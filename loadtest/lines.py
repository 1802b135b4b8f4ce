"""The lines that the load generator writes to its log: rows of the record before the observer numbers and stamps them.

Times are seconds since the epoch on the writer's clock, which ``clk`` names. ``seq`` counts what a writer wrote of a
kind (the master: of all kinds).
Histogram buckets are ``{str(index): count}``, see ``loadtest.histogram``. Unknown is null.
"""

from typing import Literal, NotRequired, TypedDict

Buckets = dict[str, int]

# Why a locustfile's client does not report a request that it has sent
AGAIN = "sent again by FastHttpUser's client"
UNTOLD = "catch_response without an outcome"
CUT_OFF = "cut off when its user was ended"


class PodShare(TypedDict):
    """One pod's answers in a second."""

    n: int
    failed: int
    first_at: float | None


class NameShare(TypedDict):
    """What became of the requests of one name in a second; ``response`` as in the row. ``dropped`` is not there in
    older records, and where it is not known of which name a request would have been."""

    answered: int
    failed: dict[str, int]
    response: dict[str, Buckets]
    dropped: NotRequired[int]


class Load(TypedDict):
    """One worker, one second. ``at`` is the second's beginning; age keys of ``response`` and ``service`` are
    whole seconds between that second and the intended one. ``by_name`` is there where the scenario's requests have more
    than one name, ``journeys`` (what became of those that ended) where they are a locustfile's; ``unseen``, by cause,
    where its clients sent requests that they do not report: these are in no other field."""

    k: Literal["load"]
    seq: int
    shard: int
    clk: str
    at: float
    pod: str
    planned: int | None
    sent: int | None
    answered: int | None
    failed: dict[str, int] | None
    dropped: int | None
    in_flight: int | None
    cpu_s: float | None
    lag: Buckets
    response: dict[str, Buckets]
    service: dict[str, Buckets]
    by_pod: dict[str, PodShare]
    by_name: NotRequired[dict[str, NameShare]]
    journeys: NotRequired[dict[str, NameShare]]
    unseen: NotRequired[dict[str, int]]


class PodLoad(TypedDict):
    """One worker, ten seconds, one answering pod."""

    k: Literal["pod_load"]
    seq: int
    shard: int
    clk: str
    at: float
    pod: str
    response: Buckets


class About(TypedDict, total=False):
    """What some marks tell beside their name and time."""

    stage: str
    pod: str
    reason: str


class Mark(About):
    """A moment of the run.

    ``load-start``, ``stage`` (with ``stage``), ``load-end``, ``interrupted``, ``worker-lost`` (with ``pod``),
    ``generator-failed`` (with ``reason``).
    """

    k: Literal["mark"]
    name: str
    at: float
    clk: str
    seq: int


class WorkerClock(TypedDict):
    """How far a worker's clock is ahead of that of ``against``, the master."""

    k: Literal["clock"]
    clk: str
    offset_s: float
    error_s: float
    against: str
    seq: int


Line = Load | PodLoad | Mark | WorkerClock
