"""``constant``: one rate all the time, for noise, steady cost, flapping."""

from typing import ClassVar, Literal

from loadtest.fields import Positive, Rate
from loadtest.pieces import hold
from loadtest.plan import RatePlan, join
from loadtest.shapes.shape import Shape


class Constant(Shape):
    """One rate all the time."""

    stages: ClassVar[str] = "steady"
    kind: Literal["constant"]
    rate: Rate
    duration: Positive

    def plan(self) -> RatePlan:
        """The shape as a plan."""
        return join([("steady", hold(self.rate, self.duration))])
