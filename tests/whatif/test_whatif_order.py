"""Settings whose bands overlap are not ordered: the answer says so, and the validation counts no order among them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from autoscale.whatif import order, variants, words
from autoscale.whatif.answer import Answer, Band, Model, ask, prepare
from autoscale.whatif.evidence import gather
from autoscale.whatif.jsonform import to_json
from tests.whatif_validate.beside import Compared, compare, predict, summary

TARGET = "spec.metrics.0.resource.target.averageUtilization"
FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"


@pytest.fixture(scope="module")
def good() -> Model:
    """A run on a quiet Kubernetes."""
    return prepare(gather(FIXTURES / "good.jsonl.gz"), seeds=5)


def asked(model: Model, *targets: int) -> Answer:
    """The recorded run with other targets."""
    return ask(model, [variants.with_set(model.recorded, [f"{TARGET}={target}"], f"{target}") for target in targets], 5)


@pytest.mark.parametrize(
    ("a", "b", "sign"),
    [
        (Band(1, 0, 2), Band(3, 2.1, 4), -1),
        (Band(3, 2.1, 4), Band(1, 0, 2), 1),
        (Band(1, 0, 2), Band(3, 2, 4), 0),
        (Band(1, 1, 1), Band(1, 1, 1), 0),
        (Band(1, 0, 2), Band(None, None, None), None),
    ],
)
def test_bands_that_overlap_have_no_order(a: Band, b: Band, sign: int | None) -> None:
    """Those that touch overlap; of an unknown one nothing is said."""
    assert order.sign(a, b) == sign


def test_what_cannot_be_told_apart_is_said(good: Model) -> None:
    """A target that changes nothing is named beside the recorded setting, one that needs fewer pods is not."""
    recorded = good.recorded.hpa["metrics"][0]["resource"]["target"]["averageUtilization"]
    answer = asked(good, recorded, 90)
    assert order.alike(order.comparable(answer), "replica_minutes") == [("as recorded", f"{recorded}")]
    said = "\n".join(words.notes(answer))
    assert f"By pod-minutes cannot be told apart, as their bands overlap: as recorded and {recorded}." in said
    assert json.loads(to_json(answer))["alike"]["replica_minutes"] == [["as recorded", f"{recorded}"]]


def test_settings_under_another_load_are_not_beside_the_recorded_one(good: Model) -> None:
    """Half the load under the recorded setting is no order of settings."""
    half = replace(good.recorded, name="half", load=good.recorded.load.times(0.5))
    assert [outcome.setting.name for outcome in order.comparable(ask(good, [half], 5))] == ["half"]
    assert [outcome.setting.name for outcome in order.comparable(asked(good, 90))] == ["as recorded", "90"]


def compared(model: Model, minutes: dict[str, tuple[Band, float]]) -> list[Compared]:
    """One comparison for each name, with the given prediction and measurement of pod-minutes."""
    found = []
    outcome = predict(model, model.recorded)
    assert not isinstance(outcome, str)
    for name, (said, measured) in minutes.items():
        one = compare(model, name, outcome, model.seen)
        first, *rest = one.verified.lines
        lines = (replace(first, predicted=said, measured=measured), *rest)
        found.append(replace(one, verified=replace(one.verified, lines=lines)))
    return found


def test_tau_is_of_the_pairs_that_are_told_apart(good: Model) -> None:
    """Two settings with overlapping bands came out the other way round, which is no wrong order; a third one is one."""
    low, alike, high = (Band(1, 0.5, 1.5), 2.0), (Band(1.2, 0.7, 1.7), 1.0), (Band(5, 4, 6), 9.0)
    told = "\n".join(summary(compared(good, {"a": low, "b": alike, "c": high})))
    assert "order by pod-minutes: Kendall's tau 1.00 over the 2 of 3 pairs that are told apart" in told
    wrong = "\n".join(summary(compared(good, {"a": low, "b": alike, "c": (Band(5, 4, 6), 1.5)})))
    assert "order by pod-minutes: Kendall's tau 0.00 over the 2 of 3 pairs that are told apart" in wrong
    none = "\n".join(summary(compared(good, {"a": low, "b": alike})))
    assert "order by pod-minutes: none of 1 pairs told apart" in none
