"""The engine compiled with numba, where it is installed (``pip install autoscale-loadtest[whatif]``)."""

from functools import cache
from typing import Any

from autoscale.whatif import engine

try:
    import numba
    import numpy
except ImportError:
    numba = numpy = None


def available() -> bool:
    """Whether there is a compiler here."""
    return numba is not None


@cache
def compiled() -> Any:
    """``engine.advance`` as machine code; compiled once and then kept beside the module or in the user's cache."""
    return numba.njit(cache=True, _nrt=False)(engine.advance)


def floats(n: int, value: float = 0.0) -> Any:
    """An array of ``n`` floats."""
    return numpy.full(n, value, dtype=numpy.float64)


def whole(n: int, value: int = 0) -> Any:
    """An array of ``n`` whole numbers."""
    return numpy.full(n, value, dtype=numpy.int64)


def array(values: Any) -> Any:
    """Some numbers as an array of floats."""
    return numpy.asarray(values, dtype=numpy.float64)
