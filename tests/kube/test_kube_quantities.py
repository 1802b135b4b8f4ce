"""Quantities are read with upstream's bounds, and none costs more than its text."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscale.hpa.reading.quantities import show_quantity, to_float, to_milli
from autoscale.kube.quantities import MOST_DIGITS, milli, parse_quantity, whole

NANO = Fraction(1, 10**9)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("8Ei", Fraction(2**63 - 1)),
        ("-8Ei", -Fraction(2**63 - 1)),
        ("7Ei", Fraction(7 * 2**60)),
        ("100E", Fraction(10**20)),  # a decimal suffix has no such bound
        ("0.9n", NANO),
        ("-0.1n", -NANO),
        ("1e-99999999", NANO),
        ("0e99999999", Fraction(0)),
        ("1e307", Fraction(10**307)),
        ("1.5e3", Fraction(1500)),
    ],
)
def test_bounds_are_upstreams(text: str, value: Fraction) -> None:
    """Finer than nano goes away from zero, a binary suffix to the largest int64, a decimal one keeps its value."""
    assert parse_quantity(text) == value


@pytest.mark.parametrize(
    "text", ["1e99999999", "1e308", "9" * 309, "9" * 5000, "1e", "1e1.5", "nan", "inf", "1_0", "²"]
)
def test_what_is_too_large_or_none_is_refused(text: str) -> None:
    """At once, whatever its exponent; a number of 308 digits is taken."""
    with pytest.raises(ValueError, match=r"quantity|digits"):
        parse_quantity(text)
    assert parse_quantity("9" * MOST_DIGITS) > 0


numbers = st.from_regex(r"[+-]?[0-9]{1,20}(\.[0-9]{0,20})?", fullmatch=True)
suffixes = st.sampled_from(["", "n", "u", "m", "k", "M", "E", "Ki", "Mi", "Ei"]) | st.integers().map("e{}".format)


@given(st.tuples(numbers, suffixes).map("".join) | st.text(max_size=30) | st.floats() | st.integers())
def test_any_text_is_a_quantity_or_a_valueerror(text: str | float) -> None:
    """And what is one is so for every reader."""
    try:
        parse_quantity(text)
    except ValueError:
        return
    for read in (milli, whole, to_milli, to_float, show_quantity):
        read(text)
