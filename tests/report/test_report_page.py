"""The HTML report in a real browser, without a network."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from autoscale import report
from tests.browsers import chromium, complaints

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "real-step.jsonl.gz"
pytestmark = pytest.mark.browser


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
