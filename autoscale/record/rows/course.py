"""What a run says of itself after its header: clocks, moments, what was not heard, how it ended."""

from typing import Literal, NotRequired, TypedDict

from autoscale.record.rows.fields import Count, Number, Span, Stamp


class Clock(Stamp):
    """How far another clock is ahead of the observer's, from then on until the next row of that clock.

    Observer time = ``at`` - ``offset_s``, within ``error_s``. The observer's own is the machine's at the beginning,
    carried on by the monotonic one; the clock ``wall`` is the machine's, which has a row for each time it was set.
    """

    k: Literal["clock"]
    clk: str
    offset_s: Number
    error_s: Number


class Machine(Stamp):
    """How busy the machine was that carries everything (an embedded cluster's): the share of its CPUs' time over the
    last ``over_s`` in which they did not idle, whoever used them."""

    k: Literal["machine"]
    busy: Number
    over_s: Span


class Mark(Stamp):
    """A moment of the run, as the load master (with ``seq``), the observer or an importer saw it.

    ``load-start``, ``stage`` (with ``stage``), ``load-end``, ``interrupted``, ``worker-lost`` (with ``pod``),
    ``generator-failed`` and ``failed`` (the run; both with ``reason``).
    """

    k: Literal["mark"]
    name: str
    at: Number
    clk: str
    stage: NotRequired[str]
    pod: NotRequired[str]
    reason: NotRequired[str]
    seq: NotRequired[int]


class Gap(Stamp):
    """A span in which a source was not heard, or heard late: what lies in it, or when in it, is unknown.

    ``hides`` names the figures that are unknown there.
    """

    k: Literal["gap"]
    source: str
    since: Number
    until: Number
    cause: str
    hides: NotRequired[str]


class Totals(TypedDict, total=False):
    """Sums over the load rows; ``gaps`` counts the gap rows, ``workers`` those that sent load rows."""

    planned: Count | None
    sent: Count | None
    answered: Count | None
    dropped: Count | None
    failed: dict[str, Count] | None
    gaps: Count
    workers: Count


Reason = Literal["done", "interrupted", "failed"]


class End(Stamp):
    """The last row of a run that was not cut off.

    ``rows``: how many rows the record has, this one included. ``digest``: that of the header's kind, hexadecimal,
    of all bytes before it.
    """

    k: Literal["end"]
    reason: Reason
    rows: Count
    totals: Totals
    digest: NotRequired[str]


class EndAsRead(End):
    """``digest_holds``: the reader's word on whether it is that of the bytes read; it stands in no file."""

    digest_holds: NotRequired[bool]
