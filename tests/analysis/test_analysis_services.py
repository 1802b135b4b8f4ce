"""Several services in one record: each by itself, objectives of each, and which was full first."""

from pathlib import Path
from typing import Any

import pytest

from autoscale.analysis import analyse
from autoscale.analysis.services import full, rows_of, services
from autoscale.base.errors import InputError
from autoscale.objectives.language import parse
from autoscale.record.writer import Writer
from autoscale.report.answers.four import answers
from autoscale.report.formats.html import render
from autoscale.report.gather import Account, gather
from autoscale.report.services import saturation_words, table
from autoscale.report.summary import in_short
from autoscale.verdict.judging import judge
from tests.fixtures.handmade import Record

PLAN = [[0, 20], [60, 20], [60, 80], [300, 80]]


def shop(*, cart_cpu: float = 195.0, **header: Any) -> Record:
    """Front grows from 2 to 4 pods; cart may have one, whose limit is 200m; both in one record."""
    target = {"kind": "Deployment", "name": "cart", "namespace": "default", "service": "cart", "url": "", "hpa": "cart"}
    record = Record(PLAN, objectives=("ready >= 4 within 60s of step", "cart: ready >= 2 within 60s of step"), **header)
    record.header["also"] = [{**target, "names_pods": None}]
    record.mark("load-start", 0).mark("load-end", 300).steady(0, 300, 20)
    record.scale(-1, 2).scale(90, 4).hpa(-1, 2, 40).hpa(90, 4, 90, current=2).hpa(105, 4, 50).pod("front-0", -5)
    own = len(record.body)
    record.scale(-1, 1).hpa(-1, 1, 40, least=1, most=1).hpa(90, 1, 190, least=1, most=1)
    record.pod("cart-0", -5, request=100, limit=200)
    for at in range(15, 301, 15):
        record.usage(at, {"cart-0": cart_cpu if at > 75 else 50})
    for row in record.body[own:]:
        row["of"] = "cart"
        row.update({"name": "cart"} if row["k"] in ("workload", "hpa") else {})
    return record


def account(record: Record, folder: Path) -> Account:
    """The record as a file, and what is made of it."""
    path = folder / "record.jsonl"
    with Writer(path) as writer:
        for row in record.rows():
            writer.write({name: value for name, value in row.items() if name not in ("n", "t")}, row["t"])  # type: ignore[arg-type]
    return gather(path)


def test_each_service_is_analysed_by_itself() -> None:
    """Neither sees the other's pods, sizes or CPU; the load is of both."""
    rows = shop().rows()
    assert services(rows[0]) == ("cart",)
    front, cart = analyse(rows), analyse(rows_of(rows, "cart"))
    assert (
        front.replicas.ready.highest(front.start, front.end),
        cart.replicas.ready.highest(cart.start, cart.end),
    ) == (4, 1)
    assert [pod.name for pod in front.pods] == ["front-0"]
    assert [pod.name for pod in cart.pods] == ["cart-0"]
    assert (front.hpa and front.hpa.max_replicas, cart.hpa and cart.hpa.max_replicas) == (10, 1)
    assert (bool(front.cpu.total), bool(cart.cpu.total)) == (False, True)
    assert front.load_start == cart.load_start


@pytest.mark.parametrize(("cpu", "is_full"), [(195.0, True), (170.0, True), (90.0, True)])
def test_a_service_at_its_maximum_with_more_asked_for_is_full(cpu: float, is_full: bool) -> None:
    """The HPA saw 190 % of a target of 50 % with all the pods that it may have: full, whatever the CPU samples say."""
    found = full(analyse(rows_of(shop(cart_cpu=cpu).rows(), "cart")))
    assert (found is not None) is is_full


def test_a_service_that_is_not_full_is_none() -> None:
    """Front has room to grow, and its CPU was not measured: unknown is not full."""
    assert full(analyse(shop().rows())) is None


def test_the_report_names_the_service_that_was_full_first(tmp_path: Path) -> None:
    """In the short text, in the answers and in a table with a line for each; and its chart has a line for each."""
    found = account(shop(), tmp_path)
    assert "cart was full first" in saturation_words(found)
    assert "cart was full first" in in_short(found)
    assert answers(found)[-1].headline == "cart first: it was full before the others"
    assert [(line.name, line.pods) for line in table(found)] == [("web", "2 → 4"), ("cart", "1 → 1")]
    page = render(found)
    assert "<h2>Services</h2>" in page
    assert "Ready pods of each service" in page


def test_a_record_of_one_service_says_nothing_of_others(tmp_path: Path) -> None:
    """No table, no sentence, no chart."""
    record = shop()
    record.body = [row for row in record.body if "of" not in row]
    del record.header["also"]
    found = account(record, tmp_path)
    assert (saturation_words(found), table(found), found.beside) == ("", [], ())


def test_an_objective_is_of_the_service_that_it_names(tmp_path: Path) -> None:
    """Front's four pods pass, cart's one fails; of a service that is not there it is unknown."""
    found = account(shop(), tmp_path)
    assert [one.outcome for one in found.verdict.judgements] == ["pass", "fail"]
    analysis, beside = found.analysis, {"cart": found.beside[0]}
    texts = ["back: ready >= 1", "web: ready >= 4 within 60s of step", "cart: cpu < 50%"]
    outcomes = [(one.outcome, one.reason) for one in judge(analysis, texts, beside).judgements]
    assert outcomes[0] == ("unknown", "the record holds no service back")
    assert [outcome for outcome, _ in outcomes[1:]] == ["pass", "fail"]


@pytest.mark.parametrize("text", ["cart: p95 < 300ms", "cart: errors < 1%", "cart:", "cart: nonsense < 1"])
def test_requests_are_of_the_target_alone(text: str) -> None:
    """Only objectives on pods can be of one of several services."""
    with pytest.raises(InputError):
        parse([text], [])
    assert parse(["cart: no flapping"], [])[0].service == "cart"


def test_a_real_run_of_three_services_names_the_narrow_place() -> None:
    """On a local Kubernetes 1.35.4 front grew and so moved the trouble to cart: the first screen names cart."""
    record = Path(__file__).parents[1] / "fixtures" / "told" / "real-three-services.jsonl.gz"
    account = gather(record)
    assert answers(account)[3].headline == "cart first: it was full before the others"
    assert "its pods used all the CPU of their limits" in saturation_words(account)
    assert {decision.outcome for decision in account.analysis.decisions} == {"agrees"}
    assert sorted(one.header["target"]["name"] for one in account.beside) == ["back", "cart"]
