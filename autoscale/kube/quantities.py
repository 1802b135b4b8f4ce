"""Kubernetes quantities, exactly (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/)."""

import math
import re
from fractions import Fraction

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
_FORM = re.compile(r"([+-]?)(\d+\.?\d*|\.\d+)(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)")


def parse_quantity(text: str | int | float) -> Fraction:
    """``"100m"`` -> 1/10, ``"64Mi"`` -> 67108864; ValueError on anything that is not a quantity."""
    match = _FORM.fullmatch(str(text))
    if match is None or isinstance(text, bool):
        raise ValueError(f"not a quantity: {text!r} (wanted for example 250m, 0.5, 64Mi)")
    sign, digits, exponent, suffix = match.groups()
    factor = Fraction(10) ** int(exponent[1:]) if exponent else _SUFFIX[suffix or ""]
    value = Fraction(digits) * factor
    return -value if sign == "-" else value


def milli(text: str | int | float) -> int:
    """A quantity in thousandths, rounded up as ``Quantity.MilliValue`` does: 123456n cores is 1m."""
    return math.ceil(parse_quantity(text) * 1000)


def whole(text: str | int | float) -> int:
    """A quantity in units (bytes), rounded up as ``Quantity.Value`` does."""
    return math.ceil(parse_quantity(text))
