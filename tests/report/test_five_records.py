"""Five real runs, each with the scenario that made it: the first screen of each report gives the right answers.

Can I believe it, was it good enough, which phase was slow, what should I change? Outcomes, phases and findings are
asserted, not sentences. ``good`` ran on a real Kubernetes whose node others used as well: every objective held, but
its third pod waited for room, and the report says so. The others ran on the embedded cluster.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

from autoscale.record.reader import read
from autoscale.report import Account, formats, gather
from autoscale.report.answers.answer import Answer
from autoscale.report.answers.four import answers
from autoscale.report.phases import slowest_scale_up
from loadtest import models, scenario

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"


@dataclass(frozen=True)
class Right:
    """What is right of a run: tone of the first answer, verdict, objectives that held, phase that was slowest in the
    slowest scale-up (None: none may be named), first finding of weight and a word of its patch (None: no patch)."""

    believed: str
    verdict: str
    held: tuple[str, ...]
    slowest: str | None
    finding: str
    patch: str | None


RIGHT = {
    "good": Right(
        "pass",
        "pass",
        (
            "p95 < 1s",
            "errors < 0.1%",
            "ready >= 3 within 75s of peak",
            "lost == 0",
            "no flapping",
            "back to min within 3m of end",
        ),
        "scheduled",
        "F14",
        None,
    ),
    "maxed-out": Right(
        "pass", "fail", ("errors < 1%", "ready >= 2 within 30s of peak"), "ready", "F1", "maxReplicas: 9"
    ),
    "flapping": Right(
        "pass", "fail", ("p95 < 1s", "errors < 1%"), "first answer", "F10", "stabilizationWindowSeconds: 120"
    ),
    "blind-hpa": Right("unknown", "fail", (), None, "F27", "readinessProbe:"),
    "saturated-generator": Right("invalid", "invalid", (), None, "F25", None),
}


@dataclass(frozen=True)
class Case:
    """One run, what the report makes of it, and what is right."""

    name: str
    account: Account
    right: Right

    @property
    def first_screen(self) -> tuple[Answer, ...]:
        """The four answers."""
        return answers(self.account)


@pytest.fixture(scope="module", params=sorted(RIGHT))
def case(request: pytest.FixtureRequest) -> Case:
    """Each of the runs."""
    name = str(request.param)
    return Case(name, gather(FIXTURES / f"{name}.jsonl.gz"), RIGHT[name])


def test_whether_to_believe_it(case: Case) -> None:
    """Only the saturated generator makes a run invalid; an HPA without metrics leaves a doubt, which is named."""
    answer = case.first_screen[0]
    assert answer.tone == case.right.believed
    assert answer.details
    doubts = {check.name for check in case.account.verdict.validity.checks if check.effect != "none"}
    assert doubts == {"blind-hpa": {"metrics"}, "saturated-generator": {"lag", "dropped"}}.get(case.name, set())


def test_whether_it_was_good_enough(case: Case) -> None:
    """The verdict and the objectives that held are the right ones; an invalid run judges none."""
    assert case.account.verdict.outcome == case.right.verdict
    assert tuple(j.text for j in case.account.verdict.judgements if j.outcome == "pass") == case.right.held
    assert case.first_screen[1].tone == case.right.verdict


def test_which_phase_was_slow(case: Case) -> None:
    """The slowest phase is named where the workload grew and the run is valid, and none elsewhere."""
    answer, growth = case.first_screen[2], slowest_scale_up(case.account.analysis)
    if case.right.slowest is None:
        assert " of " not in answer.headline
        assert growth is None or case.right.verdict == "invalid"
        return
    assert growth is not None
    assert growth.slowest_phase == case.right.slowest
    durations = [phase.duration_s for phase in growth.phases if phase.duration_s is not None]
    assert growth.total_s == pytest.approx(sum(durations), abs=0.01)
    assert " of " in answer.headline


def test_what_to_change(case: Case) -> None:
    """The first finding names the cause, the first screen gives its advice, and its patch (if any) is the cure."""
    weighty = [finding for finding in case.account.findings if finding.severity != "note"]
    first = weighty[0]
    assert first.id == case.right.finding
    assert case.first_screen[3].headline == first.title
    assert case.first_screen[3].details[0] == first.advice
    if case.right.patch is None:
        assert first.patch is None
    else:
        assert first.patch is not None
        assert case.right.patch in first.patch


def test_no_symptom_is_told_beside_its_cause(case: Case) -> None:
    """No run is said to wait for something other than CPU, and no patch contradicts that of the first finding."""
    found = {finding.id for finding in case.account.findings}
    assert "F18" not in found
    assert not {"F10", "F16"} <= found
    assert not {"F27", "F13"} <= found


def test_every_format_says_the_same(case: Case) -> None:
    """Text, Markdown and HTML give the verdict and the headline of every answer."""
    for form in ("text", "markdown", "html"):
        page = formats.render(case.account, form).replace("\\", "")
        assert case.right.verdict in page.lower()
        for answer in case.first_screen:
            assert answer.question in page
            assert answer.headline in page


def test_the_record_was_made_by_its_scenario(case: Case) -> None:
    """The scenario in the header is the file beside the record, to the last field."""
    header = next(iter(read(FIXTURES / f"{case.name}.jsonl.gz")))
    # A record may be older than some fields: they stand at their defaults then.
    older = {"journeys": None, "sizing": None, **header["scenario"]}
    for name, section in (("target", models.Target()), ("embedded", models.Embedded()), ("load", models.Sent())):
        older[name] = {**section.model_dump(), **older[name]}
    assert older == scenario.resolve(scenario.load(FIXTURES / "scenarios" / f"{case.name}.yaml")).model_dump()


def test_the_records_are_small_and_whole() -> None:
    """Each is below 80 kB and ends with its end row; the good one, and no other, ran on a real cluster."""
    for name in RIGHT:
        path = FIXTURES / f"{name}.jsonl.gz"
        rows = list(read(path))
        assert path.stat().st_size < 80_000
        assert (rows[-1]["k"], rows[-1]["reason"]) == ("end", "done")
        assert (rows[0]["context"]["name"] == "embedded") == (name != "good")


def test_the_sample_report_shows_what_there_is_to_see() -> None:
    """The report of the docs has a failed objective, a finding and its patch, and says on which cluster it was made."""
    page = (FIXTURES.parents[1] / "docs" / "sample-report.html").read_text()
    assert "<title>fail: maxed-out" in page
    assert "context embedded" in page
    assert 'id="finding-F1"' in page
    assert "maxReplicas: 9" in page
    assert "Copy the patch" in page
