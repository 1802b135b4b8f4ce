"""What Go reads of a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscale.kube.go import parse_int
from autoscale.plane.controllers.job_pods import INDEX, index_of


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("-7", -7), ("+7", 7), ("007", 7), (str(2**63 - 1), 2**63 - 1), (str(-(2**63)), -(2**63)),
     (str(2**63), None), ("9" * 5000, None), ("0" * 5000 + "1", 1), ("", None), ("+", None), ("--1", None),
     ("²", None), ("٣", None), ("1_0", None), (" 1", None), ("1.0", None), ("0x1", None)],
    ids=lambda value: str(value)[:20],
)  # fmt: skip
def test_a_number_is_read_as_strconv_does(text: str, number: int | None) -> None:
    """Of 64 bits, in ASCII's digits; all else is no number, however Python would take it."""
    assert parse_int(text) == number


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_number_is_read_again(number: int) -> None:
    """As it is printed."""
    assert parse_int(str(number)) == number


@pytest.mark.parametrize(("text", "index"), [("3", 3), ("x", -1), ("²", -1), ("", -1)])
def test_an_annotation_that_somebody_wrote_breaks_no_controller(text: str, index: int) -> None:
    """A pod of a Job whose index is none has none."""
    assert index_of({"metadata": {"annotations": {INDEX: text}}}) == index
    assert index_of({"metadata": {}}) == -1
