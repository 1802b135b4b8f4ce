"""``python -m loadtest.driver.inspection FILE LOAD``: what a locustfile holds, as one line of JSON."""

import locust  # noqa: F401, I001 - before anything that opens a socket

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from locust import LoadTestShape

from loadtest.driver.locustfile import Behaviour, behaviour
from loadtest.errors import Problem, ScenarioError

LONGEST_S = 24 * 3600


def answer(path: Path, load: dict[str, Any]) -> dict[str, Any]:
    """Classes and shape, or what is wrong."""
    try:
        found = behaviour(path, load)
        shape = None if _planned(load) else _shape(found)
        return {"classes": {one.__name__: one.weight for one in found.classes}, "shape": shape}
    except ScenarioError as error:
        problem = error.problems[0]
        return {"found": problem.found, "wanted": problem.wanted, "fix": problem.fix}


def _planned(load: dict[str, Any]) -> bool:
    """Whether the scenario says how many users there are when: then a shape of the file is not used."""
    return any(load.get(name) for name in ("plan", "shape", "trace"))


def _shape(found: Behaviour) -> list[list[float]] | None:
    if not found.shapes:
        return None
    try:
        return drawn(found.shapes[0])
    except Exception as error:  # whatever a file's own code may raise
        words = f"a LoadTestShape that cannot be drawn before the run: {type(error).__name__}: {error}"
        wanted = "one whose tick() needs no running load, or a `load.plan` of users"
        raise ScenarioError("The shape cannot be used.", [Problem("load.locustfile", words, wanted)]) from None


def drawn(shape: LoadTestShape) -> list[list[float]]:
    """[[second, users]] of a shape, asked each second of an imagined clock, as Locust asks it, with its spawn rate.

    Of which classes they are, where it says so, is asked again as the load goes on.
    """
    points: list[list[float]] = []
    users = 0.0
    shape.runner = runner = SimpleNamespace(user_count=0)  # type: ignore[assignment]
    for second in range(LONGEST_S + 1):
        runner.user_count = int(users)
        shape.get_run_time = lambda at=second: float(at)  # type: ignore[method-assign, misc]
        tick = shape.tick()
        if tick is None:
            if not points:
                raise ValueError("it ends before it begins")
            return [*points, [float(second), users]]
        wanted, rate = tick[0], tick[1]
        before = users
        users = min(wanted, users + rate) if wanted > users else max(wanted, users - rate)
        if second == 0:
            points.append([0.0, users])
        elif users != before:
            points += [[float(second), before], [float(second), users]]
    raise ValueError("it has no end within a day")


if __name__ == "__main__":
    sys.stdout.write(json.dumps(answer(Path(sys.argv[1]), json.loads(sys.argv[2]))) + "\n")
