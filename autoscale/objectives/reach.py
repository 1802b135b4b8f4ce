"""Objectives that no run of a scenario could break or keep: refused before any load is sent."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from autoscale.base.errors import InputError, Problem
from autoscale.objectives.language import Objective


def check_reach(objectives: Sequence[Objective], requests: Iterable[Mapping[str, Any]]) -> None:
    """InputError for every latency bound above the longest time-out of the requests, and every name that none has.

    A request that takes so long has failed before: such a bound says nothing that ``errors`` does not say.
    """
    asked = list(requests)
    longest = max((float(request["timeout"]) for request in asked), default=None)
    _check_names(objectives, [str(name) for request in asked if (name := request.get("name"))])
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


def _check_names(objectives: Sequence[Objective], names: Sequence[str]) -> None:
    problems = [
        Problem(
            f"scenario: objectives[{i}]",
            f"requests called {one.subject!r}",
            "one of " + ", ".join(dict.fromkeys(names)),
            f"Did you mean `{near[0]}`?" if (near := get_close_matches(one.subject, names, n=1)) else "",
        )
        for i, one in enumerate(objectives)
        if names and one.subject is not None and one.subject not in names
    ]
    if problems:
        raise InputError("an objective is about requests that the scenario does not have", problems=problems)
