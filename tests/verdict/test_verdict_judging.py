"""Objectives against runs: pass, fail, unknown, invalid."""

import pytest

from autoscale.analysis import analyse
from autoscale.verdict.judging import judge, worst
from loadtest.lines import AGAIN, CUT_OFF, UNTOLD
from tests.fixtures.handmade import T0, Record, step_run

RUN = analyse(step_run().rows())


@pytest.mark.parametrize(("text", "outcome"), [
    ("p95 < 500ms", "pass"), ("p95 < 300ms during base", "pass"), ("p95 < 300ms during peak", "fail"),
    ("p95 < 300ms during peak from 30s", "pass"), ("p95 < 300ms during peak from 10s", "fail"),
    ("errors < 0.1%", "pass"), ("errors > 1%", "fail"), ("throughput > 79/s during peak", "pass"),
    ("ready >= 10 within 32s of step", "fail"), ("ready >= 10 within 33s of step", "pass"),
    ("ready >= 11 within 60s of peak", "fail"), ("ready >= 4", "pass"), ("ready >= 5", "fail"),
    ("ready >= 10 during after", "fail"), ("reaction < 31s", "pass"), ("reaction < 30s", "fail"),
    ("no flapping", "pass"), ("lost == 0", "pass"), ("replica_minutes < 40", "pass"), ("cost < 1", "unknown"),
    ("back to min within 5m of end", "unknown"), ("cpu < 90% during after", "pass"),
])  # fmt: skip
def test_judgements_of_the_step_run(text: str, outcome: str) -> None:
    """Each objective of the hand-made run has this outcome; bounds are missed by the second."""
    (found,) = judge(RUN, [text]).judgements
    assert found.outcome == outcome, found.reason


@pytest.mark.parametrize(("text", "outcome"), [
    ("ready != 4", "fail"), ("ready != 10 during peak", "fail"), ("ready != 11", "pass"),
    ("ready == 7 within 60s of peak", "fail"), ("ready == 10 within 60s of peak", "pass"),
    ("ready == 10", "fail"), ("ready != 7 within 60s of peak", "pass"), ("desired == 4 during base", "pass"),
    ("ready == 7 within 20m of peak", "unknown"), ("ready == 10 within 20m of peak", "pass"),
])  # fmt: skip
def test_equal_and_unequal_mean_every_value_of_a_span_or_any_within_a_time(text: str, outcome: str) -> None:
    """``==`` and ``!=`` hold where each value seen does; ``within`` needs one, which a run that ended may lack."""
    (found,) = judge(RUN, [text]).judgements
    assert found.outcome == outcome, found.reason


def test_requests_that_fail_after_the_load_count() -> None:
    """A service that hangs near the end fails its requests a timeout later: the whole load's shares hold them, and so
    does the last stage's."""
    record = Record([[0, 10], [60, 10]], stages={"only": (0, 60)}).mark("load-start", 0).mark("load-end", 60)
    record.steady(0, 51, 10)
    for second in range(51, 60):
        record.load(second, 0, planned=10, sent=10)
    for second in range(60, 69):
        record.load(second, 0, failed={"timeout": 10}, planned=0, sent=0)
    found = analyse(record.rows())
    for text in ("errors < 14%", "errors < 14% during only"):
        assert judge(found, [text]).outcome == "fail", text
    assert judge(found, ["errors < 16%", "throughput > 8/s", "throughput < 9/s"]).outcome == "pass"


def test_flapping_of_a_stage_is_counted_in_that_stage() -> None:
    """A constant load over two stages: the one in which the size goes up and down fails, the other passes."""
    record = Record([[0, 20], [1200, 20]], stages={"warm": (0, 300), "steady": (300, 1200)})
    record.mark("load-start", 0).mark("load-end", 1200).steady(0, 1200, 20).scale(-1, 2)
    for n, at in enumerate(range(400, 700, 50)):
        record.scale(at, 4 if n % 2 == 0 else 2)
    found = analyse(record.rows())
    outcomes = [judge(found, [text]).outcome for text in ("no flapping", "no flapping during steady")]
    assert outcomes == ["fail", "fail"]
    assert judge(found, ["no flapping during warm"]).outcome == "pass"


def test_pods_that_are_unready_for_a_while_have_not_shrunk() -> None:
    """Ten pods lose their readiness for ten seconds: the workload is not back at its minimum by that."""
    record = Record([[0, 20], [60, 20]]).mark("load-start", 0).mark("load-end", 60).steady(0, 60, 20)
    record.hpa(-1, 10, 50, least=4).scale(-1, 10).scale(70, 10, ready=0).scale(80, 10).event(900, "Nothing", "the end")
    assert judge(analyse(record.rows()), ["back to min within 2m of end"]).outcome == "fail"
    record.scale(100, 4)
    assert judge(analyse(record.rows()), ["back to min within 2m of end"]).outcome == "pass"


def test_a_slow_service_under_a_closed_load_is_no_limit_of_the_generator() -> None:
    """Users that still wait when the load ends leave requests unsent: that is the service's doing; in an open load the
    same requests were dropped by the generator."""
    for model, outcome in (("closed", "valid"), ("open", "invalid")):
        record = Record([[0, 10], [60, 10]], objectives=("p95 < 300ms",)).mark("load-start", 0).mark("load-end", 60)
        record.header["scenario"]["model"] = model
        assert judge(analyse(record.steady(0, 60, 10, dropped=5).rows())).validity.outcome == outcome


def test_what_was_at_the_minimum_before_is_already_there() -> None:
    """Pods that are back before the load ends take no time for it: that is no 0 ms that was measured."""
    record = Record([[0, 20], [60, 20]]).mark("load-start", 0).mark("load-end", 60).steady(0, 60, 20)
    record.hpa(-1, 10, 50, least=4).scale(-1, 10).scale(30, 4).event(900, "Nothing", "the end")
    (found,) = judge(analyse(record.rows()), ["back to min within 2m of end"]).judgements
    assert (found.outcome, found.value_text, found.value) == ("pass", "already there", 0)
    assert found.reason == "4 ready pods already, and from then on"


def test_what_was_not_recorded_after_the_load_is_unknown() -> None:
    """A record that ends with its load does not say how long the way back took, not even "at least 0 ms"."""
    record = Record([[0, 20], [60, 20]]).mark("load-start", 0).steady(0, 60, 20).hpa(-1, 10, 50, least=4).scale(-1, 10)
    (found,) = judge(analyse(record.mark("load-end", 61).rows()), ["back to min within 2m of end"]).judgements
    assert (found.outcome, found.value_text) == ("unknown", "unknown")


def test_a_time_not_reached_fails_or_is_unknown_but_never_passes() -> None:
    """Pods that stay above the minimum: with enough record it fails, with too little it cannot be said."""
    record = step_run()
    for at, outcome in ((350, "unknown"), (700, "fail")):
        record.event(at, "Nothing", "the record goes on")
        (found,) = judge(analyse(record.rows()), ["back to min within 5m of end"]).judgements
        assert found.outcome == outcome


def test_the_generators_limit_makes_the_run_invalid() -> None:
    """Late sending, drops, and a hot worker each make the verdict invalid; just below the bound they do not."""
    objectives = ("p95 < 300ms",)
    for how, outcome in (
        ({"lag_ms": 31}, "invalid"),
        ({"lag_ms": 29}, "pass"),
        ({"dropped": 1}, "invalid"),
        ({"cpu_s": 0.95}, "invalid"),
        ({"cpu_s": 0.85}, "pass"),
    ):
        record = Record([[0, 10], [60, 10]], objectives=objectives).mark("load-start", 0).mark("load-end", 60)
        assert judge(analyse(record.steady(0, 60, 10, **how).rows())).outcome == outcome, how


def test_without_latency_objective_five_milliseconds_of_lag_are_allowed() -> None:
    """The bound on lag is a tenth of the tightest latency objective, and 5 ms at least."""
    for ms, outcome in ((4.5, "pass"), (6, "invalid")):
        record = Record([[0, 10], [60, 10]], objectives=("errors < 1%",)).steady(0, 60, 10, lag_ms=ms)
        assert judge(analyse(record.rows())).outcome == outcome


@pytest.mark.parametrize(
    ("objective", "lag_ms", "outcome"),
    [
        ("errors < 1%", 95, "pass"),
        ("errors < 1%", 110, "invalid"),
        ("p95 < 300ms", 29, "pass"),
        ("p95 < 300ms", 31, "invalid"),
    ],
)
def test_a_locustfiles_event_loop_may_be_late_by_a_tenth_of_the_objective_or_100_ms(
    objective: str, lag_ms: float, outcome: str
) -> None:
    """Without a latency objective nothing says how soon its clients give up: the time-out that a scenario's requests
    have by default stands in for theirs."""
    record = Record([[0, 10], [60, 10]], objectives=(objective,)).mark("load-start", 0).mark("load-end", 60)
    record.header["scenario"]["load"]["locustfile"] = "shop.py"
    assert judge(analyse(record.steady(0, 60, 10, lag_ms=lag_ms).rows())).outcome == outcome


@pytest.mark.parametrize(("until", "dropped", "effect"), [
    (60, 0, "none"), (60, 1, "none"), (60, 2, "invalid"), (30, 1, "invalid"), (30, 0, "none"),
])  # fmt: skip
def test_dropped_journeys_are_a_share_of_the_planned_journeys(until: int, dropped: int, effect: str) -> None:
    """1200 journeys of ten requests each: 2 that found no user are 0.17 % of them, though 0.02 % of the requests. Where
    the load ended at its half, 1 of 600 is too much."""
    record = Record(objectives=("errors < 1%",)).mark("load-start", 0).mark("load-end", until)
    record.header["scenario"] |= {"journeys": [[0, 20], [20, 20], [20, 20], [60, 20]]}
    record.load(0, 200, dropped=dropped).steady(1, until, 200)
    (check,) = (one for one in judge(analyse(record.rows())).validity.checks if one.name == "dropped")
    assert check.value == pytest.approx(dropped / (20 * until))
    assert check.effect == effect


@pytest.mark.parametrize(("cause", "n", "outcome"), [
    (UNTOLD, 2, "unknown"), (UNTOLD, 1, "pass"), (AGAIN, 50, "pass"), (CUT_OFF, 50, "pass"),
])  # fmt: skip
def test_requests_whose_outcome_a_locustfile_does_not_say_are_told_and_too_many_leave_the_verdict_open(
    cause: str, n: int, outcome: str
) -> None:
    """2 of 1202 are more than 0.1 %. What a client sent again, or was cut off, has no outcome of its own to judge."""
    record = Record([[0, 20], [60, 20]], objectives=("errors < 1%",)).mark("load-start", 0).mark("load-end", 60)
    analysis = analyse(record.load(0, 20, unseen={cause: n}).steady(1, 60, 20).rows())
    assert judge(analysis).outcome == outcome
    assert any(f"sent {n} requests of which Locust reports nothing" in note for note in analysis.notes)
    assert any(f"({n} {cause})" in note for note in analysis.notes)


def test_what_was_not_seen_is_unknown_and_not_a_pass() -> None:
    """No load, an interrupted run, a gap, a missing row, no objectives: none of them passes."""
    objectives = ("p95 < 300ms",)
    good = (
        Record([[0, 10], [60, 10]], objectives=objectives).mark("load-start", 0).mark("load-end", 60).steady(0, 60, 10)
    )
    assert judge(analyse(good.rows())).outcome == "pass"
    assert judge(analyse(good.cut())).outcome == "unknown"
    assert judge(analyse([row for row in good.rows() if row.get("seq") != 7])).outcome == "unknown"
    assert judge(analyse(Record(objectives=objectives).rows())).outcome == "unknown"
    assert judge(analyse(Record([[0, 10], [60, 10]]).steady(0, 60, 10).rows())).outcome == "unknown"
    gap = good.add("gap", 30, source="load/0", since=T0 + 20, until=T0 + 25, cause="the stream broke")
    assert judge(analyse(gap.rows())).outcome == "unknown"


@pytest.mark.parametrize(
    ("text", "source", "outcome"),
    [
        ("ready >= 4 within 20s of peak", "pods", "unknown"),
        ("reaction < 5s", "api", "unknown"),
        ("ready >= 4 within 20s of peak", "events", "fail"),
        ("ready >= 4 within 20s of peak", "load/0", "fail"),
        ("ready >= 4 within 3s of peak", "pods", "fail"),
        ("p95 < 1ms", "pods", "fail"),
    ],
)
def test_a_failure_within_a_gap_may_be_one_of_hearing(text: str, source: str, outcome: str) -> None:
    """What came during a stall is dated by its end: a size that was there in time was heard of too late. Gaps of what
    it does not rest on, or beside its span, leave a failure as it is."""
    record = Record([[0, 10], [10, 10], [10, 60], [60, 60]], stages={"peak": (10.0, 60.0)}, objectives=(text,))
    record.mark("load-start", 0).mark("load-end", 60).steady(0, 60, 10).scale(-1, 2).scale(40, 4)
    gap = record.add("gap", 40, source=source, since=T0 + 14, until=T0 + 40, cause="the connection stalled for 26 s")
    found = judge(analyse(gap.rows()))
    assert found.judgements[0].outcome == outcome
    assert ("was not heard" in found.judgements[0].reason) is (outcome == "unknown")


def test_a_failure_under_an_unknown_load_is_unknown() -> None:
    """With a worker lost or a row of the load missing, a broken objective says nothing; with all the load it does."""
    record = Record([[0, 10], [60, 10]], objectives=("p95 < 1ms",)).mark("load-start", 0).mark("load-end", 60)
    rows = record.steady(0, 60, 10).rows()
    assert judge(analyse(rows)).outcome == "fail"
    assert judge(analyse([row for row in rows if row.get("seq") != 7])).outcome == "unknown"
    lost = judge(analyse([row for row in rows if row["k"] != "load" or row["seq"] < 30]))
    assert lost.outcome == "unknown"
    assert "fell silent" in lost.judgements[0].reason


@pytest.mark.parametrize(
    ("text", "gone", "outcome"),
    [
        ("p95 < 1ms", 30, "unknown"),
        ("p95 < 1ms", 200, "fail"),
        ("p95 < 1ms during first", 30, "fail"),
        ("p95 < 1ms during second", 30, "unknown"),
        ("ready >= 9 within 10s of second", 30, "unknown"),
    ],
)
def test_what_failed_when_its_hpa_had_been_deleted_is_unknown(text: str, gone: float, outcome: str) -> None:
    """Nobody knows what it would have done; what had failed before, or is deleted after the load, has failed."""
    record = Record([[0, 10], [60, 10]], stages={"first": (0, 20), "second": (30, 60)}, objectives=(text,))
    record.mark("load-start", 0).mark("load-end", 60).steady(0, 60, 10).scale(-1, 2).hpa(-1, 2, 50).hpa(gone, 2, 50)
    record.body[-1]["removed"] = True
    verdict = judge(analyse(record.rows(end=250)))
    assert verdict.outcome == outcome, verdict.reason
    assert ("was deleted" in verdict.reason) == (outcome == "unknown")


def test_a_failure_outweighs_what_is_unknown_and_invalid_outweighs_all() -> None:
    """fail beats unknown; invalid beats both; nothing at all is unknown."""
    assert worst(["pass", "unknown", "fail"]) == "fail"
    assert worst(["fail", "invalid", "pass"]) == "invalid"
    assert worst(["pass", "unknown"]) == "unknown"
    assert worst([]) == "unknown"


def test_exit_codes() -> None:
    """pass 0, fail 1, unknown 5 come from the verdict."""
    assert int(judge(RUN, ["p95 < 500ms"]).exit_code) == 0
    assert int(judge(RUN, ["p95 < 5ms"]).exit_code) == 1
    assert int(judge(RUN, ["cost < 1"]).exit_code) == 5
