"""What a pass decides, and the steps by which it came to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from autoscale.hpa.state import State
from autoscale.hpa.status import Status

Number = int | float | str | None


@dataclass(frozen=True, slots=True)
class Event:
    """An event for the HPA, as from ``horizontal-pod-autoscaler``."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Step:
    """One link of the chain from metric to size: replicas before and after, and the setting that bound it.

    ``name`` is ``metric`` (one for each), ``select``, ``stabilise``, ``limit``, ``range`` or ``disabled``.
    ``bound_by`` is the path of the field or flag that made ``after`` what it is, None where nothing bound.
    ``after`` is None where a metric failed. ``numbers`` are the values the step rests on, with their units in
    their names (``_m`` thousandths, ``_s`` seconds).
    """

    name: str
    before: int
    after: int | None
    bound_by: str | None = None
    numbers: Mapping[str, Number] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome of one pass.

    ``desired`` is the size to write to the scale if ``rescale`` is set, else the size as it is (None where the
    scale could not be read). ``status`` is the new status, ``events`` in the order in which they are sent,
    ``state`` what to pass to the next pass. ``error`` is what the pass would log; it may stand beside a rescale.
    """

    desired: int | None
    rescale: bool
    status: Status
    events: tuple[Event, ...]
    state: State
    steps: tuple[Step, ...]
    error: str | None = None
