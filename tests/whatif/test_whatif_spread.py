"""Bands say how far a real run may lie: by what the replay missed from window to window, and by its timers."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autoscale.whatif import variants, words
from autoscale.whatif.answer import Model, ask, prepare, trusted
from autoscale.whatif.evidence import of_rows
from autoscale.whatif.spread import Spread, timers_s

GOOD = Path(__file__).resolve().parents[1] / "fixtures" / "good.jsonl.gz"
TARGET = "spec.metrics.0.resource.target.averageUtilization"
_SLOWER, _MUCH_SLOWER = 8, 90  # buckets of loadtest.histogram, each 2 % wider: 1.17 and 5.9 times


def record(slow: Callable[[int], bool], by: int = _SLOWER) -> list[dict[str, Any]]:
    """The run with every answer of some of its seconds of load slower."""
    rows = [json.loads(line) for line in gzip.decompress(GOOD.read_bytes()).splitlines()]
    first = min(row["at"] for row in rows if row["k"] == "load")
    return [_slower(row, by) if row["k"] == "load" and slow(round(row["at"] - first)) else row for row in rows]


def _slower(row: dict[str, Any], by: int) -> dict[str, Any]:
    ages = row["response"].items()
    return {**row, "response": {age: {str(int(i) + by): n for i, n in found.items()} for age, found in ages}}


@pytest.fixture(scope="module")
def good() -> Model:
    """A run on a quiet Kubernetes."""
    return prepare(of_rows(record(lambda second: False)), seeds=5)


def test_a_disturbed_run_has_wider_bands(good: Model) -> None:
    """Every fourth window slower: bands of latency reach twice as far; cost and pods stay as they were."""
    noisy = prepare(of_rows(record(lambda second: second // 15 % 4 == 1)), seeds=5)
    assert noisy.spread.high > 1.1 * good.spread.high
    variant = variants.with_set(good.recorded, [f"{TARGET}=70"])
    quiet, wide = (ask(model, [variant], seeds=5).variants[0].figures for model in (good, noisy))
    assert wide.replica_minutes == quiet.replica_minutes
    assert quiet.p95_s.high is not None
    assert wide.p95_s.high is not None
    assert wide.p95_s.high > 1.08 * quiet.p95_s.high


def test_the_spread_never_narrows_a_band() -> None:
    """A band, and that of a difference, holds all that it held before."""
    spread = Spread(0.5, 3.0, 10)
    assert spread.latency(0.1, 0.2) == (0.05, pytest.approx(0.6))
    assert spread.latency(-0.2, -0.1) == (pytest.approx(-0.6), -0.05)
    assert Spread().latency(-0.2, 0.1) == (-0.2, 0.1)
    assert Spread(pods=0.9).minutes(10.0, 12.0) == (9.0, 12.0)
    assert Spread(pods=1.5).minutes(-2.0, -1.0) == (-3.0, -1.0)
    assert Spread(pods=1.1).latency(0.1, 0.2) == (0.1, 0.2)


def test_losses_are_unknown_where_the_band_of_p99_reaches_the_time_out(good: Model) -> None:
    """p99 of 30 ms, up to 4.9 times that, and clients that wait 100 ms: no modelled run loses any, a real one may."""
    hurried = replace(good.service, timeout_s=replace(good.service.timeout_s, value=0.1))
    variant = [replace(good.recorded, name="again")]
    wide, narrow = (
        ask(replace(good, service=hurried, spread=Spread(1.0, high, 10)), variant, seeds=5).variants[0].figures
        for high in (4.9, 2.0)
    )
    assert wide.lost.middle is None
    assert narrow.lost.middle == 0.0


def test_latency_that_no_load_explains_is_unknown(good: Model) -> None:
    """One window six times as slow, which no stage's p95 shows: pods and cost are told, latency is not, and why."""
    assert trusted(good) == []
    odd = prepare(of_rows(record(lambda second: second // 15 == 1, _MUCH_SLOWER)), seeds=5)
    answer = ask(odd, [variants.with_set(odd.recorded, [f"{TARGET}=70"])], seeds=3)
    assert answer.base.figures.p95_s.middle is None
    assert answer.base.figures.replica_minutes.middle is not None
    assert "p95 over time" in words.to_text(answer)
    assert "nothing else uses" in words.to_text(answer)


def test_too_few_windows_are_no_certainty() -> None:
    """With fewer than five windows to compare, the bound on a replay's own error is taken; not: no spread at all."""
    rows = record(lambda second: False)
    first = min(row["at"] for row in rows if row["k"] == "load")
    short = [{**row, "response": {}} if row["k"] == "load" and row["at"] - first > 40 else row for row in rows]
    assert prepare(of_rows(short), seeds=3).spread.low == pytest.approx(1 / 1.5)


def test_the_first_decision_may_wait_for_its_timers(good: Model) -> None:
    """Its band is at least a whole period wide, for one run's phases are not known beforehand; the middle stays."""
    found = ask(good, [variants.with_set(good.recorded, [f"{TARGET}=50"])], seeds=5)
    band = found.base.figures.first_decision_s
    assert band.low is not None
    assert band.middle is not None
    assert band.high is not None
    assert band.high - band.low >= 2 * timers_s(good.recorded)
    assert band.low < band.middle < band.high


def test_the_answer_says_for_which_machine_it_holds(good: Model) -> None:
    """How quiet the recorded run was stands beside its latencies, whatever else uses another run's nodes."""
    text = words.to_text(ask(good, [variants.with_set(good.recorded, [f"{TARGET}=70"])], seeds=3))
    assert "as quiet as in this run (99 % of its requests were sent within 3 ms" in text
    assert f"factors of {good.spread.low:.2f} to {good.spread.high:.2f}" in text
