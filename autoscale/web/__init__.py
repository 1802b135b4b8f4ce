"""The page at :8089: Locust's own UI with a Scaling tab, live from the rows of the run; and where runs are started."""

from autoscale.web.desk import Choice, Desk, Launch, PastRun
from autoscale.web.page import Page

__all__ = ["Choice", "Desk", "Launch", "Page", "PastRun"]
