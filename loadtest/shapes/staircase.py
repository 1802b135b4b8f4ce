"""``staircase``: equal steps up and the same steps down, one steady reading a level, and hysteresis."""

from typing import ClassVar, Literal

from pydantic import Field

from loadtest.fields import Positive, Rate
from loadtest.pieces import hold
from loadtest.plan import RatePlan, join
from loadtest.shapes.shape import Shape


class Staircase(Shape):
    """Equal steps up and down."""

    stages: ClassVar[str] = "base, up-1, ..., up-n, down-(n-1), ..., down-0"
    kind: Literal["staircase"]
    base: Rate
    peak: Rate
    steps: int = Field(default=4, ge=1, le=100)
    each: Positive = 60.0

    def plan(self) -> RatePlan:
        """The shape as a plan."""
        levels = [self.base + (self.peak - self.base) * n / self.steps for n in range(self.steps + 1)]
        up = [(f"up-{n}" if n else "base", hold(rate, self.each)) for n, rate in enumerate(levels)]
        down = [(f"down-{n}", hold(levels[n], self.each)) for n in reversed(range(self.steps))]
        return join(up + down)
