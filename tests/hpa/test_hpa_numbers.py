"""The arithmetic in which upstream decides."""

import math

import pytest

from autoscale.hpa.rule.numbers import (
    MAX_INT32,
    MAX_INT64,
    ceil_int32,
    ceil_int64,
    divide,
    int32,
    int64,
    quotient,
    truncate_int32,
)


@pytest.mark.parametrize(("number", "wrapped"), [(MAX_INT32, MAX_INT32), (MAX_INT32 + 1, -(2**31)), (-1, -1)])
def test_int32_keeps_the_low_bits(number: int, wrapped: int) -> None:
    """A count beyond int32 wraps round, one at its edge does not."""
    assert int32(number) == wrapped


def test_int64_keeps_the_low_bits() -> None:
    """A sum beyond int64 wraps round, one at its edge does not."""
    assert (int64(MAX_INT64), int64(MAX_INT64 + 1)) == (MAX_INT64, -(2**63))


@pytest.mark.parametrize(("a", "b", "result"), [(7, 2, 3), (-7, 2, -3), (7, -2, -3), (-7, -2, 3), (0, 5, 0)])
def test_quotient_truncates_towards_zero(a: int, b: int, result: int) -> None:
    """Integer division cuts off, where Python's rounds down."""
    assert quotient(a, b) == result


@pytest.mark.parametrize(("a", "b", "result"), [(1, 4, 0.25), (3, 0, math.inf), (-3, 0, -math.inf), (0, 5, 0.0)])
def test_divide_yields_infinity(a: int, b: int, result: float) -> None:
    """x/0 is an infinity, not an exception."""
    assert divide(a, b) == result


def test_nothing_by_nothing_is_no_number() -> None:
    """0/0 is no number, and so within no tolerance."""
    assert math.isnan(divide(0, 0))


@pytest.mark.parametrize(
    ("number", "result"),
    [(2.000001, 3), (2.0, 2), (-0.5, 0), (float(MAX_INT32), MAX_INT32), (2147483647.5, -(2**31)), (math.nan, -(2**31))],
)
def test_ceil_int32_overflows_to_the_least(number: float, result: int) -> None:
    """What does not fit an int32 becomes the least one; what just fits is rounded up."""
    assert ceil_int32(number) == result


@pytest.mark.parametrize(("number", "result"), [(0.1, 1), (2.0**63, -(2**63)), (math.inf, -(2**63))])
def test_ceil_int64_overflows_to_the_least(number: float, result: int) -> None:
    """The same for int64."""
    assert ceil_int64(number) == result


@pytest.mark.parametrize(("number", "result"), [(2.9, 2), (-2.9, -2), (math.inf, -(2**31))])
def test_truncate_int32_cuts_the_fraction(number: float, result: int) -> None:
    """A percentage downwards is cut, not rounded."""
    assert truncate_int32(number) == result
