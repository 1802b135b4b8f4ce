"""A VerticalPodAutoscaler."""

from typing import Literal, NotRequired, TypedDict

from autoscale.record.rows.fields import Condition, Count, Stamp


class Recommendation(TypedDict):
    """What a VPA recommends for one container, within its policy: what to ask for, and the bounds within which it does
    nothing."""

    name: str
    cpu_m: Count | None
    mem_b: Count | None
    lower_cpu_m: Count | None
    upper_cpu_m: Count | None


class Vpa(Stamp):
    """A VerticalPodAutoscaler after a change. ``mode``: Off, Initial, Recreate, InPlaceOrRecreate, InPlace, Auto.

    ``resources``: what it changes (``cpu``, ``memory``); ``recommended`` is empty until it has seen enough.
    """

    k: Literal["vpa"]
    uid: str
    name: str
    generation: Count
    mode: str
    resources: list[str]
    recommended: list[Recommendation]
    conditions: dict[str, Condition]
    removed: NotRequired[bool]
