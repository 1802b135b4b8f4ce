"""Comparing sets of runs."""

import random
from dataclasses import replace
from typing import Any

import pytest

from autoscale.analysis import Analysis, analyse
from autoscale.base.errors import InputError
from autoscale.compare import compare
from autoscale.compare.comparing import incomparable
from autoscale.compare.formats import as_html, as_markdown, as_text
from autoscale.compare.statistics import bootstrap, rank_test
from loadtest.histogram import bucket
from tests.fixtures.handmade import Record


def a_run(name: str, ms: float, *, rate: int = 20, limit: int = 500, without: int = 0) -> Analysis:
    """A minute of load with answers around ``ms``; some of its rows were lost."""
    draw = random.Random(name)
    points = [[0, rate], [60, rate]]
    record = Record(points, objectives=("p95 < 500ms",), run=name).mark("load-start", 0).mark("load-end", 60)
    record.pod("p0", -5, limit=limit).scale(-1, 1).hpa(-1, 1, 50)
    for second in range(60):
        record.load(second, rate, ms=ms * draw.uniform(0.97, 1.03))
    lost = range(20, 20 + without)
    return analyse([row for row in record.rows() if row["k"] != "load" or row["seq"] not in lost])


def several(prefix: str, ms: float, count: int = 5, **how: int) -> list[Analysis]:
    """Runs that differ by noise only."""
    return [a_run(f"{prefix}{i}", ms, **how) for i in range(count)]


def test_noise_is_no_change_and_a_change_is_found() -> None:
    """Five runs a side: the same 100 ms is the same, 150 ms is a regression, 60 ms is better."""
    base = several("base", 100)
    same, worse, better = (compare(base, several(f"new{ms}", ms)) for ms in (100, 150, 60))
    change = {
        name: {d.name: d.change for d in found.differences}["p95"]
        for name, found in (("same", same), ("worse", worse), ("better", better))
    }
    assert change == {"same": "same", "worse": "worse", "better": "better"}
    assert (same.outcome, worse.outcome, better.outcome) == ("no regression", "regression", "no regression")
    assert [int(found.exit_code) for found in (same, worse)] == [0, 1]


def test_one_run_a_side_says_nothing_about_noise() -> None:
    """With one run each the difference is shown, its interval is unknown, and the verdict is that it cannot say."""
    found = compare(several("a", 100, 1), several("b", 150, 1))
    p95 = next(d for d in found.differences if d.name == "p95")
    assert found.outcome == "cannot say"
    assert int(found.exit_code) == 5
    assert (p95.low, p95.p, p95.change) == (None, None, "cannot say")
    assert p95.difference == pytest.approx(0.05, rel=0.1)


def test_runs_that_were_not_seen_whole_prove_nothing() -> None:
    """Rows are missing in the new runs: the rest is the same, and what is missing may be worse."""
    base, whole = several("a", 100), several("b", 100)
    assert compare(base, whole).outcome == "no regression"
    found = compare(base, [a_run(f"c{i}", 100, without=10) for i in range(5)])
    assert (found.outcome, int(found.exit_code)) == ("cannot say", 5)
    assert "c0" in found.reason


def test_what_is_not_comparable_is_refused_unless_told_to() -> None:
    """Another rate and another CPU limit are refused, both at once; `anyway` makes warnings of them."""
    base, new = several("a", 100, 1), several("b", 100, 1, rate=30, limit=300)
    with pytest.raises(InputError) as error:
        compare(base, new)
    assert {problem.where for problem in error.value.problems} == {"b0: load plan", "b0: CPU limits"}
    assert len(compare(base, new, anyway=True).warnings) == 2


def test_a_copy_of_a_run_is_no_second_run() -> None:
    """The same run given twice is refused: it would feign knowledge of the noise."""
    (one,) = several("a", 100, 1)
    with pytest.raises(InputError, match="cannot be compared"):
        compare([one, one], several("b", 100, 2))


def test_what_is_not_alike_is_told_in_words_and_once() -> None:
    """A plan by its peak and length, a limit by its number; a run that is given three times is not told three times."""
    base, new = a_run("base", 100), a_run("new", 100, rate=30, limit=800)
    told = [str(problem) for problem in incomparable([base, new, new, new])]
    assert "new: load plan: found up to 30 in 60 s, wanted up to 20 in 60 s as in base" in told
    assert "new: CPU limits: found 800, wanted 500 as in base" in told
    assert len(told) == len(set(told))
    assert not [text for text in told if "[[" in text or "{" in text]


def test_plans_of_one_peak_and_length_are_still_told_apart() -> None:
    """Where a few words are the same for both, the values stand there as they are."""
    base, new = a_run("base", 100), a_run("new", 100)
    new.header["scenario"]["points"] = [[0, 0], [60, 20]]
    (told,) = map(str, incomparable([base, new]))
    assert "found [[0, 0], [60, 20]], wanted [[0, 20], [60, 20]] as in base" in told


def test_an_interval_holds_the_true_difference_and_is_the_same_each_time() -> None:
    """The bootstrap interval of two shifted samples holds the shift, and the seed makes it repeatable."""
    base, new = [10.0, 10.2, 9.9, 10.1, 10.0], [12.0, 12.1, 11.9, 12.2, 12.0]
    low, high = bootstrap(base, new)
    assert low <= 2.0 <= high
    assert (low, high) == bootstrap(base, new)


def test_rank_test_is_exact_on_small_samples() -> None:
    """3 against 3 wholly apart is p = 2/20; the same values on both sides give 1."""
    assert rank_test([1, 2, 3], [4, 5, 6]) == pytest.approx(0.1)
    assert rank_test([1, 2, 3], [1, 2, 3]) == 1
    assert rank_test([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]) == pytest.approx(2 / 252)


def test_names_cannot_break_out_of_a_format() -> None:
    """A run called like markup is text in HTML and Markdown."""
    found = compare([a_run("<script>alert(1)</script>|", 100)], [a_run("b`", 100)])
    assert "<script" not in as_html(found)
    assert "<script" not in as_markdown(found)
    assert "src=" not in as_html(found)
    assert "http" not in as_html(found)
    assert "p95" in as_text(found) or "95th" in as_text(found)


QUICK = {
    "sync_period_s": 2.0,
    "tolerance": 0.1,
    "downscale_stabilization_s": 5.0,
    "cpu_initialization_period_s": 300.0,
    "initial_readiness_delay_s": 2.0,
}


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ({"context": {"name": "elsewhere"}}, "cluster"),
        ({"versions": {"cluster": "v1.36.0"}}, "cluster"),
        ({"hpa_config": QUICK}, "HPA controller (preset)"),
    ],
)
def test_another_cluster_or_preset_is_refused_unless_told(header: dict[str, Any], named: str) -> None:
    """Figures of two clusters, or of two settings of the controller, differ for other reasons than the change."""
    plain = analyse(Record([[0, 10], [30, 10]], run="a").mark("load-start", 0).steady(0, 30, 10).rows())
    other = analyse(Record([[0, 10], [30, 10]], run="b", **header).mark("load-start", 0).steady(0, 30, 10).rows())
    with pytest.raises(InputError) as caught:
        compare([plain], [other])
    assert [problem.where for problem in caught.value.problems] == [f"b: {named}"]
    assert any(named in warning for warning in compare([plain], [other], anyway=True).warnings)


def bounded(prefix: str, ms: float) -> list[Analysis]:
    """Runs of which an import knows no more than the bucket of each duration."""
    bounds = {"environment": {"imported_from": "Prometheus", "bounds_s": [0.1, 0.25, 0.5, 1.0]}}
    runs = several(prefix, ms)
    return [replace(run, header={**run.header, **bounds}) for run in runs]  # type: ignore[typeddict-item]


def test_percentiles_that_are_only_bounded_are_told_by_their_bounds() -> None:
    """300 and 400 ms lie in one bucket, and 200 in the next: nobody can say; 30 ms lies beyond one between them."""
    base = bounded("base", 300)
    for ms, change in ((400, "cannot say"), (200, "cannot say"), (30, "better"), (900, "cannot say")):
        found = compare(base, bounded(f"new{ms}", ms))
        p95 = next(d for d in found.differences if d.name == "p95")
        assert (p95.change, p95.low, p95.difference) == (change, None, None)
        assert "between 250 ms and 500 ms" in as_text(found)
        assert "3.1e+02 ms" not in as_text(found)


def by_name(name: str, pay_ms: float, failing: int) -> Analysis:
    """A minute in which few pay and many browse; ``failing`` of each ten payments are refused."""
    record = Record([[0, 100], [60, 100]], run=name).mark("load-start", 0).mark("load-end", 60)
    record.pod("p0", -5, limit=500).scale(-1, 1).hpa(-1, 1, 50)
    draw = random.Random(name)
    for second in range(60):
        shares = {
            "browse": share(97, 20 * draw.uniform(0.97, 1.03), 0),
            "pay": share(10 - failing, pay_ms * draw.uniform(0.97, 1.03), failing),
        }
        record.load(second, 107 - failing, failed={"status 503": failing} if failing else {}, by_name=shares)
    return analyse(record.rows())


def share(answered: int, ms: float, failed: int) -> dict[str, Any]:
    """What became of the requests of one name in a second."""
    response = {"0": {str(bucket(ms / 1000)): answered}}
    return {
        "answered": answered,
        "failed": {"status 503": failed} if failed else {},
        "dropped": 0,
        "response": response,
    }


def test_each_name_of_requests_is_set_side_by_side() -> None:
    """Who pays waits three times as long and is refused more often, which the load as a whole hides; who browses does
    not. They are told, and are no regression by themselves."""
    base = [by_name(f"a{i}", 50, 1) for i in range(5)]
    found = compare(base, [by_name(f"b{i}", 150, 3) for i in range(5)])
    change = {one.name: (one.change, one.gates) for one in found.differences if " of " in one.name}
    assert change == {
        "p95 of browse": ("same", False),
        "errors of browse": ("same", False),
        "p95 of pay": ("worse", False),
        "errors of pay": ("worse", False),
    }
    errors = next(one for one in found.differences if one.name == "errors of pay")
    assert (errors.base_median, errors.new_median) == (pytest.approx(0.1), pytest.approx(0.3))
    for text in (as_text(found), as_markdown(found), as_html(found)):
        assert "p95 of pay" in text


def test_one_name_is_the_whole_and_is_not_told_twice() -> None:
    """And a name that only one side has cannot be compared."""
    assert not [one for one in compare(several("a", 9), several("b", 9)).differences if " of " in one.name]
    base, new = ([by_name(f"{side}{i}", 50, 1) for i in range(5)] for side in "ab")
    without = [replace(run, names=run.names[:1], by_name={"browse": run.by_name["browse"]}) for run in new]
    change = {one.name: (one.change, one.reason) for one in compare(base, without).differences}
    assert change["p95 of pay"] == ("cannot say", "not known in every run")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("journeys", [[0, 2], [60, 2]], "plan of journeys"),
        ("users", [[0, 2], [60, 2]], "users"),
        ("load", {"locustfile": "other.py"}, "locustfile"),
        ("load", {"locustfile": "shop.py", "pool": 9}, "locustfile"),
    ],
)
def test_loads_of_other_journeys_users_or_files_are_not_compared(field: str, value: object, words: str) -> None:
    """The first run: one journey a second of shop.py, on the default pool."""

    def one(**scenario: object) -> Analysis:
        run = a_run("a", 100)
        own = {"journeys": [[0, 1], [60, 1]], "load": {"locustfile": "shop.py"}, **scenario}
        return replace(run, header={**run.header, "scenario": {**run.header["scenario"], **own}})

    assert incomparable([one(), replace(one(), run="b")]) == []
    problems = incomparable([one(), replace(one(**{field: value}), run="b")])
    assert [words in str(problem) for problem in problems] == [True]
