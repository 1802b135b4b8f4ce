"""``spike``: a short, steep peak, often over before scaling can help."""

from typing import ClassVar, Literal

from pydantic import Field

from loadtest.fields import Positive, Rate
from loadtest.pieces import hold, slope
from loadtest.plan import RatePlan, join
from loadtest.shapes.shape import Shape


class Spike(Shape):
    """A short steep peak."""

    stages: ClassVar[str] = "before, rise, peak, fall, after"
    kind: Literal["spike"]
    base: Rate
    peak: Rate
    before: Positive = 60.0
    rise: Positive = 5.0
    hold_for: Positive = Field(default=30.0, alias="hold")
    fall: Positive = 5.0
    after: Positive = 120.0

    def plan(self) -> RatePlan:
        """The shape as a plan."""
        return join(
            [
                ("before", hold(self.base, self.before)),
                ("rise", slope(self.base, self.peak, self.rise)),
                ("peak", hold(self.peak, self.hold_for)),
                ("fall", slope(self.peak, self.base, self.fall)),
                ("after", hold(self.base, self.after)),
            ]
        )
