"""The run: deploy, drive, record, report; sources of rows entered and left in order."""

from autoscale.run.options import Result, RunOptions

__all__ = ["Result", "RunOptions"]
