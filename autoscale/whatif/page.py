"""The answer as one HTML file that loads nothing: curves over each other, bands shaded, the replay's error beside."""

from pathlib import Path
from typing import Any

import jinja2

from autoscale.base.version import VERSION
from autoscale.report.formats.html import asset, inline_json
from autoscale.whatif import words
from autoscale.whatif.answer import Answer, Band
from loadtest.histogram import quantiles

_HERE = Path(__file__).parent
_EDGE: dict[str, Any] = {"width": 0.4, "class": "edge"}  # of a band: drawn, not listed
_COLOURS = ("--a", "--c", "--d", "--e")


def to_html(answer: Answer) -> str:
    """The whole page."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    model = answer.model
    return environment.get_template("page.html.j2").render(
        title=f"What if: {model.seen.run.run}",
        columns=words.COLUMNS,
        outcomes=list(words.outcome_rows(answer)),
        replay=list(words.replay_rows(model)),
        figures=list(words.figure_rows(model)),
        notes=list(words.notes(answer)),
        missed=[error.name for error in model.replay if not error.ok],
        version=VERSION,
        source=model.seen.source.name,
        css=asset("templates/report.css"),
        uplot_css=asset("vendor/uplot/uPlot.min.css"),
        uplot_js=asset("vendor/uplot/uPlot.iife.min.js"),
        charts_js=asset("templates/marks.js") + asset("templates/charts.js"),
        data=inline_json(_data(answer)),
    )


def _data(answer: Answer) -> dict[str, Any]:
    """What templates/charts.js draws: pods and p95, recorded, replayed and of each variant."""
    model = answer.model
    span, truth = model.span, model.seen.run
    pods = [at for at, _ in model.replayed.pods]
    slots = [at for at, _ in model.replayed.p95_s]
    real_pods = [truth.replicas.desired.at(span.zero + at) for at in pods]
    named = [("replay", model.replayed), *((o.setting.name, o.curves) for o in answer.variants[: len(_COLOURS) - 1])]
    return {
        "range": [round(span.begin, 1), round(span.end, 1)],
        "charts": [
            _chart("pods", "Pods asked for", "", pods, real_pods, [(n, c.pods) for n, c in named], 1.0, whole=True),
            _chart(
                "latency",
                "p95 of each 15 s: milliseconds",
                "ms",
                slots,
                _recorded_p95(answer, slots),
                [(n, c.p95_s) for n, c in named],
                1000.0,
                whole=False,
            ),
        ],
        "stages": [{"name": n, "start": a, "end": b} for n, a, b in model.recorded.load.stages],
        "events": [],
        "spans": [],
    }


def _recorded_p95(answer: Answer, slots: list[float]) -> list[float | None]:
    run, zero = answer.model.seen.run, answer.model.span.zero
    ends = [*slots[1:], answer.model.recorded.load.duration_s]
    found = [quantiles(run.responses.merged(zero + a, zero + b), (0.95,))[0] for a, b in zip(slots, ends, strict=True)]
    return [None if value is None else round(value * 1000, 2) for value in found]


def _chart(
    name: str,
    title: str,
    unit: str,
    x: list[float],
    recorded: list[float | None],
    curves: list[tuple[str, tuple[tuple[float, Band], ...]]],
    factor: float,
    *,
    whole: bool,
) -> dict[str, Any]:
    series: list[dict[str, Any]] = [
        {"label": "recorded", "colour": "--b", "width": 2.2, "stepped": whole, "y": recorded}
    ]
    bands = []
    for (label, curve), colour in zip(curves, _COLOURS, strict=False):
        known = dict(curve)
        rows = [known.get(at, Band(None, None, None)) for at in x]
        for part, extra in (("middle", {}), ("high", _EDGE), ("low", _EDGE)):
            values = [_times(getattr(band, part), factor) for band in rows]
            text = label if part == "middle" else f"{label}, {'95 %' if part == 'high' else '5 %'}"
            series.append({"label": text, "colour": colour, "stepped": whole, "y": values, **extra})
        bands.append({"series": [len(series) - 1, len(series)], "colour": colour})
    return {"id": name, "title": title, "unit": unit, "x": x, "series": series, "bands": bands, "whole": whole}


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else round(value * factor, 3)
