"""Quantities as an HPA reads and shows them; ``autoscale.kube.quantities`` reads them exactly."""

import math
import re
from fractions import Fraction

from autoscale.hpa.rule.numbers import MAX_INT64, int64, quotient
from autoscale.kube.quantities import parse_quantity

_DECIMAL = {-9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E"}
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_FORM = re.compile(r"([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+)|([KMGTPE]i|[numkMGTPE])?)")
_EXPONENT = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
# Powers of ten that upstream multiplies with in one step, which wraps; by others it gives up with 0.
_MULTIPLIED_AT_ONCE = (1, 2, 3, 6, 9)


def to_milli(text: str | int | float) -> int:
    """A quantity in thousandths, rounded away from zero. ValueError on anything that is not a quantity.

    What does not fit into 64 bits becomes what upstream makes of it (0, or the low 64 bits).
    """
    exact = parse_quantity(text)
    milli = round_away(exact, 1000)
    if 0 <= milli <= MAX_INT64:
        return milli
    held = _held(str(text))
    if held is None:
        return _milli_of_nano(_nano(str(text), exact))
    if abs(milli) <= MAX_INT64:
        return milli
    return int64(milli) if held[1] + 3 in _MULTIPLIED_AT_ONCE else 0


def to_float(text: str | int | float) -> float:
    """A quantity as ``AsApproximateFloat64`` gives it: a whole number, times a power of ten.

    So ``0.3`` is 3 * 10^-1 = 0.30000000000000004, and ``300m`` is 300 * 10^-3 = 0.3.
    """
    exact = parse_quantity(text)
    number, power = _held(str(text)) or (_nano(str(text), exact), -9)
    try:
        return float(number) * float(f"1e{power}") if power else float(number)
    except OverflowError:
        return math.copysign(math.inf, number)


def round_away(value: Fraction, scale: int = 1) -> int:
    """``value * scale``, or the next whole number away from zero."""
    value *= scale
    return math.ceil(value) if value > 0 else math.floor(value)


def _parts(text: str) -> tuple[str, ...]:
    """Sign, digits before and after the point, exponent and suffix of a quantity, empty where absent."""
    return next(_FORM.finditer(text)).groups("")


def _held(text: str) -> tuple[int, int] | None:
    """The number and the power of ten as which upstream holds a quantity of few digits, else None."""
    sign, whole, rest, exponent, suffix = _parts(text)
    digits = len(whole.lstrip("0") or "0") + len(rest)
    number = int(sign + whole + rest)
    if suffix in _BINARY[1:]:
        power = _BINARY.index(suffix)
        return (number * 1024**power, 0) if not rest and digits + 3 * power <= 14 else None
    scale = (int(exponent) if exponent else _EXPONENT[suffix]) - len(rest)
    return (number, scale) if digits <= 18 and scale >= -9 else None


def _nano(text: str, exact: Fraction) -> int:
    """A longer quantity in billionths; upstream cuts one with a binary suffix to the largest int64."""
    size = min(abs(exact), Fraction(MAX_INT64)) if text.endswith("i") else abs(exact)
    return round_away(size if exact > 0 else -size, 10**9)


def _milli_of_nano(nano: int) -> int:
    """Billionths as thousandths, where upstream rounds a negative remainder the wrong way."""
    if nano >= MAX_INT64:
        return int64(-(-nano // 10**6))
    low = int64(nano)
    return quotient(low, 10**6) + (low % 10**6 != 0)


def show_quantity(text: str | int | float) -> str:
    """A quantity as the API server prints it: as given where that passes for canonical, else in canonical form.

    Canonical is no fraction and the largest suffix that loses nothing (``0.5`` is ``500m``).
    """
    value = parse_quantity(text)
    if value == 0:
        return "0"
    if _passes_for_canonical(str(text)):
        return str(text)
    if str(text).endswith("i") and abs(value) >= 1024 and value.denominator == 1:
        return _binary(value.numerator)
    nano, power = round_away(value, 10**9), -9
    while nano % 1000 == 0 and power < 18:
        nano //= 1000
        power += 3
    if re.search(r"[eE][+-]?\d", str(text)):
        return f"{nano}e{power}" if power else str(nano)
    return f"{nano}{_DECIMAL[power]}"


def _passes_for_canonical(text: str) -> bool:
    """Upstream looks at the digits and the power only, so a fraction of three digits passes too."""
    held = _held(text)
    if held is None:
        return False
    _, whole, rest, _, suffix = _parts(text)
    digits = whole + rest
    if suffix in _BINARY[1:]:
        return int(digits) % 8 != 0
    return held[1] % 3 == 0 and not digits.endswith("000") and not digits.startswith("0")


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
