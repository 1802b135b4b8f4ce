"""What the charts of a report draw: series over seconds since the load began, thinned to what a screen can show."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autoscale.analysis.histograms import HistogramSeries
from autoscale.analysis.resolution import resolution_of
from autoscale.analysis.results.analysis import Analysis
from autoscale.analysis.results.scaling import ScaleEvent
from autoscale.analysis.results.series import HpaMetric
from autoscale.analysis.steps import StepSeries, combine
from autoscale.findings.results import Finding

# A chart is about 1,000 pixels wide: more points than this only make the file larger and the first draw slower.
MOST_POINTS = 1500

Number = float | None
# A line to compare with: it alone makes no chart.
_REFERENCE = {"reference": True}


def chart_data(analysis: Analysis, findings: Iterable[Finding], beside: Sequence[Analysis] = ()) -> dict[str, Any]:
    """The JSON that templates/charts.js draws: four charts, those of ``beside`` (other services), one for each metric
    of the HPA that is not CPU, stages, scale events, marks (what somebody else did), spans of findings.

    A series is ``stepped`` (a value holds until the next), or each point ``lasts`` so many seconds; one that is
    ``quiet`` is not drawn while it is 0 throughout; ``reference``: a chart that holds nothing else was not recorded.
    """
    zero = analysis.load_start if analysis.load_start is not None else analysis.start
    start, end = analysis.start - zero, max(analysis.end - zero, analysis.start - zero + 1)
    return {
        "range": [round(start, 1), round(end, 1)],
        "charts": [
            _load(analysis, zero),
            _latency(analysis, zero),
            _pods(analysis, zero),
            _cpu(analysis, zero),
            *(_of_services((analysis, *beside), zero) if beside else ()),
            *(_metric(metric, analysis, zero) for metric in analysis.hpa_metrics if not metric.is_cpu),
        ],
        "stages": [{"name": s.name, "start": _at(s.start, zero), "end": _at(s.end, zero)} for s in analysis.stages],
        "events": [
            {"at": _at(e.at, zero), "up": e.up, "label": f"{e.before} → {e.after}", "words": why(e)}
            for e in analysis.scale_events
        ],
        "marks": [
            {"start": _at(one.at, zero), "end": _at(one.until, zero), "words": one.words}
            for one in analysis.interventions
            if one.until >= analysis.start
        ],
        "spans": [
            {"id": f.id, "start": _at(f.start, zero), "end": _at(f.end, zero)}
            for f in findings
            if f.start is not None and f.end is not None
        ],
    }


def why(event: ScaleEvent) -> str:
    """What a reader sees at the triangle of a scale event: the reason, and what the HPA saw beside its target."""
    if event.by == "keda":
        return "KEDA woke the target" if event.up else "KEDA put the target to sleep"
    if event.by == "other":
        return f"not by the HPA, but by {event.who}" if event.who else "not by the HPA"
    return ", ".join(part for part in (event.reason, event.metric) if part)


def _at(time: float, zero: float) -> float:
    return round(time - zero, 2)


def _load(analysis: Analysis, zero: float) -> dict[str, Any]:
    seconds = analysis.seconds
    width = bin_width(len(seconds))
    x = [_at(seconds.start + i, zero) for i in range(0, len(seconds), width)]
    rate: Callable[[Sequence[int | None]], list[Number]] = lambda values: bins(values, width, _mean)  # noqa: E731
    lasts = {"lasts": width}
    return {
        "id": "load",
        "title": "Load: requests per second",
        "unit": "/s",
        "x": x,
        "series": [
            {"label": "offered", "colour": "--a", "fill": "--fill", "y": rate(seconds.planned)} | lasts,
            {"label": "answered", "colour": "--b", "y": rate(seconds.answered)} | lasts,
            {"label": "failed", "colour": "--c", "y": rate(seconds.failed), "quiet": True} | lasts,
            {"label": "dropped", "colour": "--e", "y": rate(seconds.dropped), "quiet": True} | lasts,
        ],
    }


def _latency(analysis: Analysis, zero: float) -> dict[str, Any]:
    seconds = analysis.seconds
    width = bin_width(len(seconds))
    if width == 1:
        x = [_at(seconds.start + i, zero) for i in range(len(seconds))]
        curves = [[_ms(v) for v in values] for values in (seconds.p50, seconds.p95, seconds.p99)]
    else:
        x = [_at(seconds.start + i, zero) for i in range(0, len(seconds), width)]
        curves = _merged_quantiles(analysis.responses, seconds.start, width, len(x))
    if resolution_of(analysis.header).whole:  # one histogram of all: nothing is known of its course
        curves = [[None] * len(x) for _ in curves]
    bound = analysis.objective.bound_s * 1000 if analysis.objective else None
    return {
        "id": "latency",
        "title": "Latency from the intended start: milliseconds",
        "unit": "ms",
        "x": x,
        "series": [
            {"label": "p50", "colour": "--b", "y": curves[0], "lasts": width},
            {"label": "p95", "colour": "--a", "y": curves[1], "lasts": width},
            {"label": "p99", "colour": "--d", "y": curves[2], "width": 1, "lasts": width},
            *(
                [
                    {"label": "objective", "colour": "--c", "dash": [6, 4], "width": 1, "y": [bound] * len(x)}
                    | _REFERENCE
                ]
                if bound is not None
                else []
            ),
        ],
    }


def _merged_quantiles(responses: HistogramSeries, start: float, width: int, count: int) -> list[list[Number]]:
    """p50, p95, p99 in ms of each bin of ``width`` seconds, from merged buckets."""
    positions: list[list[int]] = [[] for _ in range(count)]
    for i, second in enumerate(responses.second):
        slot = int((second + responses.phase - start) // width)
        if 0 <= slot < count:
            positions[slot].append(i)
    found = [responses.quantiles(slot, (0.5, 0.95, 0.99)) for slot in positions]
    return [[_ms(value) for value in curve] for curve in zip(*found, strict=True)]


def _pods(analysis: Analysis, zero: float) -> dict[str, Any]:
    replicas = analysis.replicas
    named = [
        ("desired", "--a", replicas.desired if replicas.desired else replicas.hpa_desired),
        ("ready", "--b", replicas.ready),
        ("needed", "--e", analysis.demand.curve),
    ]
    needed = ", and needed for the load" if analysis.demand.curve else "; how many were needed is unknown"
    chart = _steps("pods", f"Pods: desired, ready{needed}", "", named, analysis, zero)
    chart["whole"] = True  # there is no half a pod: no half a tick either
    if chart["series"]:
        chart["series"][0]["fill"] = "--fill"
    for series in chart["series"]:
        if series["label"] == "needed":
            series |= {"dash": [4, 3], "width": 1}
    return chart


def _cpu(analysis: Analysis, zero: float) -> dict[str, Any]:
    cpu = analysis.cpu
    named = [("used", "--a", cpu.total), ("target", "--c", cpu.target), ("requested", "--d", cpu.requested)]
    chart = _steps("cpu", "CPU of all pods against the target: millicores", "m", named, analysis, zero)
    for series in chart["series"]:
        if series["label"] != "used":
            series |= {"dash": [6, 4], "width": 1}
    return chart


_COLOURS = ("--a", "--b", "--c", "--d", "--e")


def _of_services(services: Sequence[Analysis], zero: float) -> list[dict[str, Any]]:
    """Ready pods of each service, and its CPU as a share of its requests, on one axis each."""
    named = [
        (str(one.header["target"]["name"]), _COLOURS[i % len(_COLOURS)], one.replicas.ready, _used(one))
        for i, one in enumerate(services)
    ]
    ready = [(name, colour, series) for name, colour, series, _ in named]
    used = [(name, colour, series) for name, colour, _, series in named]
    return [
        _steps("services-pods", "Ready pods of each service", "", ready, services[0], zero) | {"whole": True},
        _steps("services-cpu", "CPU of each service: percent of its pods' requests", "%", used, services[0], zero),
    ]


def _used(analysis: Analysis) -> StepSeries:
    """CPU of all pods as percent of what they requested."""
    pair = (analysis.cpu.total, analysis.cpu.requested)
    return combine(pair, lambda v: None if v[0] is None or not v[1] else 100 * v[0] / v[1])


_PER = {"request": "percent of the request", "pod": "a pod", "all": "in all"}


def _metric(metric: HpaMetric, analysis: Analysis, zero: float) -> dict[str, Any]:
    """What the HPA saw of a metric, at its passes, against its target."""
    name = f"{metric.name} in {metric.container}" if metric.container else metric.name
    title = f"{name} as the HPA saw it, {_PER[metric.per]}"
    named = [("seen", "--a", metric.value), ("target", "--c", metric.target)]
    chart = _steps(f"metric-{metric.kind}-{name}", title, "", named, analysis, zero)
    for series in chart["series"]:
        if series["label"] == "target":
            series |= {"dash": [6, 4], "width": 1} | _REFERENCE
    return chart


def _steps(
    name: str, title: str, unit: str, named: list[tuple[str, str, StepSeries]], analysis: Analysis, zero: float
) -> dict[str, Any]:
    """A chart of step series over the union of their times."""
    known = [(label, colour, series) for label, colour, series in named if series]
    times = sorted({time for *_, series in known for time in series.times if analysis.start <= time <= analysis.end})
    times = sorted({analysis.start, *thin(times), analysis.end})
    return {
        "id": name,
        "title": title,
        "unit": unit,
        "x": [_at(time, zero) for time in times],
        "series": [
            {"label": label, "colour": colour, "stepped": True, "y": [_short(series.at(time)) for time in times]}
            for label, colour, series in known
        ],
    }


def bin_width(seconds: int) -> int:
    """Whole seconds a point, so that at most MOST_POINTS are drawn."""
    return max(1, -(-seconds // MOST_POINTS))


def bins(values: Sequence[int | None], width: int, fold: Callable[[list[int]], float]) -> list[Number]:
    """One figure for each ``width`` values; None where none of them is known."""
    if width == 1:
        return list(values)
    parts = ([v for v in values[i : i + width] if v is not None] for i in range(0, len(values), width))
    return [_short(fold(part)) if part else None for part in parts]


def thin(times: list[float]) -> list[float]:
    """At most MOST_POINTS of the times, evenly taken."""
    step = -(-len(times) // MOST_POINTS) if times else 1
    return times[::step]


def _mean(values: list[int]) -> float:
    return sum(values) / len(values)


def _ms(seconds: Number) -> Number:
    return None if seconds is None else _short(seconds * 1000)


def _short(value: Number) -> Number:
    return None if value is None else float(f"{value:.4g}")
