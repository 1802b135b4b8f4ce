"""Selectors and quantities: the rare branches, with what upstream said to the same texts."""

import pytest

from autoscale.hpa.reading.quantities import show_quantity, to_float, to_milli
from autoscale.kube.go import show_selector
from autoscale.kube.label_query import label_query_error
from autoscale.kube.selectors import label_selector_error


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("", None),
        ("app=web,tier in (a,b),!old", None),
        ("x in (,)", None),
        ("x in (a,,b)", None),
        ("x notin (a,)", None),
        ("x in ()", None),
        ("x in (", "unable to parse requirement: found '', expected: ',', ')' or identifier"),
        ("x in (=)", "unable to parse requirement: found '=', expected: ',', ')' or identifier"),
        ("x in (,", "unable to parse requirement: found '', expected: ',', or identifier"),
        ("x in (a b)", "unable to parse requirement: found 'b', expected: ',' or ')'"),
        ("x in (a,=)", "unable to parse requirement: found '=', expected: ',', or identifier"),
        ("x in a", "unable to parse requirement: found 'a' expected: '('"),
    ],
)
def test_lists_of_values_in_a_query(query: str, error: str | None) -> None:
    """Empty values are fine, missing brackets and commas are not."""
    assert label_query_error(query) == error


def test_no_selector_is_no_mistake() -> None:
    """It prints as nil."""
    assert (label_selector_error(None), show_selector(None)) == (None, "nil")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0.0", "0"),
        ("8Ki", "8Ki"),
        ("8000Ki", "8000Ki"),
        ("1024Ki", "1Mi"),
        ("0.5Ki", "512"),
        ("-0.5", "-500m"),
        ("-8.342", "-8.342"),
        ("1000", "1k"),
        ("1e4", "10e3"),
        ("0.5e3", "500"),
        ("1234567890123456789", "1234567890123456789"),
    ],
)
def test_quantities_are_shown_canonically(text: str, shown: str) -> None:
    """Unless their digits pass for canonical, as those of -8.342 do."""
    assert show_quantity(text) == shown


def test_float_of_a_quantity_is_digits_times_a_power() -> None:
    """So the same number can differ in its last bit."""
    assert (to_float("0.3"), to_float("300m")) == (0.30000000000000004, 0.3)


@pytest.mark.parametrize(
    ("text", "milli"),
    [("123456n", 1), ("1", 1000), ("-1.5m", -2), ("10P", 0), ("9223372036854775", 9223372036854775000)],
)
def test_thousandths_round_away_from_zero(text: str, milli: int) -> None:
    """And what does not fit 64 bits is what upstream makes of it."""
    assert to_milli(text) == milli
