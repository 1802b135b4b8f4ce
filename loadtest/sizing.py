"""How many load workers a plan needs: from its peak and what a request was measured to cost (docs/speed.md)."""

import math
from dataclasses import dataclass

from loadtest.errors import Problem, ScenarioError
from loadtest.models import File

MOST = 100  # workers
HALF = 0.5  # of a core at the peak: what else a node does is not known, and a worker that uses 0.9 makes a run invalid
KEPT_S = 35e-6  # CPU of a request on a connection that is kept ...
OPENED_S = 190e-6  # ... more where it opens one of its own ...
HANDSHAKE_S = 1200e-6  # ... and still more with TLS


@dataclass(frozen=True)
class Sized:
    """How many workers, and why."""

    workers: int
    words: str


def sized(file: File, peak: float, source: str) -> Sized | None:
    """For a peak of requests/s; None where the file says how many. ScenarioError where it cannot be told."""
    if file.load.workers is not None:
        return None
    if file.load.locustfile is not None:
        fix = "Say how many: one core makes some hundred requests/s with HttpUser, some thousand with FastHttpUser."
        _refuse(source, "auto with a locustfile: what its requests cost is not known before", "a number", fix)
    each_s = cost_s(file.load.close_share, tls=(file.target.url or "").startswith("https:"))
    wanted = max(1, math.ceil(peak * each_s / HALF))
    if wanted > MOST:
        _refuse(source, f"auto, which would be {wanted}", f"at most {MOST}")
    cores = f"a peak of {peak:,.0f}/s at {each_s * 1e6:.0f} us of CPU a request is {peak * each_s:.2f} cores"
    return Sized(wanted, f"workers: auto took {wanted}: {cores}, and a worker is to need half a core at most")


def cost_s(close_share: float, *, tls: bool) -> float:
    """CPU seconds of the generator for one request of a scenario, in the mean."""
    return KEPT_S + close_share * (OPENED_S + (HANDSHAKE_S if tls else 0.0))


def _refuse(source: str, found: str, wanted: str, fix: str = "") -> None:
    problem = Problem(f"{source}: load.workers", found, wanted, fix)
    raise ScenarioError(f"The scenario {source} is wrong.", [problem])
