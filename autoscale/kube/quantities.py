"""Kubernetes quantities, exactly (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/)."""

import math
import re
from fractions import Fraction
from functools import lru_cache

_SUFFIX = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "": Fraction(1),
    "k": Fraction(10**3),
    "M": Fraction(10**6),
    "G": Fraction(10**9),
    "T": Fraction(10**12),
    "P": Fraction(10**15),
    "E": Fraction(10**18),
    **{f"{letter}i": Fraction(2 ** (10 * power)) for power, letter in enumerate("KMGTPE", start=1)},
}
MOST_DIGITS = 308
_USUAL = 32  # characters; a longer one is not worth its room
_MOST_BINARY = Fraction(2**63 - 1)
_FORM = re.compile(r"([+-]?)(\d+\.?\d*|\.\d+)(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)")


def parse_quantity(text: str | int | float) -> Fraction:
    """``"100m"`` -> 1/10, ``"64Mi"`` -> 67108864; ValueError on anything that is not a quantity.

    As upstream's ``ParseQuantity`` (apimachinery v0.35.4) finer than nano is rounded away from zero, and a binary
    suffix goes to 2**63 - 1 at most. Upstream takes any exponent of 32 bits; here ``MOST_DIGITS`` before the point are
    the most, as no double holds more.
    """
    return _often(text) if isinstance(text, str) and len(text) <= _USUAL else _exact(text)


def _exact(text: str | int | float) -> Fraction:
    match = _FORM.fullmatch(str(text)) if not isinstance(text, float) or math.isfinite(text) else None
    if match is None or isinstance(text, bool):
        raise ValueError(f"not a quantity: {text!r} (wanted for example 250m, 0.5, 64Mi)")
    sign, digits, exponent, suffix = match.groups()
    size = _size(digits, int(exponent[1:])) if exponent else Fraction(digits) * _SUFFIX[suffix or ""]
    if size >= 10**MOST_DIGITS:
        raise ValueError(f"a quantity of more than {MOST_DIGITS} digits: {str(text)[:40]!r}")
    nano = Fraction(math.ceil(size * 10**9), 10**9)
    value = min(nano, _MOST_BINARY) if suffix and suffix.endswith("i") else nano
    return -value if sign == "-" else value


# A cluster says the same few again and again: each pod's requests and limits with every change of it.
_often = lru_cache(maxsize=4096)(_exact)


def _size(digits: str, exponent: int) -> Fraction:
    """``digits`` times ten to ``exponent``; a power that no bound lets pass is not worked out."""
    number = Fraction(digits)
    bound = MOST_DIGITS + len(digits) + 9
    return number * Fraction(10) ** max(-bound, min(bound, exponent))


def milli(text: str | int | float) -> int:
    """A quantity in thousandths, rounded up as ``Quantity.MilliValue`` does: 123456n cores is 1m."""
    value = parse_quantity(text)
    return -(-1000 * value.numerator // value.denominator)


def whole(text: str | int | float) -> int:
    """A quantity in units (bytes), rounded up as ``Quantity.Value`` does."""
    return math.ceil(parse_quantity(text))
