"""Whole runs: a hand-made one with hand-worked answers, and a real one on Kubernetes 1.35."""

import math
from pathlib import Path

import pytest

from autoscale.analysis import Analysis, analyse
from autoscale.record.reader import read
from loadtest.histogram import bucket
from tests.fixtures.handmade import T0, Record, step_run

REAL = Path(__file__).parents[1] / "fixtures" / "real-step.jsonl.gz"


@pytest.fixture(scope="module")
def hand() -> Analysis:
    """The hand-made step run."""
    return analyse(step_run().rows())


@pytest.fixture(scope="module")
def real() -> Analysis:
    """A step on a real cluster."""
    return analyse(read(REAL))


def test_demand_of_the_hand_made_run(hand: Analysis) -> None:
    """10 ms a request at 55 % of 100m make 20/s four pods and 80/s fifteen."""
    assert hand.demand.cpu_per_request_s == pytest.approx(0.010)
    assert [hand.demand.curve.at(T0 + at) for at in (10, 100, 250)] == [4, 15, 4]


def test_reaction_of_the_hand_made_run(hand: Analysis) -> None:
    """Answered at 90 s, the rise of 60 s was slow for these 30 s; 10 pods are never the capacity that 15 would be."""
    values = {name: hand.measures[name].value for name in ("reaction", "capacity", "recovery", "startup", "errors")}
    assert values == {"reaction": 30, "capacity": 120, "recovery": 30, "startup": 2, "errors": 0}
    assert hand.measures["capacity"].at_least
    assert hand.measures["bad"].value == pytest.approx(30 * 80 / (180 * 20 + 120 * 80))


def test_elasticity_of_the_hand_made_run(hand: Analysis) -> None:
    """Supply 4, from 92 s 10, from 270 s 4 against demand 4, 15 and 4: every integral by hand."""
    measure = {name: found.value for name, found in hand.measures.items()}
    assert measure["replica_minutes"] == pytest.approx((92 * 4 + 178 * 10 + 30 * 4) / 60)
    assert measure["demand_minutes"] == pytest.approx((60 * 4 + 120 * 15 + 120 * 4) / 60)
    assert measure["shortfall_minutes"] == pytest.approx((32 * 11 + 88 * 5) / 60)
    assert measure["waste_minutes"] == pytest.approx(90 * 6 / 60)
    assert measure["under_provisioned"] == pytest.approx(120 / 300)
    assert measure["over_provisioned"] == pytest.approx(90 / 300)


def test_phases_add_up(real: Analysis) -> None:
    """The known phases of every growth sum to the time from its origin (or decision) to its slowest pod's answer."""
    for growth in real.scale_ups:
        known = [phase for phase in growth.phases if phase.duration_s is not None]
        assert growth.total_s == pytest.approx(sum(phase.duration_s or 0 for phase in known))
        assert known[0].start is not None
        assert known[-1].end == pytest.approx(known[0].start + growth.total_s)


def test_the_real_run_names_the_slow_phase(real: Analysis) -> None:
    """From the step to 7 pods the HPA's own decision took longest: 15 s, after 12 s until the metric showed it."""
    growth = real.scale_ups[1]
    phases = {phase.name: phase.duration_s for phase in growth.phases}
    assert (growth.event.before, growth.event.after, growth.slowest_phase) == (3, 7, "decision")
    assert phases["metric"] == pytest.approx(12.5, abs=1.0)
    assert phases["decision"] == pytest.approx(15.1, abs=1.0)
    assert all(value is not None for value in phases.values())


def test_a_growth_that_the_step_did_not_cause_has_no_load_change(real: Analysis) -> None:
    """2 to 3 came 12 s after the step, but was decided on CPU measured before it."""
    assert real.scale_ups[0].load_change is None


def test_real_decisions_are_retraced(real: Analysis) -> None:
    """All but the last of 21 real decisions follow from the record; for the last the sample came too late."""
    outcomes = [decision.outcome for decision in real.decisions]
    assert outcomes == ["agrees"] * 20 + ["not reproducible"]
    bound = {(d.current, d.recorded): d.bound_by for d in real.decisions if d.current != d.recorded}
    assert bound[3, 7] == "spec.behavior.scaleUp.policies"
    assert bound[7, 10] == "spec.maxReplicas"
    assert bound[10, 5] == "spec.behavior.scaleDown.stabilizationWindowSeconds"


def test_a_decision_that_breaks_the_rule_differs() -> None:
    """The same record with 4 pods written where the rule gives 5 for the very metric: differs, and says so."""
    rows = [dict(row) for row in read(REAL)]
    for row in rows:
        if row["k"] == "hpa" and row["current"] == 10 and row["desired"] == 5:
            row["desired"] = 4
    found = [d for d in analyse(rows).decisions if d.recorded == 4]
    assert [(d.outcome, d.computed) for d in found] == [("differs", 5)]


def test_decisions_without_samples_are_not_reproducible() -> None:
    """Without CPU samples in the record no decision is claimed to agree or to differ."""
    rows = [row for row in read(REAL) if row["k"] != "usage"]
    assert {decision.outcome for decision in analyse(rows).decisions} == {"not reproducible"}


def test_latency_of_the_real_run(real: Analysis) -> None:
    """p50, p95 and p99 are those computed from the single requests (15, 70 and 169 ms), within 1 % and rounding."""
    values = [real.measures[name].value or math.nan for name in ("p50", "p95", "p99")]
    assert values == pytest.approx([0.015, 0.070, 0.169], rel=0.02)
    assert sum(pod.answered or 0 for pod in real.pods) == 9098


@pytest.mark.parametrize("kind", ["load", "pod", "hpa", "workload", "usage", "event", "endpoint", "mark", "clock"])
def test_a_record_without_one_source_leaves_unknowns(kind: str) -> None:
    """Without any one kind of row the rest is analysed; what needs it is unknown, and no 0 stands in for it."""
    found = analyse(row for row in read(REAL) if row["k"] != kind)
    gone = {"load": ("p95", "errors", "throughput", "lost"), "workload": ("adaptations",), "usage": ("overshoot",)}
    if kind == "workload":
        assert found.measures["peak_ready"].value == 10  # the pods' own conditions stand in
    else:
        assert all(found.measures[name].value is None for name in gone.get(kind, ()))


@pytest.mark.parametrize(("written", "read"), [("50m", 0.05), ("0.2", 0.2), (None, 0.1)])
def test_a_tolerance_of_its_own_is_a_quantity(written: str | None, read: float) -> None:
    """As the API writes it, in thousandths or not; the controller's where the HPA has none."""
    behavior = {"scaleUp": {"tolerance": written}} if written else None
    hpa = analyse(Record().hpa(0, 2, 50, behavior=behavior).rows()).hpa
    assert hpa is not None
    assert hpa.tolerance == read


def test_an_empty_record_is_all_unknown() -> None:
    """A header alone gives no figure at all, and is marked partial."""
    found = analyse(Record().cut())
    assert {measure.value for measure in found.measures.values()} == {None}
    assert found.partial


def test_all_requests_failing_have_no_latency() -> None:
    """With 100 % errors the error share is 1 and every percentile unknown."""
    found = analyse(Record().steady(0, 20, 0, failed={"503": 5}).rows())
    assert found.measures["errors"].value == 1
    assert found.measures["p95"].value is None
    assert found.failures == {"503": 100}


def test_a_stall_whose_answers_come_late_is_no_calm() -> None:
    """For 45 s nothing comes back, and all of it is answered at once in the end: until then users waited, though no
    second but the last tells of a slow answer."""
    record = Record([[0, 5], [60, 5], [60, 20], [180, 20]], objectives=("p95 < 300ms",))
    record.mark("load-start", 0).mark("load-end", 180).steady(0, 60, 5)
    for second in range(60, 105):
        record.load(second, 0, planned=20, sent=20)
    late = {str(age): {str(bucket(age + 0.5)): 20} for age in range(1, 46)}
    record.load(105, 20 * 45, planned=20, sent=20, response=late, service=late).steady(106, 180, 20)
    recovery = analyse(record.rows()).measures["recovery"]
    assert recovery.value == pytest.approx(45, abs=1)
