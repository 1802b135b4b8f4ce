"""What a run has to keep: a small readable language, and the verdict.

``parse`` needs nothing but the texts and the stages, so a scenario is checked before any load is sent;
judging a run stands in ``autoscale.verdict.judging``.
"""

from autoscale.objectives.language import Objective, Window, parse

__all__ = ["Objective", "Window", "parse"]
