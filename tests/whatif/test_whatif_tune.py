"""Tuning: what is recommended holds the objectives in the model, and what the model cannot tell is not claimed."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from autoscale.base.exits import ExitCode
from autoscale.cli.tune import command
from autoscale.hpa import parse_spec
from autoscale.whatif import advice as words
from autoscale.whatif import tuning
from autoscale.whatif.answer import Model, prepare
from autoscale.whatif.evidence import gather
from autoscale.whatif.refusals import Unknowable

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"


@pytest.fixture(scope="module")
def good() -> Model:
    """A run on a real Kubernetes with pods to spare."""
    return prepare(gather(FIXTURES / "good.jsonl.gz"), seeds=5)


def test_the_best_holds_every_objective(good: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recommended setting passes as judged on whole records, is no dearer than the others, and can be applied."""
    every = tuning.candidates
    monkeypatch.setattr(tuning, "candidates", lambda recorded: list(every(recorded))[::8])
    found = tuning.advise(good, ["p95 < 300ms", "errors < 1%"])
    assert found.best is not None
    assert found.best.confidence >= found.confidence
    assert found.best.candidate.replica_minutes.middle == min(
        one.candidate.replica_minutes.middle or 0.0 for one in found.judged if one.confidence >= found.confidence
    )
    hpa = yaml.safe_load(words.manifest(found, found.best.candidate.setting))
    assert parse_spec(hpa).max_replicas >= 2
    assert words.headline(found) in words.to_text(found)
    assert words.to_markdown(found).startswith("## Tuning")


def test_an_objective_beyond_reach_gets_no_setting(good: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting answers in less time than a request takes: nothing is recommended, and that is said."""
    every = tuning.candidates
    monkeypatch.setattr(tuning, "candidates", lambda recorded: list(every(recorded))[::8])
    found = tuning.advise(good, ["p95 < 5ms"])
    assert found.best is None
    assert "None of" in words.headline(found)


def test_from_cheap_to_quick_each_is_quicker(good: Model) -> None:
    """On the front no setting is both dearer and slower than another."""
    coarse = tuning._Coarse(good, [])
    tried = [coarse(setting) for setting in list(tuning.candidates(good.recorded))[::16]]
    front = list(tuning.pareto(tried))
    costs = [one.replica_minutes.middle for one in front]
    times = [one.worst_p95_s.middle for one in front]
    assert costs == sorted(costs, key=lambda value: value or 0.0)
    assert times == sorted(times, key=lambda value: -(value or 0.0))


def test_what_the_model_cannot_give_back_is_not_tuned() -> None:
    """A run that the replay misses gets no advice, with exit code 5."""
    result = CliRunner().invoke(command, [str(FIXTURES / "flapping.jsonl.gz")], standalone_mode=False)
    assert isinstance(result.exception, Unknowable)
    assert result.exception.exit_code == ExitCode.UNKNOWN


def test_where_nothing_cheaper_holds_the_recorded_setting_is_kept(good: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """A higher target is cheaper and does not hold, say; what was recorded holds, so it is no dead end."""
    every = tuning.candidates

    def high(recorded: tuning.Setting) -> list[tuning.Setting]:
        return [setting for setting in every(recorded) if setting.name.startswith("target 90 %, 2 to")]

    monkeypatch.setattr(tuning, "candidates", high)
    monkeypatch.setattr(
        tuning,
        "_Judging",
        lambda model, texts: lambda setting: ((texts[0], 1.0 if setting is model.recorded else 0.0),),
    )
    found = tuning.advise(good, ["p95 < 1s"])
    assert found.best is found.recorded
    assert words.headline(found).startswith("Keep it: nothing")


@pytest.mark.parametrize(("recorded", "least"), [(1, 1), (2, 2), (3, 2), (5, 4)])
def test_two_pods_stay_two(good: Model, recorded: int, least: int) -> None:
    """One pod less at the minimum is tried, but no single pod where there were two: it may fail."""
    setting = replace(good.recorded, hpa={**good.recorded.hpa, "minReplicas": recorded})
    for some in (tuning.candidates, tuning.cheaper):
        assert min(one.hpa["minReplicas"] for one in some(setting)) == least


def test_settings_that_come_out_alike_are_judged_once(good: Model) -> None:
    """A higher maximum that is never reached is no other setting; a smaller minimum is."""
    coarse = tuning._Coarse(good, [])
    settings = [s for s in tuning.candidates(good.recorded) if s.name.startswith("target 90 %, ")]
    found = tuning.distinct([coarse(setting) for setting in settings])
    names = [one.setting.name for one in found]
    assert "target 90 %, 2 to 8 pods" in names
    assert "target 90 %, 2 to 16 pods" not in names
    assert len({name.partition(",")[2].split()[0] for name in names}) > 1
