"""What is found in real runs that were once told untruly, and what a run that cannot bear advice says."""

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from autoscale.findings import Finding
from autoscale.report.answers.four import answers
from autoscale.report.gather import Account, gather
from autoscale.report.summary import in_short
from autoscale.verdict.judging import judge
from tests.fixtures.handmade import Record

TOLD = Path(__file__).parents[1] / "fixtures" / "told"


@cache
def told(name: str) -> Account:
    return gather(TOLD / f"{name}.jsonl.gz")


def found(name: str) -> dict[str, Finding]:
    return {finding.id: finding for finding in told(name).findings}


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("overload2", ["F1", "F28"]),
        ("quota-record", ["F29"]),
        ("real-resize-in-mid-run", ["F31"]),
        ("real-rollout-in-mid-run", ["F31"]),
        ("real-container-resource", ["F14", "F31", "F4"]),
        ("real-two-metrics-one-failing", []),
        ("130852-smoke", []),
        ("131121-smoke", []),
        ("121615-first-look", []),
        ("slowramp", []),
    ],
)
def test_what_is_found(name: str, ids: list[str]) -> None:
    """The causes, in their order, and nothing else: no overshoot of surge pods, no metrics-server at 0 pods."""
    assert [finding.id for finding in told(name).findings] == ids


def test_saturation_is_counted_in_syncs() -> None:
    """33 s at the maximum are 16 syncs of the quick preset; 8 pods were needed."""
    finding = found("overload2")["F1"]
    assert "8 pods were needed" in finding.sentence
    assert "maxReplicas: 10" in (finding.patch or "")


def test_pods_that_were_never_made_are_missed() -> None:
    """The quota's own words stand in the finding, and the run in short says how far it grew."""
    assert "exceeded quota: compute, requested: requests.cpu=200m" in found("quota-record")["F29"].sentence
    assert "grew from 1 to 2 pods" in in_short(told("quota-record"))
    assert "was to have 4 pods and never had more than 2" in in_short(told("quota-record"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("real-rollout-in-mid-run", "rolled out anew, with up to 4 pods more than its size"),
        ("real-resize-in-mid-run", "4 pods were resized: cpu request 200m to 400m; 2 of them had to wait"),
        ("real-container-resource", "The HPA web was edited: target cpu 60% to cpu 30%"),
    ],
)
def test_what_somebody_else_did_is_named_and_marked(name: str, words: str) -> None:
    """With its span, for the chart; and it gives no patch."""
    finding = found(name)["F31"]
    assert words.lower() in finding.sentence.lower()
    assert finding.start is not None
    assert finding.patch is None


@pytest.mark.parametrize("name", ["overload2", "130852-smoke", "131121-smoke", "real-two-metrics-one-failing"])
def test_nothing_stood_out_is_never_said_beside_a_run_that_did_not_hold(name: str) -> None:
    """Failed, unknown and cut runs have something to say, or say that nobody can."""
    change = answers(told(name))[3]
    assert "stood out" not in change.headline
    assert "none of the rules found a fault" not in change.short.lower()


@pytest.mark.parametrize("name", ["130852-smoke", "131121-smoke", "real-two-metrics-one-failing"])
def test_without_load_no_phase_was_slow(name: str) -> None:
    """A scale-up before any load answers nothing."""
    assert answers(told(name))[2].headline == "Nobody can say"


def test_at_zero_nobody_lacks_a_metric() -> None:
    """``ScalingDisabled`` before any load is the state of a workload at 0, not a fault of metrics-server."""
    checks = {check.name: check for check in told("130852-smoke").verdict.validity.checks}
    assert checks["metrics"].effect == "none"


def test_a_run_with_room_to_spare_says_what_the_room_was() -> None:
    """p95 was the same with 2, 4 and 5 pods."""
    change = answers(told("121615-first-look"))[3]
    assert "with 2, 4 and 5 pods alike, 36 times below its bound of 500 ms" in change.details[0]


def test_without_a_latency_objective_the_room_is_told_as_a_figure(tmp_path: Path) -> None:
    """The same run judged by its errors only: what p95 was with each size, and that nobody said how much is allowed."""
    text = gzip.decompress((TOLD / "121615-first-look.jsonl.gz").read_bytes())
    rows = [json.loads(line) for line in text.splitlines()]
    for objectives in (["errors < 0.1%"], []):
        rows[0]["scenario"]["objectives"] = objectives
        change = answers(_gathered(rows, tmp_path))[3]
        assert "with 2, 4 and 5 pods alike; how much room that is, no latency objective says" in " ".join(
            change.details
        )
        assert "to spare" not in change.headline


def test_survivors_are_named_so() -> None:
    """Where 82 % failed, the percentiles are of those who got an answer."""
    assert "Those who got an answer saw" in in_short(told("overload2"))


def shrunken() -> Record:
    """Two pods nearly idle until the end, which makes the HPA grow: a minimum too high, if the run was whole."""
    record = Record([[0, 20], [90, 20]], objectives=("p95 < 300ms",)).mark("load-start", 0).scale(-1, 2)
    record.hpa(-1, 2, 5, least=2).pod("a", -20, request=200).pod("b", -20, request=200).steady(0, 90, 20)
    return record.scale(80, 3).hpa(80, 3, 80, least=2).mark("load-end", 90)


def test_a_run_that_was_cut_gives_no_patch(tmp_path: Path) -> None:
    """A stopped run does not know what load it would have carried; the whole one gives its advice."""
    assert _gathered(shrunken().rows(), tmp_path).findings
    cut = _gathered(shrunken().cut(), tmp_path)
    assert not cut.findings
    assert answers(cut)[3].headline == "Nobody can say"


def _gathered(rows: list[dict[str, Any]], folder: Path) -> Account:
    path = folder / "record.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return gather(path)


@pytest.mark.parametrize(
    ("since", "back", "words"),
    [
        (50, None, "the Service web was deleted during the load, 50 s after it began"),
        (50, 80, "the Service web was deleted during the load, 50 s after it began"),
        (None, 80, "the Service web was deleted and made again during the load"),
        (None, None, None),
        (125, None, None),
    ],
)
def test_a_service_that_went_under_the_load_leaves_the_verdict_unknown(
    since: float | None, back: float | None, words: str | None, tmp_path: Path
) -> None:
    """Gone for good, for a while, or replaced between two looks; one that stays, or goes after the load, passes."""
    record = Record([[0, 20], [120, 20]]).mark("load-start", 0).scale(-1, 2).hpa(-1, 2, 40)
    record.add("service", -10, uid="one", name="web").steady(0, 120, 20)
    if since:
        record.add("service", since, uid="one", name="web", removed=True)
    if back:
        record.add("service", back, uid="two", name="web")
    account = _gathered(record.mark("load-end", 120).scale(130, 2).rows(), tmp_path)
    verdict = judge(account.analysis, ["p95 < 1s"])
    assert verdict.outcome == ("unknown" if words else "pass")
    assert (words or "nobody else changed") in {one.name: one for one in verdict.validity.checks}["subject"].words


@pytest.mark.parametrize(("back", "outcome", "code"), [(None, "unknown", 5), (80, "unknown", 5), (0, "pass", 0)])
def test_an_hpa_deleted_at_the_peak_leaves_the_verdict_unknown(
    back: float | None, outcome: str, code: int, tmp_path: Path
) -> None:
    """What was to be judged was not there, for good or for a while; an untouched HPA passes."""
    record = Record([[0, 20], [120, 20]]).mark("load-start", 0).scale(-1, 2).hpa(-1, 2, 40).hpa(30, 2, 41)
    record.steady(0, 120, 20)
    gone = {name: value for name, value in record.body[-121].items() if name not in ("k", "t")}
    if back != 0:
        record.add("hpa", 50, **gone, removed=True)
    if back:
        record.hpa(back, 2, 41)
    record.mark("load-end", 120)
    account = _gathered(record.rows(), tmp_path)
    verdict = judge(account.analysis, ["p95 < 1s"])
    assert (verdict.outcome, int(verdict.exit_code)) == (outcome, code)
    assert ("F30" in [finding.id for finding in account.findings]) == (back != 0)
