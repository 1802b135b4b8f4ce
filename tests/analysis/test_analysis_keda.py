"""What a record says of KEDA: who woke the target, where the cold start went, what it was set to."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from autoscale.analysis import analyse
from autoscale.analysis.results.analysis import Analysis
from autoscale.findings import find
from autoscale.kube.kinds import Object
from autoscale.observe.keda import floor, paused, scaled_object_row
from autoscale.record.reader import read
from autoscale.report.answers.four import answers
from autoscale.report.gather import gather
from tests.findings.test_findings_rules import asleep, run, sourceless, woken


def scaled(notes: dict[str, str] | None = None, **spec: Any) -> Object:
    """A ScaledObject as the API has it."""
    meta = {"name": "web", "uid": "so", "generation": 2, "annotations": notes or {}}
    return {"kind": "ScaledObject", "metadata": meta, "spec": {"triggers": [], **spec}}


def test_a_cold_start_is_told_in_phases_that_add_up() -> None:
    """KEDA woke the target after 25 s, the first answer came after 30 s; what failed meanwhile is counted."""
    found = analyse(woken(5).rows())
    (cold,) = found.cold_starts
    assert cold.growth.event.by == "keda"
    assert [phase.name for phase in cold.growth.phases][:2] == ["activation", "created"]
    assert cold.growth.slowest_phase == "activation"
    assert cold.growth.total_s == pytest.approx(30.5)
    assert (cold.length_s, cold.failed) == (pytest.approx(30.5), 150)
    assert sum(phase.duration_s or 0 for phase in cold.growth.phases) == pytest.approx(cold.growth.total_s)
    sentence = next(one for one in find(found) if one.id == "F38").sentence
    assert "150 requests failed" in sentence
    assert "every 30 s, took 25 s" in sentence


def test_who_wakes_and_puts_to_sleep_is_keda_and_not_somebody_else() -> None:
    """Changes of size with an event of KEDA's are KEDA's: the finding on other writers is silent."""
    found = analyse(asleep(150).rows())
    assert [event.by for event in found.scale_events] == ["keda", "keda"]
    assert "F22" not in {one.id for one in find(found)}


def test_settings_left_out_are_kedas_defaults() -> None:
    """30 s, 300 s, 0 to 100 pods (KEDA 2.21); what is set holds, also where it is 0."""
    row = scaled_object_row(scaled())
    assert [row[key] for key in ("min", "max", "idle", "polling_s", "cooldown_s")] == [0, 100, None, 30, 300]  # type: ignore[literal-required]
    given = scaled(minReplicaCount=2, idleReplicaCount=0, cooldownPeriod=0, pollingInterval=5)
    row = scaled_object_row(given)
    assert [row[key] for key in ("min", "idle", "polling_s", "cooldown_s")] == [2, 0, 5, 0]  # type: ignore[literal-required]
    assert (floor(given), floor(scaled(minReplicaCount=2)), floor(scaled())) == (0, 2, 0)


@pytest.mark.parametrize(
    ("notes", "what"),
    [
        ({"autoscaling.keda.sh/paused": "true"}, "whole"),
        ({"autoscaling.keda.sh/paused": "yes"}, "whole"),
        ({"autoscaling.keda.sh/paused-replicas": "0"}, "whole"),
        ({"autoscaling.keda.sh/paused-scale-in": "true"}, "scale in"),
        ({"autoscaling.keda.sh/paused-scale-out": "true"}, "scale out"),
        ({"autoscaling.keda.sh/paused": "false"}, "no"),
        ({}, "no"),
    ],
)
def test_what_is_paused_stands_in_annotations(notes: dict[str, str], what: str) -> None:
    """Any value but a false one pauses, as Go's ParseBool has it; with a number of pods in any case."""
    assert paused(scaled(notes)) == what


def test_what_a_trigger_may_hold_of_secrets_stays_out() -> None:
    """What says when a trigger is active is kept, everything else is told by its name only."""
    given = {"queueLength": "5", "connection": "Endpoint=sb://x;SharedAccessKey=abc", "url": "http://u:p@host/q"}
    (trigger,) = scaled_object_row(scaled(triggers=[{"type": "azure", "metadata": given}]))["triggers"]
    assert trigger["settings"] == {"queueLength": "5", "connection": "(redacted)", "url": "(redacted)"}


def story(found: Analysis, rule: str) -> str:
    """What a finding says."""
    return next(one for one in find(found) if one.id == rule).sentence


def test_a_failing_source_is_told_in_its_own_words() -> None:
    """The error is the one that stood in an event; what held meanwhile depends on the fallback."""
    record = sourceless(60).event(110, "KEDAScalerFailed", "dial tcp: connection refused", "ScaledObject/web")
    words = story(analyse(record.rows()), "F40")
    assert "(dial tcp: connection refused)" in words
    assert "no fallback" in words
    fallen = run().keda(-5, fallback=4).keda(100, failing=3, fallback=4, fell_back=True).keda(160, fallback=4)
    assert "fallback held 4 pods" in story(analyse(fallen.scale(-1, 2).rows()), "F40")


def test_a_paused_keda_is_named_whatever_its_conditions_say() -> None:
    """The HPA goes with the pause; that is said beside it, and is no riddle."""
    record = run().keda(-5).hpa(-4, 2, 30).keda(99, paused="whole").hpa(100, 2, 30)
    record.body[-1] |= {"removed": True}
    found = analyse(record.rows())
    assert "nothing scales the target" in story(found, "F41")
    assert [one.words for one in found.interventions if one.kind == "hpa deleted"] == [
        "the HPA web was deleted, as its ScaledObject was paused"
    ]


@cache
def real(name: str) -> Analysis:
    """A run on a local Kubernetes 1.35.4 with KEDA 2.21.0 (``k8s/examples/scale-from-zero``)."""
    return analyse(read(Path(__file__).parents[1] / "fixtures" / "told" / f"{name}.jsonl.gz"))


def test_a_run_on_the_real_keda_goes_from_nothing_to_nothing() -> None:
    """KEDA wakes the target and puts it to sleep, its HPA does the rest, and nobody else is blamed for any of it."""
    found = real("real-keda-from-zero")
    first, *others, last = found.scale_events
    assert (first.before, first.after, first.by) == (0, 1, "keda")
    assert (last.after, last.by) == (0, "keda")
    assert max(one.after for one in others) > 1
    assert {one.by for one in others} == {"hpa"}
    assert {decision.outcome for decision in found.decisions} == {"agrees"}


def test_the_real_cold_start_adds_up_and_is_found() -> None:
    """From the load's beginning to the first answer; requests were refused until then, and F38 counts them."""
    found = real("real-keda-from-zero")
    (cold,) = found.cold_starts
    phases = {phase.name: phase.duration_s for phase in cold.growth.phases}
    assert cold.start == found.load_start
    assert sum(value or 0 for value in phases.values()) == pytest.approx(cold.growth.total_s)
    assert cold.length_s == pytest.approx(cold.growth.total_s)
    assert cold.failed
    assert f"{cold.failed} requests failed" in story(found, "F38")
    assert (found.keda.polling_s, found.keda.cooldown_s, found.keda.floor) == (10, 30, 0) if found.keda else False


def test_the_first_screen_speaks_of_the_cold_start() -> None:
    """Where requests failed for want of a pod that growth is the one to name, though a later one took longer."""
    record = Path(__file__).parents[1] / "fixtures" / "told" / "real-keda-from-zero.jsonl.gz"
    account = gather(record)
    slow, change = answers(account)[2:]
    assert slow.headline.startswith("Until KEDA woke the target: ")
    assert slow.details[0].startswith("In the cold start 0 → 1 at ")
    assert max(account.analysis.scale_ups, key=lambda one: one.total_s or 0).event.before > 0
    assert change.headline == "Requests came while there were no pods"
