"""``sine``: smooth waves."""

import math
from typing import ClassVar, Literal

from pydantic import Field

from loadtest.fields import Positive, Rate
from loadtest.plan import RatePlan, join
from loadtest.shapes.shape import Shape


class Sine(Shape):
    """``base + (peak - base) * (1 - cos(2 pi t / period)) / 2``, in straight pieces of about a second."""

    stages: ClassVar[str] = "cycle-1, ..., cycle-n"
    kind: Literal["sine"]
    base: Rate
    peak: Rate
    period: Positive = 300.0
    cycles: int = Field(default=1, ge=1, le=1000)

    def plan(self) -> RatePlan:
        """The shape as a plan."""
        pieces, height = max(8, math.ceil(self.period)), (self.peak - self.base) / 2
        wave = [
            (self.period * n / pieces, self.base + height * (1 - math.cos(2 * math.pi * n / pieces)))
            for n in range(pieces + 1)
        ]
        return join([(f"cycle-{n + 1}", wave) for n in range(self.cycles)])
