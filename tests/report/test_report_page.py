"""The HTML report in a real browser, without a network."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from autoscale import report
from tests.browsers import chromium, complaints
from tests.fixtures.handmade import Record

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "real-step.jsonl.gz"
pytestmark = [pytest.mark.browser, pytest.mark.long]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report") / "report.html"
    report.write(FIXTURE, "html", out)
    return out


def opened(browser: Browser, path: Path, width: int, scheme: str) -> tuple[Page, list[str], list[str]]:
    """The report in a window; what it complains of; what it asks the network for."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
    page = context.new_page()
    errors, requests = complaints(page), []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_selector("#chart-cpu canvas")
    return page, errors, requests


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_draws_offline_at_any_width_and_in_both_schemes(
    browser: Browser, page_file: Path, width: int, scheme: str
) -> None:
    """Four charts are drawn, nothing is fetched, nothing is complained of, and nothing runs out of the window."""
    page, errors, requests = opened(browser, page_file, width, scheme)
    assert page.locator("#charts canvas").count() == 4
    assert errors == []
    assert requests == [page_file.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.context.close()


def test_the_first_screen_answers_the_four_questions(browser: Browser, page_file: Path) -> None:
    """Verdict and the four answers stand above everything else."""
    page, *_ = opened(browser, page_file, 1280, "light")
    questions = page.locator(".card h2").all_inner_texts()
    assert [text.lower() for text in questions] == [
        "can i believe it?",
        "was it good enough?",
        "which phase was slow?",
        "what should i change?",
    ]
    box = page.locator(".cards").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 900
    page.context.close()


def drawn(page: Page) -> list[bytes]:
    return [canvas.screenshot() for canvas in page.locator("#charts canvas").all()]


def test_a_zoom_on_one_chart_zooms_all_and_can_be_undone(browser: Browser, page_file: Path) -> None:
    """Dragging over one chart changes every chart; the button shows the whole run again."""
    page, *_ = opened(browser, page_file, 1280, "light")
    ranges = "view.plots.map(plot => [plot.scales.x.min, plot.scales.x.max])"
    before = page.evaluate(ranges)
    box = page.locator("#chart-load .u-over").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 100, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 40)
    page.mouse.up()
    after = page.evaluate(ranges)
    assert len({tuple(span) for span in after}) == 1
    assert after != before
    page.click("#whole")
    assert page.evaluate(ranges) == before
    page.context.close()


def test_the_keyboard_moves_the_cursor_and_says_the_figures(browser: Browser, page_file: Path) -> None:
    """An arrow key on a chart reads out the figures at the cursor."""
    page, *_ = opened(browser, page_file, 1280, "light")
    page.focus("#chart-pods")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert "ready" in page.locator("#charts [aria-live]").inner_text()
    page.context.close()


def test_the_cursor_is_one_for_all_charts(browser: Browser, page_file: Path) -> None:
    """Pointing at one chart shows the same moment in the others."""
    page, *_ = opened(browser, page_file, 1280, "light")
    box = page.locator("#chart-load .u-over").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 40)
    lefts = page.evaluate("view.plots.map(plot => Math.round(plot.cursor.left))")
    assert max(lefts) - min(lefts) <= 1
    assert lefts[0] > 0
    page.context.close()


def read_out(page: Page, chart: str) -> str:
    """The figures under one chart."""
    return " ".join(page.locator(f"#chart-{chart} .u-legend").inner_text().split())


def test_a_chart_reads_the_last_point_at_or_before_the_cursor(browser: Browser, page_file: Path) -> None:
    """Between two samples the figure is the earlier one, however near the later is: in every chart, for the mouse."""
    page, *_ = opened(browser, page_file, 1280, "light")
    script = """() => view.plots.flatMap(plot => {
      const x = plot.chart.x, i = Math.floor(x.length / 2), near = x[i + 1] - (x[i + 1] - x[i]) * 0.01;
      plot.over.dispatchEvent(new MouseEvent("mousemove", {bubbles: true}));
      plot.setCursor({left: plot.valToPos(near, "x"), top: 10}, true, true);
      return plot.drawn.map((series, k) => [plot.cursor.idxs[k + 1], i]);
    })"""
    assert all(read == earlier for read, earlier in page.evaluate(script))
    page.context.close()


def test_mouse_and_keyboard_read_the_same(browser: Browser, page_file: Path) -> None:
    """The cursor at a time shows the same figures in all four charts, whether a key or the mouse put it there."""
    page, *_ = opened(browser, page_file, 1280, "light")
    page.focus("#chart-pods")
    page.keyboard.press("Home")
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    by_key = [read_out(page, chart) for chart in ("load", "latency", "pods", "cpu")]
    time = page.evaluate("view.plots[2].posToVal(view.plots[2].cursor.left, 'x')")
    script = "(t) => view.plots[0].valToPos(t, 'x') + view.plots[0].over.getBoundingClientRect().left"
    box = page.locator("#chart-load .u-over").bounding_box()
    assert box is not None
    page.mouse.move(page.evaluate(script, time + 0.6), box["y"] + 40)
    by_mouse = [read_out(page, chart) for chart in ("latency", "pods", "cpu")]
    assert by_key[2:] == by_mouse[1:]
    assert by_key[1].split(" p50")[0] == by_mouse[0].split(" p50")[0]
    page.context.close()


def test_keys_stay_in_what_is_shown(browser: Browser, page_file: Path) -> None:
    """After a zoom Home, End and the arrows keep to the span that is shown; Escape shows everything again."""
    page, *_ = opened(browser, page_file, 1280, "light")
    where = "((u) => [u.scales.x.min, u.posToVal(u.cursor.left, 'x'), u.scales.x.max])(view.plots[0])"
    page.focus("#chart-load")
    before = page.evaluate(where)
    page.keyboard.press("End")
    assert page.evaluate(where)[1] == pytest.approx(before[2], abs=2)
    keys = "+ + Home ArrowLeft ArrowLeft End ArrowRight Shift+ArrowRight Home ArrowRight"
    for key in keys.split():
        page.keyboard.press(key)
        low, at, high = page.evaluate(where)
        assert low - 0.01 <= at <= high + 0.01, key
    assert high - low == pytest.approx((before[2] - before[0]) / 4)
    page.keyboard.press("Escape")
    assert page.evaluate(where)[::2] == pytest.approx(before[::2])
    page.context.close()


def test_why_the_size_changed_stands_at_the_triangle(browser: Browser, page_file: Path) -> None:
    """A click in the list of scale events puts every cursor there, and the reason stands at the triangle."""
    page, *_ = opened(browser, page_file, 1280, "light")
    page.locator("button.look").first.click()
    tip = page.locator("#chart-pods .tip")
    assert "2 → 3: cpu resource utilization (percentage of request) above target, cpu: " in tip.inner_text()
    page.focus("#chart-pods")
    page.keyboard.press("Home")
    assert tip.is_hidden()
    page.context.close()


def printed(page: Page, width: int) -> list[str]:
    """What stands beyond the paper's edge, at a width in CSS pixels."""
    page.emulate_media(media="print")
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    script = """() => [...document.querySelectorAll("table, canvas, pre, p, h1, h2, h3, figure, details")].filter(
      (box) => box.getBoundingClientRect().right > document.documentElement.clientWidth + 1
    ).map((box) => box.outerHTML.slice(0, 200))"""
    return list(page.evaluate(script))


@pytest.mark.parametrize("width", [703, 725], ids=["A4", "Letter"])
def test_the_print_fits_the_paper(browser: Browser, page_file: Path, width: int) -> None:
    """Charts and tables end within the margins, what is folded away is open; afterwards all is as it was."""
    page, errors, _ = opened(browser, page_file, 1280, "dark")
    folded = page.locator("details:not([open])").count()
    assert folded > 5
    assert printed(page, width) == []
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details:not([open])").count() == folded
    assert errors == []
    page.context.close()


def test_a_chart_of_nothing_says_so(browser: Browser, tmp_path: Path) -> None:
    """Load alone: two charts are drawn, pods and CPU say that they were not recorded; zeros are told, not drawn."""
    run = (
        Record([[0, 10], [60, 10]], objectives=("p95 < 1s",))
        .mark("load-start", 0)
        .mark("load-end", 60)
        .steady(0, 60, 10)
    )
    record, out = tmp_path / "record.jsonl", tmp_path / "report.html"
    record.write_text("".join(json.dumps(row) + "\n" for row in run.rows()))
    report.write(record, "html", out)
    page = browser.new_page()
    page.goto(out.as_uri())
    assert page.locator("#charts canvas").count() == 2
    assert page.locator("#chart-pods").inner_text().split("\n")[-1] == "Not recorded."
    assert page.locator("#chart-load figcaption").inner_text() == "Load: requests per second; none failed or dropped"
    assert "failed" not in read_out(page, "load")
    page.close()
