"""A ScaledObject of KEDA's."""

from typing import Literal, NotRequired, TypedDict

from autoscale.record.rows.fields import Condition, Count, Number, Stamp


class Trigger(TypedDict):
    """A trigger of a ScaledObject; ``settings``: those of its metadata that say when it is active and how much."""

    type: str
    name: str | None
    settings: dict[str, str]


class Fallback(TypedDict):
    """What a ScaledObject does while its sources fail: from so many failures on so many pods."""

    failures: Count
    replicas: Count
    behavior: str


class Health(TypedDict):
    """How the source of one of a ScaledObject's metrics does: ``status`` is Happy or Failing."""

    status: str | None
    failures: Count | None


Paused = Literal["no", "whole", "scale in", "scale out"]


class ScaledObject(Stamp):
    """A KEDA ScaledObject after a change: the settings in force, defaults filled in, and its status.

    ``idle``: the pods while no trigger is active, None where that is ``min``. ``paused``: what of it is, by its
    annotations; ``health`` by metric; ``last_active`` as KEDA last wrote it; ``removed``: it is gone.
    """

    k: Literal["scaled_object"]
    uid: str
    name: str
    generation: Count
    hpa: str | None
    min: Count
    max: Count
    idle: Count | None
    polling_s: Number
    cooldown_s: Number
    initial_cooldown_s: Number
    triggers: list[Trigger]
    fallback: Fallback | None
    paused: Paused
    health: dict[str, Health]
    last_active: Number | None
    conditions: dict[str, Condition]
    removed: NotRequired[bool]
