"""What a report is told of other settings of its run: an effect for each patch, fewer pods for a run that held."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from msgspec import structs

from autoscale.report import Account, formats, gather
from autoscale.report.answers.four import answers
from autoscale.whatif import effects, expect, fast
from autoscale.whatif.expect import expected, with_expected

FIXTURES = Path(__file__).parents[1] / "fixtures"
pytestmark = pytest.mark.skipif(not fast.available(), reason="the slow reference would take minutes")


@pytest.fixture(scope="module")
def roomy() -> Account:
    """A run on the embedded cluster that held everything, at a target of 60 %."""
    return with_expected(gather(FIXTURES / "told" / "121615-first-look.jsonl.gz"))


def test_a_run_with_pods_to_spare_is_told_which_setting_needs_fewer(roomy: Account) -> None:
    """A target of 80 % would have held the same objectives with about a sixth fewer pod-minutes."""
    assert roomy.expected is not None
    fewer = roomy.expected.fewer
    assert fewer is not None
    (metric,) = yaml.safe_load(fewer.patch)["spec"]["metrics"]
    assert metric["resource"]["target"]["averageUtilization"] > 60
    assert -0.3 < fewer.pods.middle < fewer.pods.high < 0
    assert (fewer.held, fewer.bound_s) == (1.0, 0.5)
    assert fewer.p95.high < 0.5


def test_every_form_of_the_report_tells_it(roomy: Account) -> None:
    """The terminal, Markdown, the page and JSON say it, and the page has the patch."""
    assert roomy.expected is not None
    assert roomy.expected.fewer is not None
    assert "fewer pods would do" in answers(roomy)[3].headline
    assert "fewer pod-minutes" in formats.render(roomy, "text")
    assert roomy.expected.fewer.patch.rstrip() in formats.render(roomy, "markdown")
    assert "Fewer pods would have held the objectives" in formats.render(roomy, "html")
    assert '"fewer":{"setting":' in formats.render(roomy, "json")


def test_no_fewer_pods_where_the_band_of_latency_reaches_the_bound(roomy: Account) -> None:
    """Near miss: the same run, whose p95 of 14 ms is allowed to be 15 ms, is told nothing: it may hold, or not."""
    objective = roomy.analysis.objective
    assert objective is not None
    tight = replace(roomy.analysis, objective=structs.replace(objective, bound_s=0.015))
    found = expected(replace(roomy, analysis=tight))
    assert found is not None
    assert (found.fewer, found.unknown) == (None, None)


def test_a_patch_says_what_it_costs_where_latency_is_unknown() -> None:
    """F1 of a run at its maximum: twice the pod-minutes; the replay misses p95, so nothing is said of that."""
    found = expected(gather(FIXTURES / "maxed-out.jsonl.gz"))
    assert found is not None
    effect = found.effects["F1"]
    assert effect.pods.low > 1
    assert effect.after is None
    assert effect.quicker is None
    assert "cannot tell" in effect.words


@pytest.mark.parametrize(
    ("name", "why"),
    [("flapping", "pods over time"), ("blind-hpa", "CPU per request"), ("pods-metric", "http_requests_per_second")],
)
def test_what_cannot_be_modelled_is_left_out_with_a_word_why(name: str, why: str) -> None:
    """The replay misses; no calm CPU samples; a metric of its own: no number, and the reason in the last answer."""
    (path,) = FIXTURES.rglob(f"{name}.jsonl.gz")
    account = with_expected(gather(path))
    assert account.expected is not None
    assert account.expected.unknown is not None
    assert why in account.expected.unknown
    assert not account.expected.effects
    assert account.expected.unknown in answers(account)[3].details[-1]


def test_a_run_too_long_for_a_report_is_not_modelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report stays quick: past the bound it names the length and the command that takes the time."""
    monkeypatch.setattr(expect, "MOST_REQUESTS", 5_000)
    found = expected(gather(FIXTURES / "told" / "121615-first-look.jsonl.gz"))
    assert found is not None
    assert found.fewer is None
    assert found.unknown is not None
    assert "Ask autoscale whatif" in found.unknown


def test_the_model_is_loaded_only_where_it_is_asked() -> None:
    """A report brings the question along, which is small, and of the model only its bounds."""
    script = "import autoscale.report, autoscale.whatif.expect, sys; print(*sys.modules)"
    loaded = set(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    )
    assert "autoscale.whatif.expect" in loaded
    assert not loaded & {"autoscale.whatif.effects", "autoscale.whatif.answer", "autoscale.plane", "numpy", "numba"}


def test_a_model_that_fails_costs_no_report(roomy: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the model's own is told in its place."""
    monkeypatch.setattr(effects, "prepare", lambda *_, **__: 1 / 0)
    assert with_expected(roomy).expected == expect.Expected(
        unknown="the model failed (ZeroDivisionError: division by zero)"
    )


def test_a_failed_run_without_a_patch_is_not_modelled(roomy: Account) -> None:
    """Nothing to ask: no patch, and no objectives that held."""
    assert expected(replace(roomy, verdict=replace(roomy.verdict, outcome="fail"))) is None
