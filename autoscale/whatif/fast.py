"""The engine compiled with numba, where it is installed (``pip install autoscale-loadtest[whatif]``).

numba and numpy are imported where they are used: a report of a long record asks for no model, and need not pay them.
"""

import importlib.util
import inspect
from functools import cache
from typing import Any

from autoscale.whatif import engine


def available() -> bool:
    """Whether there is a compiler here."""
    return importlib.util.find_spec("numba") is not None


@cache
def compiled() -> tuple[Any, Any]:
    """``engine.advance`` and ``engine.tally`` as machine code; compiled once, then kept beside the module or in the
    user's cache. Nothing in them makes an array, so they need no reference counts, which would cost ten times the rest;
    their parts are drawn into one, since a call hands over each of some thirty arrays, which costs as much as the work.
    """
    import numba  # here, since it costs half a second and 60 MB, and a long record's report asks for no model

    loops = (engine.advance, engine.tally)
    for _, part in inspect.getmembers(engine, inspect.isfunction):
        if part not in loops:
            numba.extending.register_jitable(_nrt=False, forceinline=True)(part)
    advance, tally = (numba.njit(cache=True, _nrt=False)(loop) for loop in loops)
    return advance, tally


def floats(n: int, value: float = 0.0) -> Any:
    """An array of ``n`` floats."""
    import numpy

    return numpy.full(n, value, dtype=numpy.float64)


def whole(n: int, value: int = 0) -> Any:
    """An array of ``n`` whole numbers."""
    import numpy

    return numpy.full(n, value, dtype=numpy.int64)


def array(values: Any) -> Any:
    """Some numbers as an array of floats."""
    import numpy

    return numpy.asarray(values, dtype=numpy.float64)


def even(points: Any, plan: Any, low: float, high: float) -> Any:
    """The moments in [low, high) at which the integral of the rate (``points``) passes a whole number and a half."""
    import numpy

    times, rates = numpy.array(points).T
    areas = numpy.concatenate([[0.0], numpy.cumsum(numpy.diff(times) * (rates[1:] + rates[:-1]) / 2)])
    first, last = (int(numpy.ceil(plan.integral(edge) - 0.5)) for edge in (low, high))
    need = numpy.arange(first, last) + 0.5
    need = need[need <= areas[-1]]
    place = numpy.maximum(numpy.searchsorted(areas, need, side="left"), 1)
    t0, t1, r0, r1 = times[place - 1], times[place], rates[place - 1], rates[place]
    area = need - areas[place - 1]
    slope = (r1 - r0) / (t1 - t0)
    return numpy.minimum(t1, t0 + 2 * area / (r0 + numpy.sqrt(numpy.maximum(0.0, r0 * r0 + 2 * slope * area))))
