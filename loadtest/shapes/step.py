"""``step``: a jump up and a jump down. How long until the metric, the decision, the capacity?"""

from typing import ClassVar, Literal

from pydantic import Field

from loadtest.fields import Positive, Rate
from loadtest.pieces import hold
from loadtest.plan import RatePlan, join
from loadtest.shapes.shape import Shape


class Step(Shape):
    """A jump up and down again."""

    stages: ClassVar[str] = "before, peak, after"
    kind: Literal["step"]
    base: Rate
    peak: Rate
    before: Positive = 60.0
    hold_for: Positive = Field(default=180.0, alias="hold")
    after: Positive = 120.0

    def plan(self) -> RatePlan:
        """The shape as a plan."""
        return join(
            [
                ("before", hold(self.base, self.before)),
                ("peak", hold(self.peak, self.hold_for)),
                ("after", hold(self.base, self.after)),
            ]
        )
