"""The leaf: quantities, times, errors, exit codes."""

import gc
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscale.base.collector import uncollected
from autoscale.base.errors import AutoscaleError, ClusterError, InputError, Problem
from autoscale.base.exits import MEANING, ExitCode
from autoscale.base.times import format_micro_time, format_time, parse_duration, parse_time
from autoscale.kube.quantities import milli, parse_quantity, whole


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("100m", Fraction(1, 10)),
        ("0.5", Fraction(1, 2)),
        (1, Fraction(1)),
        ("64Mi", Fraction(64 * 2**20)),
        ("1k", Fraction(1000)),
        ("1e3", Fraction(1000)),
        ("1E", Fraction(10**18)),
        ("2E3", Fraction(2000)),
        (".5", Fraction(1, 2)),
        ("5.", Fraction(5)),
        ("-3n", Fraction(-3, 10**9)),
    ],
)
def test_quantities_are_exact(text: str | int, value: Fraction) -> None:
    """Every suffix of the Kubernetes quantity syntax is read without rounding."""
    assert parse_quantity(text) == value


@pytest.mark.parametrize("text", ["", "m", "1mm", "1 m", "abc", "1ki", "--1", "1e", True, "0x10", "1_000"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    """Near misses of the syntax are errors."""
    with pytest.raises(ValueError, match="not a quantity"):
        parse_quantity(text)


@pytest.mark.parametrize(("text", "value"), [("123456n", 1), ("100m", 100), ("1", 1000), ("1001u", 2), ("0", 0)])
def test_milli_rounds_up(text: str, value: int) -> None:
    """Thousandths are rounded up, as Quantity.MilliValue does."""
    assert milli(text) == value


def test_whole_rounds_up() -> None:
    """Units are rounded up, as Quantity.Value does."""
    assert (whole("1500m"), whole("1Ki"), whole("1n")) == (2, 1024, 1)


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("1m30s", 90), ("250ms", 0.25), ("1.5h", 5400), (7, 7), ("7", 7), ("1d", 86400)]
)
def test_durations(text: str | int, seconds: float) -> None:
    """Durations as people write them become seconds."""
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "s", "5 s", "5x", "-5s", "1m 30s", True])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """Near misses of a duration are errors."""
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration(text)


@given(st.integers(0, 4_000_000_000))
def test_whole_seconds_survive(seconds: int) -> None:
    """A metav1.Time is read back as written."""
    assert parse_time(format_time(seconds)) == seconds


@given(st.floats(0, 4_000_000_000))
def test_microseconds_survive(seconds: float) -> None:
    """A metav1.MicroTime is read back within a microsecond."""
    assert parse_time(format_micro_time(seconds)) == pytest.approx(seconds, abs=2e-6)


def test_an_error_lists_every_problem_and_the_cure() -> None:
    """One message holds what, all places, and how to fix it."""
    error = InputError(
        "2 mistakes in a.yaml",
        problems=[Problem("a.yaml: load.rate", "'fast'", "a number"), Problem("a.yaml: name", "nothing")],
        fix="see `autoscale plan --help`",
    )
    assert str(error).splitlines() == [
        "2 mistakes in a.yaml",
        "  a.yaml: load.rate: found 'fast', wanted a number",
        "  a.yaml: name: found nothing",
        "To fix: see `autoscale plan --help`",
    ]


def test_each_error_carries_its_exit_code() -> None:
    """The kind of error decides how the command ends."""
    assert (InputError("x").exit_code, ClusterError("x").exit_code) == (2, 3)
    assert issubclass(ClusterError, AutoscaleError)


def test_exit_codes_are_an_api() -> None:
    """Each code has one number and one meaning."""
    assert {code.name: int(code) for code in ExitCode} == {
        "PASS": 0,
        "OBJECTIVE_FAILED": 1,
        "BAD_INPUT": 2,
        "CLUSTER_FAILED": 3,
        "GENERATOR_FAILED": 4,
        "UNKNOWN": 5,
        "INVALID": 6,
        "INTERRUPTED": 130,
    }
    assert set(MEANING) == set(ExitCode)


@pytest.mark.parametrize("on", [True, False])
def test_the_collector_is_as_it_was_afterwards(on: bool) -> None:
    """Also after an error, and where it had been switched off before."""
    (gc.enable if on else gc.disable)()
    try:
        with uncollected():
            assert not gc.isenabled()
        assert gc.isenabled() is on
        with pytest.raises(KeyError), uncollected():
            raise KeyError
        assert gc.isenabled() is on
    finally:
        gc.enable()
