"""Counters, as Prometheus has them: they only grow, and a fall is a restart from zero."""

from collections.abc import Sequence
from itertools import pairwise

IN_TURN = (
    "falls again and again, and not to near zero: several processes answer scrapes in turn (a server's workers, or "
    "pods behind one address), so what it counted is not known"
)
CURE = "scrape each process, or let one answer for all (prometheus_client's multiprocess mode; a PodMonitor)"
_FALLS = 3
_RESTARTED = 0.25  # of what it was: a restarted counter has less, unless it lived for some scrapes only


def in_turn(values: Sequence[float]) -> bool:
    """Whether a counter's values are of several processes that answered in turn, each of which counts its own.

    Each fall would be taken for a restart and what one of them has counted in all its life for new: with gunicorn 27's
    two workers and prometheus_client 0.26, 600 requests came to 3,166.
    """
    return sum(before * _RESTARTED < after < before for before, after in pairwise(values)) >= _FALLS
