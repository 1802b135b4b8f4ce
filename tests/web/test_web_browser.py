"""The page in a real browser, with a real Locust behind it."""

import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from autoscale.record.reader import read
from autoscale.report import Account, gather
from autoscale.web import Choice, Desk, Page, PastRun
from tests.browsers import chromium, complaints
from tests.conftest import eventually
from tests.loadtest import loadprocs

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "real-step.jsonl.gz"
pytestmark = [pytest.mark.browser, pytest.mark.long]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


def tab(browser: Browser, width: int = 1280, scheme: Any = "light") -> tuple[Tab, list[str]]:
    one = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
    return one, complaints(one)


def ink(one: Tab, chart: str) -> int:
    """How many pixels of a chart's canvas are drawn on."""
    script = """(id) => {
      const canvas = document.querySelector("#chart-" + id + " canvas");
      const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let drawn = 0;
      for (let i = 3; i < data.length; i += 4) if (data[i]) drawn++;
      return drawn;
    }"""
    return int(one.evaluate(script, chart))


def picture(one: Tab, chart: str) -> str:
    """A chart's canvas as an image."""
    return str(one.evaluate("(id) => document.querySelector('#chart-' + id + ' canvas').toDataURL()", chart))


def rows_until(at: float) -> list[dict[str, Any]]:
    rows = list(read(FIXTURE))
    return [row for row in rows if row["t"] < rows[0]["t"] + at]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_charts_draw_and_grow(browser: Browser, width: int, scheme: str) -> None:
    """At any width and in both schemes four charts are drawn, fill as rows come in, and complain of nothing."""
    first, both = rows_until(60), rows_until(150)
    with Page(0) as page:
        for row in first:
            page.add(row)
        one, errors = tab(browser, width, scheme)
        one.goto(page.url + "/scaling")
        expect(one.locator(".status")).to_contain_text("of 5:00, peak")
        expect(one.locator("figure.chart canvas")).to_have_count(4)
        before = ink(one, "pods")
        for row in both[len(first) :]:
            page.add(row)
        expect(one.locator(".tiles")).to_contain_text("10 of 10")
        one.wait_for_function("(before) => document.querySelector('.status').textContent.includes('2:2')", arg=before)
        assert ink(one, "pods") != before
        assert one.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert errors == []
        one.context.close()


def test_the_first_scale_event_gets_room_for_its_words(browser: Browser) -> None:
    """A page that was open before the size ever changed draws as one that is opened after it: no label is cut off."""
    height = "() => document.querySelector('#chart-pods canvas').height"
    before, rows = rows_until(44), rows_until(150)  # the size changes at 45 s
    with Page(0) as page:
        for row in before:
            page.add(row)
        one, errors = tab(browser)
        one.goto(page.url + "/scaling")
        expect(one.locator("figure.chart canvas")).to_have_count(4)
        for row in rows[len(before) :]:
            page.add(row)
        expect(one.locator(".tiles")).to_contain_text("10 of 10")
        grown = one.evaluate(height)
        one.reload()
        expect(one.locator(".tiles")).to_contain_text("10 of 10")
        assert grown == one.evaluate(height)
        assert errors == []
        one.context.close()


def test_a_zoom_stays_while_rows_come_in(browser: Browser) -> None:
    """Dragging over a chart zooms all four; what comes in afterwards does not take the reader back."""
    with Page(0) as page:
        for row in rows_until(60):
            page.add(row)
        one, errors = tab(browser)
        one.goto(page.url + "/scaling")
        over = one.locator("#chart-load .u-over").bounding_box()
        assert over is not None
        whole, y = picture(one, "pods"), over["y"] + over["height"] / 2
        one.mouse.move(over["x"] + 100, y)
        one.mouse.down()
        one.mouse.move(over["x"] + 300, y, steps=5)
        one.mouse.up()
        zoomed = picture(one, "pods")
        assert zoomed != whole
        page.add({"k": "gap", "t": rows_until(60)[-1]["t"], "source": "x", "since": 0, "until": 0, "cause": ""})
        expect(one.locator(".status")).to_contain_text("1 gap")
        assert picture(one, "pods") == zoomed
        one.mouse.dblclick(over["x"] + 100, y)
        eventually(lambda: picture(one, "pods") == whole, "the whole run to be shown again")
        assert errors == []
        one.context.close()


def fetch_from(url: str) -> Any:
    """HTTP to Locust as the proxy of the API server gives it."""

    def fetch(
        method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, dict[str, str], bytes]:
        sent = {**headers, "X-Autoscale-Token": loadprocs.TOKEN}
        request = urllib.request.Request(url + path, data=body, headers=sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, {}, error.read()

    return fetch


class Feed:
    """Gives the page the rows of a load that runs, as the recorder does."""

    def __init__(self, page: Page, load: loadprocs.Load, scenario: dict[str, Any]) -> None:
        self._page, self._load, self._given = page, load, {"master": 0, "worker-0": 0}
        target = {"kind": "Deployment", "name": "web", "namespace": "default"}
        page.add({"k": "header", "t": time.time(), "run": "r1", "scenario": scenario, "target": target})

    def rows(self, *, state: str | None = None) -> bool:
        """Hand on what is new; whether the master has written a mark called ``state``."""
        for name, given in self._given.items():
            rows = self._load.rows(name)
            for row in rows[given:]:
                self._page.add({**row, "t": time.time()})
            self._given[name] = len(rows)
        return state is None or any(row["name"] == state for row in self._load.rows("master", "mark"))


def test_locusts_own_page_has_one_more_tab(browser: Browser, tmp_path: Path) -> None:
    """With a real Locust behind: its tabs and ours, charts in ours, its start form out of reach; Stop ends the load."""
    scenario = loadprocs.plain_scenario(seconds=120)
    with loadprocs.running(tmp_path, scenario) as load, Page(0) as page:
        page.connect(lambda: fetch_from(load.page))
        feed = Feed(page, load, scenario)
        load.until_sending()
        eventually(lambda: feed.rows(state="load-start"), "the load's start")
        one, errors = tab(browser)
        one.goto(page.url)
        expect(one.get_by_role("tab")).to_have_count(7)
        expect(one.get_by_role("tab", name="Statistics")).to_have_attribute("aria-selected", "true")
        one.get_by_role("tab", name="Scaling").click()
        eventually(lambda: feed.rows() and ink(one, "load") if one.locator("#chart-load").count() else None, "ink")
        # Of a busy machine some seconds hold fewer answers than were sent, and the next ones more.
        tiles = one.locator("#autoscale-tab .tiles")
        eventually(lambda: feed.rows() and "40 /s" in tiles.inner_text(), "a second of 40 requests")
        expect(one.get_by_role("button", name="About")).to_be_hidden()
        one.get_by_role("tab", name="Charts").click()
        expect(one.locator("#autoscale-tab")).to_be_hidden()
        expect(one.locator("main canvas >> visible=true")).to_have_count(2)
        one.get_by_role("tab", name="Workers").click()
        expect(one.get_by_role("columnheader", name="CPU usage")).to_be_visible()
        expect(one.get_by_role("columnheader", name="# users")).to_be_hidden()
        expect(one.locator("header").get_by_text("Users", exact=True)).to_be_hidden()

        def our_rate() -> bool:
            feed.rows()
            told = one.evaluate("fetch('/stats/requests').then((answer) => answer.json())")
            assert told["current_rps"] == told["stats"][-1]["current_rps"]
            return bool(told["current_rps"] == pytest.approx(40, abs=4))

        eventually(our_rate, "Locust's rate to be that of our rows")
        assert one.evaluate("fetch('/swarm', {method: 'POST'}).then((answer) => answer.status)") == 409
        errors.remove(next(error for error in errors if "409" in error))
        one.goto(page.url + "/?tab=scaling")
        expect(one.locator("#chart-load canvas")).to_be_attached()
        one.get_by_role("button", name="Stop").click()
        eventually(lambda: feed.rows(state="load-end"), "the load's end")
        expect(one.locator(".status")).to_contain_text("waiting for the autoscaler to scale down")
        expect(one.get_by_role("button", name="New")).to_be_hidden()
        load.codes()
        expect(one.get_by_text("stopped")).to_be_visible()
        assert errors == []
        one.context.close()


def test_before_the_load_the_page_waits_and_then_goes_over(browser: Browser, tmp_path: Path) -> None:
    """While pods start there is no misleading form: the page says what it waits for, then opens the tab by itself."""
    scenario = loadprocs.plain_scenario(seconds=60)
    with Page(0) as page:
        one, errors = tab(browser)
        one.goto(page.url)
        expect(one.locator(".status")).to_have_text("No run yet.")
        with loadprocs.running(tmp_path, scenario) as load:
            feed = Feed(page, load, scenario)
            page.connect(lambda: fetch_from(load.page))
            expect(one.locator(".status")).to_contain_text("Preparing")
            eventually(lambda: feed.rows(state="load-start"), "the load's start")
            one.wait_for_url("**/?tab=scaling")
            expect(one.get_by_role("tab", name="Scaling")).to_have_attribute("aria-selected", "true")
            expect(one.locator("#autoscale-tab .status")).to_contain_text("Load is being sent")
        assert errors == []
        one.context.close()


def test_a_run_is_started_from_the_page(browser: Browser, tmp_path: Path) -> None:
    """Choose, start, watch, stop, read the report, start another: the way of a person through the page."""
    choices = [Choice("smoke", "quick", 30, 45), Choice("day", "a day", 600, 64)]
    stopped: list[bool] = []
    desk = Desk(lambda: choices, lambda: [PastRun("old", 1.0, "day", "pass", True)], lambda: stopped.append(True))
    (tmp_path / "r1").mkdir()
    (tmp_path / "r1" / "report.html").write_text("<h1>The report</h1>")
    with Page(0, runs=tmp_path, desk=desk) as page:
        one, errors = tab(browser, 390)
        one.goto(page.address)
        expect(one.get_by_role("link", name="report")).to_have_attribute("href", "/runs/old/report.html")
        one.get_by_text("a day").click()
        one.get_by_label("Rate factor").fill("2")
        expect(one.locator("#sum")).to_contain_text("128 requests per second for 10:00")
        one.get_by_role("button", name="Start").click()
        expect(one.locator(".status")).to_contain_text("being started")
        launch = desk.take(1)
        assert launch is not None
        assert (launch.scenario, launch.rate_factor, launch.time_factor) == ("day", 2, 1)
        one.get_by_role("button", name="Stop this run").click()
        eventually(lambda: stopped, "the wish to stop")
        page.add({"k": "header", "t": 5.0, "run": "r1", "scenario": {"name": "day"}, "target": {}})
        page.add({"k": "end", "t": 6.0})
        desk.done()
        one.get_by_role("link", name="Report of this run").click()
        expect(one.get_by_role("heading")).to_have_text("The report")
        one.go_back()
        one.goto(page.url + "/scaling")
        one.get_by_role("link", name="Start another run").click()
        expect(one.get_by_role("button", name="Start")).to_be_enabled()
        assert one.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert errors == []
        one.context.close()


def test_a_run_that_could_not_be_done_says_why(browser: Browser) -> None:
    """The reason of a failed start stands on the page, where the person is."""
    desk = Desk(lambda: [Choice("smoke", "quick", 30, 45)], list, lambda: None)
    with Page(0, desk=desk) as page:
        one, errors = tab(browser)
        one.goto(page.address)
        one.get_by_role("button", name="Start").click()
        expect(one.locator(".status")).to_contain_text("being started")
        assert desk.take(1) is not None
        desk.done("the cluster could not be reached")
        expect(one.locator(".status")).to_contain_text("the cluster could not be reached")
        one.get_by_role("link", name="Start another run").click()
        expect(one.get_by_role("alert")).to_have_text("the cluster could not be reached")
        assert errors == []
        one.context.close()


def test_the_end_shows_verdict_objectives_and_findings(browser: Browser, tmp_path: Path) -> None:
    """When the report is written the page shows what it says, with the patch; until then it says what it waits for."""
    source = FIXTURE.with_name("maxed-out.jsonl.gz")
    rows = list(read(source))
    account = gather(source)
    with Page(0) as page:
        for row in rows:
            page.add(row)
        one, errors = tab(browser, 390)
        one.goto(page.url)
        expect(one.locator(".status")).to_contain_text("The run has ended; its report is being written.")
        page.conclude(Left(tmp_path / rows[0]["run"], account))
        expect(one.locator(".end .badge")).to_have_text("fail")
        expect(one.locator(".end tbody tr")).to_have_count(3)
        expect(one.locator(".end .finding pre")).to_contain_text("maxReplicas: 9")
        expect(one.locator(".scaled")).to_contain_text("cpu: ")
        one.locator(".scaled button").first.focus()
        one.keyboard.press("Enter")
        expect(one.locator("#chart-pods .tip")).to_contain_text("1 → 2: cpu resource utilization")
        assert one.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert errors == []
        one.context.close()


def test_a_run_that_is_tidied_up_is_not_one_being_started(browser: Browser) -> None:
    """From the start of a run to its end the page tells the two apart."""
    desk = Desk(lambda: [Choice("smoke", "quick", 30, 45)], list, lambda: None)
    with Page(0, desk=desk) as page:
        one, errors = tab(browser)
        one.goto(page.address)
        one.get_by_role("button", name="Start").click()
        expect(one.locator(".status")).to_contain_text("A run is being started")
        page.add({"k": "header", "t": 5.0, "run": "r1", "scenario": {"name": "day"}, "target": {}})
        page.add({"k": "end", "t": 6.0})
        expect(one.locator(".status")).to_contain_text("its report is written and what it made is removed")
        desk.done()
        expect(one.locator(".status")).to_contain_text("its report is being written")
        assert errors == []
        one.context.close()


@dataclass(frozen=True)
class Left:
    """What a run left, as far as the page asks."""

    path: Path
    account: Account
