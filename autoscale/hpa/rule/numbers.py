"""Upstream's arithmetic: int32 and int64 that wrap, float64 that yields infinity, conversions as on amd64."""

import math

MAX_INT32 = 2**31 - 1
MAX_INT64 = 2**63 - 1


def int32(number: int) -> int:
    """The low 32 bits as a signed number, as an integer conversion leaves them."""
    return (number + 2**31) % 2**32 - 2**31


def int64(number: int) -> int:
    """The low 64 bits as a signed number: what a sum that overflowed has become."""
    return (number + 2**63) % 2**64 - 2**63


def quotient(numerator: int, denominator: int) -> int:
    """Integer division that truncates towards zero."""
    whole = abs(numerator) // abs(denominator)
    return whole if (numerator < 0) == (denominator < 0) else -whole


def divide(numerator: float, denominator: float) -> float:
    """Division of float64 values, where x/0 is an infinity and 0/0 is no number, instead of an exception."""
    if denominator:
        return float(numerator) / float(denominator)
    if not numerator:
        return math.nan
    return math.copysign(math.inf, numerator)


def ceil_int32(number: float) -> int:
    """Round up to a replica count; what does not fit becomes the smallest int32, as the processor does it."""
    if -2147483649.0 < number <= MAX_INT32:
        return math.ceil(number)
    return -(2**31)


def ceil_int64(number: float) -> int:
    """Round up to an int64; what does not fit becomes the smallest int64."""
    if -(2.0**63) <= number < 2.0**63:
        return math.ceil(number)
    return -(2**63)


def truncate_int32(number: float) -> int:
    """Cut the fraction off; what does not fit becomes the smallest int32."""
    if -2147483649.0 < number < 2147483648.0:
        return int(number)
    return -(2**31)
