"""Load tests for autoscalers: run one, record it, and say what happened."""

from autoscale.base.version import VERSION as __version__

__all__ = ["__version__"]
