"""Objectives that no run of a scenario could break or keep: refused before any load is sent."""

from collections.abc import Iterable, Mapping
from typing import Any

from autoscale.base.errors import InputError, Problem
from autoscale.objectives.language import Objective


def check_reach(objectives: Iterable[Objective], requests: Iterable[Mapping[str, Any]]) -> None:
    """InputError for every latency bound above the longest time-out of the requests.

    A request that takes so long has failed before: such a bound says nothing that ``errors`` does not say.
    """
    longest = max((float(request["timeout"]) for request in requests), default=None)
    problems = [
        Problem(
            f"scenario: objectives[{i}]",
            f"{one.text!r}, but requests fail after {longest:g} s",
            f"a bound of at most {longest:g} s",
            "lower the bound, or raise the requests' `timeout`",
        )
        for i, one in enumerate(objectives)
        if longest is not None and (one.quantile is not None or one.metric == "max") and one.bound > longest
    ]
    if problems:
        raise InputError("an objective lies beyond the requests' time-out", problems=problems)
