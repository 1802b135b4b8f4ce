"""``ramp``: a linear climb, a plateau, and a jump back. Does scaling keep up with the slope?"""

from typing import ClassVar, Literal

from pydantic import Field

from loadtest.fields import Positive, Rate
from loadtest.pieces import hold, slope
from loadtest.plan import RatePlan, join
from loadtest.shapes.shape import Shape


class Ramp(Shape):
    """A climb, a plateau, a jump down."""

    stages: ClassVar[str] = "before, ramp, peak, after"
    kind: Literal["ramp"]
    base: Rate
    peak: Rate
    before: Positive = 30.0
    rise: Positive = 120.0
    hold_for: Positive = Field(default=120.0, alias="hold")
    after: Positive = 120.0

    def plan(self) -> RatePlan:
        """The shape as a plan."""
        return join(
            [
                ("before", hold(self.base, self.before)),
                ("ramp", slope(self.base, self.peak, self.rise)),
                ("peak", hold(self.peak, self.hold_for)),
                ("after", hold(self.base, self.after)),
            ]
        )
