"""The figures of a fidelity run, on the record of a real cluster."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from autoscale.analysis.steps import StepSeries
from autoscale.base.errors import InputError
from autoscale.report.gather import Account, gather
from tests.fidelity.measured import Curve, Figures, Run, curve, dumps, figures, first_scale_up, loads, measured, read

RECORD = Path(__file__).resolve().parents[1] / "fixtures" / "real-step.jsonl.gz"
ABOUT = {"scenario": "step", "repetition": 1, "at": "2026-01-01T00:00:00+00:00", "cores": 2, "busy": 0.5}


@pytest.fixture(scope="module")
def account() -> Account:
    """The account of a record that a real cluster left."""
    return gather(RECORD)


def area(points: Curve, end: float) -> float:
    """The integral of a step curve until ``end``, unknown spans left out."""
    ends = [*(time for time, _ in points[1:]), end]
    return sum((until - since) * value for (since, value), until in zip(points, ends, strict=True) if value is not None)


def test_the_curve_holds_the_replica_minutes(account: Account) -> None:
    """The area under the curve of ready pods is the run's replica-minutes: the curve lost nothing."""
    found = figures(account.analysis)
    assert found.load_s is not None
    assert area(found.ready, found.load_s) / 60 == pytest.approx(found.replica_minutes, abs=0.01)


def test_the_decisions_are_counted_by_outcome(account: Account) -> None:
    """Every decision of the record is counted once, and those that differ are quoted."""
    decisions = account.analysis.decisions
    found = figures(account.analysis)
    assert found.retraced is not None
    assert sum(found.retraced.values()) == len(decisions) > 0
    assert len(found.differing) == found.retraced.get("differs", 0)
    other = replace(account.analysis, decisions=(structs.replace(decisions[0], outcome="differs", words="3, not 2"),))
    assert figures(other).retraced == {"differs": 1}
    assert figures(other).differing == ["3, not 2"]


def test_first_scale_up_of_a_step_is_its_reaction(account: Account) -> None:
    """With a single rise, the first scale-up is what the analysis calls the reaction."""
    reaction = account.analysis.measures["reaction"].value
    assert first_scale_up(account.analysis) == pytest.approx(reaction, abs=0.01)


def test_no_scale_up_is_unknown(account: Account) -> None:
    """Where nothing grew the first scale-up is None, not 0; shrinking is no growth."""
    still = StepSeries.of([(account.analysis.start, 4), (account.analysis.start + 60, 2)])
    replicas = structs.replace(account.analysis.replicas, desired=still)
    assert first_scale_up(replace(account.analysis, replicas=replicas)) is None


def test_growth_before_the_rise_is_negative(account: Account) -> None:
    """A scale-up that came before the load rose is shown as such, not taken for a quick one."""
    start = account.analysis.load_start
    assert start is not None
    early = StepSeries.of([(start, 2), (start + 10, 3)])
    found = replace(account.analysis, replicas=structs.replace(account.analysis.replicas, desired=early))
    assert first_scale_up(found) == pytest.approx(10 - 30)


def test_without_a_load_nothing_is_known(account: Account) -> None:
    """A record without the load's beginning gives no figure at all."""
    assert figures(replace(account.analysis, load_start=None)) == Figures()


def test_a_run_says_whether_to_believe_it(account: Account) -> None:
    """The outcome is the validity of the record, and the words name the check that was broken."""
    fine = measured(account, platform="local", **ABOUT)
    assert (fine.outcome, fine.why, fine.counts) == ("valid", "", True)
    sound = account.verdict.validity
    checks = tuple(replace(check, effect="invalid") if check.name == "lag" else check for check in sound.checks)
    verdict = replace(account.verdict, validity=replace(sound, outcome="invalid", checks=checks))
    late = replace(account, verdict=verdict)
    bad = measured(late, platform="local", **ABOUT)
    assert (bad.outcome, bad.counts) == ("invalid", False)
    assert "of their time" in bad.why


def test_the_cpu_window_is_of_the_load(account: Account) -> None:
    """The CPU window is the median of those during the load; none that was seen is unknown."""
    start = account.analysis.load_start
    assert start is not None
    ages = ((start - 15, 99.0, 0.0), (start, 15.0, 15.0), (start + 15, 18.0, 15.0), (start + 30, 30.0, 15.0))
    assert figures(replace(account.analysis, metric_ages=ages)).cpu_window_s == 18.0
    assert figures(replace(account.analysis, metric_ages=ages[:1])).cpu_window_s is None


def test_a_record_without_a_load_is_a_failed_run(account: Account) -> None:
    """A run that ended before its load did is failed, whatever else is known of it."""
    cut = replace(account, analysis=replace(account.analysis, load_end=None))
    found = measured(cut, platform="local", **ABOUT)
    assert (found.outcome, found.figures) == ("failed", Figures())


def test_a_curve_keeps_what_was_not_seen() -> None:
    """Before the first value a curve is unknown, and times count from the load's start."""
    series = StepSeries.of([(103.0, 2), (110.0, None), (120.0, 5)])
    assert curve(series, 100.0, 130.0) == [(0.0, None), (3.0, 2), (10.0, None), (20.0, 5)]


numbers = st.none() | st.floats(0, 1e6)
curves = st.lists(st.tuples(st.floats(0, 1e4), numbers), max_size=5)
all_figures = st.builds(Figures, *[numbers] * 8, curves, curves, curves)
all_runs = st.builds(
    Run,
    st.sampled_from(["embedded", "local"]),
    st.sampled_from(["step", "spike"]),
    st.integers(1, 9),
    st.just("2026-01-01T00:00:00+00:00"),
    st.integers(1, 64),
    st.floats(0, 99),
    st.sampled_from(["valid", "unknown", "invalid", "failed"]),
    st.text(max_size=9),
    st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=2),
    all_figures,
)


@given(st.lists(all_runs, max_size=4))
def test_what_is_written_is_read(runs: list[Run]) -> None:
    """The file holds every run whole."""
    assert loads(dumps(runs)) == runs


@pytest.mark.parametrize("text", ["", "[]", '{"runs": [{"platform": "local"}]}', '{"runs": 3}'])
def test_other_files_are_refused(text: str) -> None:
    """What is not a list of measured runs is refused with what to do."""
    with pytest.raises(InputError, match="these are not measured runs"):
        loads(text)


def test_no_file_is_no_run(tmp_path: Path) -> None:
    """Before the first measurement there are no runs."""
    assert read(tmp_path / "measured.json") == []
