"""The page's own pages: the Scaling page, the page where runs are started, and what they load."""

import html
import json
from collections.abc import Mapping
from pathlib import Path

from autoscale.base.visible import visible_in
from autoscale.web.desk import Desk

_HERE = Path(__file__).parent / "static"
_REPORT = Path(__file__).parents[1] / "report"

# name in the address -> (file, type)
ASSETS: Mapping[str, tuple[Path, str]] = {
    "uplot.js": (_REPORT / "vendor" / "uplot" / "uPlot.iife.min.js", "text/javascript"),
    "uplot.css": (_REPORT / "vendor" / "uplot" / "uPlot.min.css", "text/css"),
    "marks.js": (_REPORT / "templates" / "marks.js", "text/javascript"),
    "charts.js": (_REPORT / "templates" / "charts.js", "text/javascript"),
    "live.js": (_HERE / "live.js", "text/javascript"),
    "live.css": (_HERE / "live.css", "text/css"),
    "tab.js": (_HERE / "tab.js", "text/javascript"),
    "scaling.js": (_HERE / "scaling.js", "text/javascript"),
    "page.css": (_HERE / "page.css", "text/css"),
    "start.js": (_HERE / "start.js", "text/javascript"),
}

# uPlot places its parts by style attributes.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:"
)


def scaling_page() -> str:
    """The live charts alone: before Locust's UI is there, after it has gone, and at /scaling."""
    return (_HERE / "scaling.html").read_text(encoding="utf-8")


def start_page(desk: Desk) -> str:
    """Where a run is chosen and started, with those that were."""
    data = {
        "token": desk.token,
        "factors": Desk.FACTORS,
        "error": desk.error,
        "choices": [vars(choice) for choice in desk.choices()],
        "past": [vars(run) for run in desk.past()],
    }
    page = (_HERE / "start.html").read_text(encoding="utf-8")
    return page.replace("{{data}}", html.escape(json.dumps(visible_in(data))))
