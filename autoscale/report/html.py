"""The report as one HTML file that loads nothing: template, style, scripts and data inlined."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
import yaml
from markupsafe import Markup

from autoscale import __version__
from autoscale.analysis.results.analysis import Analysis, Measure, Phase, PodLife, ScaleUp
from autoscale.analysis.results.catalogue import CATALOGUE
from autoscale.report import words
from autoscale.report.answers import PHASE_WORDS, answers, in_short, is_sized
from autoscale.report.charts import chart_data
from autoscale.report.gather import Account

_HERE = Path(__file__).parent
# A table of a day's decisions would be longer than anyone reads; the JSON holds them all.
MOST_ROWS = 200


def to_html(account: Account) -> str:
    """The whole page. Strings from pods, events and URLs are escaped by the template engine."""
    return _environment(account.analysis).get_template("report.html.j2").render(_context(account))


def _environment(analysis: Analysis) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    zero = analysis.load_start if analysis.load_start is not None else analysis.start
    filters: dict[str, Callable[..., Any]] = {
        "since": lambda at: words.offset(at, zero),
        "duration": words.duration,
        "count": words.count,
        "percent": words.percent,
        "figure": _figure,
        "left": _left,
        "width": _width,
        "ready_after": _ready_after,
        "bracketed": lambda seconds: "" if seconds is None else f" ({words.duration(seconds)})",
        "capitalize_first": lambda text: text[:1].upper() + text[1:],
    }
    environment.filters.update(filters)
    # The whole load and the stages; the rest, before, during and after each scale event, is folded away.
    environment.tests["main_part"] = lambda label: label.startswith(("whole", "stage"))
    return environment


def _context(account: Account) -> dict[str, Any]:
    analysis = account.analysis
    return {
        "title": f"{analysis.header.get('scenario', {}).get('name') or 'run'}: {_target(analysis)}",
        "subtitle": _subtitle(analysis),
        "verdict": account.verdict,
        "findings": account.findings,
        "answers": answers(account),
        "in_short": in_short(account),
        "notes": analysis.notes,
        "scale_ups": analysis.scale_ups[:MOST_ROWS],
        "scale_downs": analysis.scale_downs[:MOST_ROWS],
        "sized": is_sized(analysis),
        "scale_events": analysis.scale_events[:MOST_ROWS],
        "decisions": analysis.decisions[:MOST_ROWS],
        "decision_counts": ", ".join(
            f"{n} {name}" for name, n in Counter(d.outcome for d in analysis.decisions).items()
        ),
        "latency": analysis.latency[:MOST_ROWS],
        "titles": {name: entry.title for name, entry in CATALOGUE.items()},
        "phase_words": PHASE_WORDS,
        "failures": analysis.failures,
        "pods": analysis.pods[:MOST_ROWS],
        "measures": analysis.measures,
        "demand_how": analysis.demand.how,
        "gaps": analysis.gaps[:MOST_ROWS],
        "settings": _settings(analysis),
        "version": __version__,
        "source": account.source.name,
        "data": _json(chart_data(analysis, account.findings)),
        "css": _asset("templates/report.css"),
        "charts_js": _asset("templates/charts.js"),
        "uplot_css": _asset("vendor/uplot/uPlot.min.css"),
        "uplot_js": _asset("vendor/uplot/uPlot.iife.min.js"),
    }


def _asset(name: str) -> Markup:
    """A file of ours to stand inline; nothing in it may close the element it stands in."""
    return Markup(
        (_HERE / name).read_text(encoding="utf-8").replace("</script", "<\\/script").replace("</style", "<\\/style")
    )


def _json(value: Any) -> Markup:
    """JSON that is safe inside a script element."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _target(analysis: Analysis) -> str:
    target = analysis.header.get("target") or {}
    return f"{str(target.get('kind') or 'workload').lower()}/{target.get('name') or 'unknown'}"


def _subtitle(analysis: Analysis) -> str:
    context = analysis.header.get("context") or {}
    parts = [words.moment(analysis.start), f"context {context.get('name') or 'unknown'}", f"run {analysis.run}"]
    if analysis.partial:
        parts.append("partial: the record breaks off")
    elif analysis.end_reason and analysis.end_reason != "done":
        parts.append(analysis.end_reason)
    return " · ".join(parts)


def _settings(analysis: Analysis) -> list[tuple[str, str]]:
    header = analysis.header
    named = [
        ("HorizontalPodAutoscaler in force", dict(analysis.hpa.raw) if analysis.hpa else None),
        ("Scenario", {k: v for k, v in (header.get("scenario") or {}).items() if k != "points"}),
        ("Target", header.get("target")),
        ("HPA controller", header.get("hpa_config")),
        ("Cluster", header.get("context")),
        ("Versions", header.get("versions")),
        ("Environment", header.get("environment")),
        ("Accepted but not enforced by the embedded cluster", header.get("accepted")),
        ("Objects as applied", header.get("objects")),
    ]
    return [(name, yaml.safe_dump(value, sort_keys=False, allow_unicode=True)) for name, value in named if value]


def _figure(measure: Measure) -> str:
    return words.figure(measure.value, measure.unit)


def _left(phase: Phase, growth: ScaleUp) -> float:
    """Where a phase's bar begins, in percent of the whole."""
    start = growth.phases[0].start if growth.phases else None
    if phase.start is None or start is None or not growth.total_s:
        return 0.0
    return round(min(max(100 * (phase.start - start) / growth.total_s, 0), 100), 2)


def _width(phase: Phase, growth: ScaleUp) -> float:
    """How wide a phase's bar is, in percent of the whole."""
    return round(min(max(100 * (phase.duration_s or 0) / growth.total_s, 0), 100), 2) if growth.total_s else 0.0


def _ready_after(pod: PodLife) -> str:
    if pod.ready_at is None or pod.created is None:
        return words.UNKNOWN
    return words.duration(max(pod.ready_at - pod.created, 0.0)) if pod.ready_at >= pod.created else words.UNKNOWN
