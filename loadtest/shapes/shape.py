"""What every shape has."""

from abc import ABC, abstractmethod
from typing import ClassVar

from loadtest.fields import Strict
from loadtest.plan import RatePlan


class Shape(Strict, ABC):
    """A named shape of load: what people draw on a whiteboard.

    A subclass is the whole shape: ``kind`` is its name in a scenario (a ``Literal``), its fields are what may be
    written there, ``stages`` says in words which stages its plan has. Rates are requests per second, durations seconds.
    """

    stages: ClassVar[str]
    kind: str

    @abstractmethod
    def plan(self) -> RatePlan:
        """The shape as a plan with named stages."""
