"""What fields are made of that stand in rows of many kinds."""

from typing import Annotated, NotRequired, TypedDict

from msgspec import Meta

_HUGE = 10**15  # beyond any time, size or duration that a run can hold
Number = Annotated[float, Meta(gt=-_HUGE, lt=_HUGE)]
Count = Annotated[int, Meta(ge=0, lt=_HUGE)]
Pods = Annotated[int, Meta(ge=0, lt=2**31)]  # the API's int32
Span = Annotated[float, Meta(ge=0, lt=_HUGE)]
Millicores = Annotated[float, Meta(ge=0, lt=10**8)]  # of one container; no machine has 100,000 cores


class Condition(TypedDict):
    """One condition of an HPA or ScaledObject; ``at`` is its last transition, which KEDA does not write."""

    status: str
    reason: str
    message: str
    at: Number | None


class Stamp(TypedDict):
    """What the writer adds to a row: in a record every row has number and time.

    ``of``: to which of several services it belongs; absent where there is one, or it is the header's target.
    """

    n: NotRequired[int]
    t: NotRequired[Number]
    of: NotRequired[str]
