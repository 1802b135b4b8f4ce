"""Work as a request states it: CPU time burned, time waited, bytes returned."""

import hashlib
import math
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

# Bounds, so that no single request can take a pod down.
CPU_MS_MAX = 2_000.0
WAIT_MS_MAX = 10_000.0
BYTES_MAX = 1_048_576
SPREAD_MAX = 2.0
SEED_MAX = 2**31 - 1

# hashlib lets other threads run while it digests more than 2 kB: the health checks stay quick under load.
# One digest of a block takes 20 to 200 us, which is the grain of the burn.
_BLOCK = bytes(32 * 1024)


@dataclass(frozen=True)
class Work:
    """What one request costs: CPU and waiting time in ms, body in bytes.

    ``spread`` is the coefficient of variation of the log-normal factor, of mean 1, on CPU and waiting time.
    """

    cpu_ms: float = 0.0
    wait_ms: float = 0.0
    bytes: int = 0
    spread: float = 0.0
    seed: int | None = None


_BOUNDS = {"cpu_ms": CPU_MS_MAX, "wait_ms": WAIT_MS_MAX, "bytes": BYTES_MAX, "spread": SPREAD_MAX, "seed": SEED_MAX}
_WHOLE = {"bytes", "seed"}


def parse(query: Mapping[str, list[str]]) -> tuple[Work, list[dict[str, str]]]:
    """A query string's parameters -> the work and its mistakes (``{"where", "found", "wanted"}``, all of them)."""
    problems: list[dict[str, str]] = []
    values: dict[str, float] = {}
    for name, texts in query.items():
        if name not in _BOUNDS:
            problems.append({"where": name, "found": "an unknown parameter", "wanted": ", ".join(_BOUNDS)})
        elif len(texts) != 1:
            problems.append({"where": name, "found": f"{len(texts)} values", "wanted": "one"})
        else:
            value = _number(name, texts[0])
            if value is None:
                problems.append({"where": name, "found": texts[0][:40], "wanted": _wanted(name)})
            else:
                values[name] = value
    whole = {name: int(value) for name, value in values.items() if name in _WHOLE}
    return Work(**{**values, **whole}), problems  # type: ignore[arg-type]


def _number(name: str, text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    if not 0 <= value <= _BOUNDS[name] or (name in _WHOLE and value != int(value)):
        return None
    return value


def _wanted(name: str) -> str:
    return f"a {'whole ' if name in _WHOLE else ''}number from 0 to {_BOUNDS[name]:.0f}"


def spread_out(work: Work, generator: random.Random) -> Work:
    """The work with its CPU and waiting time scaled by one random factor of mean 1, within the bounds."""
    if work.spread == 0:
        return work
    variance = math.log(1 + work.spread**2)
    factor = math.exp(generator.normalvariate(-variance / 2, math.sqrt(variance)))
    return Work(min(work.cpu_ms * factor, CPU_MS_MAX), min(work.wait_ms * factor, WAIT_MS_MAX), work.bytes)


def burn(cpu_ms: float, clock: Callable[[], float] = time.thread_time) -> float:
    """Keep this thread's CPU busy until ``clock`` (its CPU time, s) has advanced by ``cpu_ms``; returns ms burned.

    Counted in CPU time, not in wall time: a throttled or crowded pod takes longer for the same work.
    """
    start = clock()
    end = start + cpu_ms / 1000
    while clock() < end:
        hashlib.sha256(_BLOCK).digest()
    return (clock() - start) * 1000
