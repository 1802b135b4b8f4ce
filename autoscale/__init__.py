"""Load tests for autoscalers: run one, record it, and say what happened."""

__version__ = "0.1.0"
