"""Quantities as an HPA reads and shows them; ``autoscale.base.quantities`` reads them exactly."""

import math
import re
from fractions import Fraction

from autoscale.base.quantities import parse_quantity
from autoscale.hpa.numbers import MAX_INT64, int64, quotient

_DECIMAL = {-9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E"}
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_PLAIN = re.compile(r"([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+)|([numkMGTPE]?))")
_EXPONENT = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}


def to_milli(text: str | int | float) -> int:
    """A quantity in thousandths, rounded away from zero. ValueError on anything that is not a quantity.

    What does not fit into 64 bits becomes what upstream makes of it (0, or the low 64 bits).
    """
    exact = parse_quantity(text)
    milli = round_away(exact, 1000)
    return milli if 0 <= milli <= MAX_INT64 else _as_upstream(str(text), exact, milli)


def _as_upstream(text: str, exact: Fraction, milli: int) -> int:
    """Thousandths of a negative or huge quantity.

    Upstream holds up to 18 decimal digits as a number and a power of ten; what then overflows keeps its low bits if
    the power is one it multiplies with at once, else it is 0. Anything longer it computes in billionths, where a
    negative remainder is rounded the wrong way; there a binary suffix is cut to the largest int64 first.
    """
    match = _PLAIN.fullmatch(text)
    if match is not None:
        _, whole, rest, exponent, suffix = match.groups()
        power = (int(exponent) if exponent else _EXPONENT[suffix or ""]) - len(rest)
        if len(whole.lstrip("0") or "0") + len(rest) <= 18 and power >= -9:
            fits = abs(milli) <= MAX_INT64
            return milli if fits else int64(milli) if power + 3 in (1, 2, 3, 6, 9) else 0
    size = abs(exact) if match is not None else min(abs(exact), Fraction(MAX_INT64))
    nano = round_away(size if exact > 0 else -size, 10**9)
    if nano >= MAX_INT64:
        return int64(-(-nano // 10**6))
    low = int64(nano)
    return quotient(low, 10**6) + (low % 10**6 != 0)


def round_away(value: Fraction, scale: int = 1) -> int:
    """``value * scale``, or the next whole number away from zero."""
    value *= scale
    return math.ceil(value) if value > 0 else math.floor(value)


def to_float(text: str | int | float) -> float:
    """A quantity as ``AsApproximateFloat64`` gives it: its digits as a whole number, times a power of ten.

    So ``0.3`` is 3 * 10^-1 = 0.30000000000000004, and ``300m`` is 300 * 10^-3 = 0.3.
    """
    exact = parse_quantity(text)
    match = _PLAIN.fullmatch(str(text))
    if match is None:
        return float(exact)
    sign, whole, rest, exponent, suffix = match.groups()
    power = (int(exponent) if exponent else _EXPONENT[suffix or ""]) - len(rest)
    number = float(int(sign + (whole + rest)))
    return number * float(f"1e{power}") if power else number


def show_quantity(text: str | int | float) -> str:
    """A quantity in canonical form: no fraction, the largest suffix that loses nothing (``0.5`` is ``500m``)."""
    value = parse_quantity(text)
    if value == 0:
        return "0"
    if str(text).endswith("i") and abs(value) >= 1024 and value.denominator == 1:
        return _binary(value.numerator)
    nano, power = round_away(value, 10**9), -9
    while nano % 1000 == 0 and power < 18:
        nano //= 1000
        power += 3
    if re.search(r"[eE][+-]?\d", str(text)):
        return f"{nano}e{power}" if power else str(nano)
    return f"{nano}{_DECIMAL[power]}"


def show_milli(milli: int, resource: str = "") -> str:
    """Thousandths as a canonical quantity: memory in binary units where that loses nothing, else decimal.

    ``show_milli(1500)`` is ``1500m``, ``show_milli(2**20 * 1000, "memory")`` is ``1Mi``.
    """
    if milli == 0:
        return "0"
    if resource == "memory" and abs(milli) >= 1024 * 1000 and milli % 1000 == 0:
        return _binary(milli // 1000)
    return _decimal(milli)


def _decimal(milli: int) -> str:
    power = -3
    while milli % 1000 == 0 and power < 15:
        milli //= 1000
        power += 3
    return f"{milli}{_DECIMAL[power]}"


def _binary(whole: int) -> str:
    power = 0
    while whole % 1024 == 0 and power < len(_BINARY) - 1:
        whole //= 1024
        power += 1
    return f"{whole}{_BINARY[power]}"
