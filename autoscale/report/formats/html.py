"""The report as one HTML file that loads nothing: template, style, scripts and data inlined."""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
import yaml
from markupsafe import Markup

from autoscale.analysis.resolution import resolution_of
from autoscale.analysis.results.analysis import Analysis
from autoscale.analysis.results.catalogue import CATALOGUE, GROUPS
from autoscale.analysis.results.figures import Measure
from autoscale.base.version import VERSION
from autoscale.base.visible import visible_in
from autoscale.report import compiled, words
from autoscale.report.answers.four import answers
from autoscale.report.charts import chart_data
from autoscale.report.gather import Account
from autoscale.report.missing import is_sized
from autoscale.report.phases import PHASE_WORDS, bars, ready_after, start_error
from autoscale.report.services import table
from autoscale.report.summary import in_short
from autoscale.verdict.checks.record import unheard

_HERE = Path(__file__).parents[1]
# A table of a day's decisions would be longer than anyone reads; the JSON holds them all.
MOST_ROWS = 200
_GROUP_WORDS = {
    "users": "What users felt",
    "scaling": "How it scaled",
    "cost": "What it cost",
    "research": "As research measures it",
}


def render(account: Account) -> str:
    """The whole page. Strings from pods, events and URLs are escaped by the template engine."""
    return _environment(account.analysis).get_template("report.html.j2").render(_context(account))


def _environment(analysis: Analysis) -> jinja2.Environment:
    environment = compiled.environment(
        _HERE / "templates",
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        optimized=False,  # it is rendered once, in 2 ms: optimising would take 5
    )
    zero = analysis.load_start if analysis.load_start is not None else analysis.start
    known = resolution_of(analysis.header)
    filters: dict[str, Callable[..., Any]] = {
        "since": lambda at: words.offset(at, zero),
        "offset": lambda at: round(at - zero, 2),
        "duration": words.duration,
        "count": words.count,
        "percent": words.percent,
        "evidence": words.evidence,
        "bars": bars,
        "ready_after": ready_after,
        "latency": lambda seconds: words.latency(seconds, known),
        "bracketed": lambda seconds: "" if seconds is None or known.bounds_s else f" ({words.duration(seconds)})",
        "capitalize_first": lambda text: text[:1].upper() + text[1:],
    }
    environment.filters.update(filters)
    # The whole load and the stages; the rest, before, during and after each scale event, is folded away.
    environment.tests["main_part"] = lambda label: label.startswith(("whole", "stage"))
    return environment


def _context(account: Account) -> dict[str, Any]:
    analysis = account.analysis
    return {
        "title": f"{analysis.header['scenario'].get('name') or 'run'}: {_target(analysis)}",
        "subtitle": _subtitle(analysis),
        "verdict": account.verdict,
        "findings": account.findings,
        "expected": account.expected,
        "answers": answers(account),
        "in_short": in_short(account),
        "notes": analysis.notes,
        "services": table(account),
        "scale_ups": analysis.scale_ups[:MOST_ROWS],
        "scale_downs": analysis.scale_downs[:MOST_ROWS],
        "sized": is_sized(analysis),
        "scale_events": analysis.scale_events[:MOST_ROWS],
        "nodes": words.node_rows(analysis)[:MOST_ROWS],
        "interventions": analysis.interventions[:MOST_ROWS],
        "decisions": analysis.decisions[:MOST_ROWS],
        "decision_counts": ", ".join(
            f"{n} {name}" for name, n in Counter(d.outcome for d in analysis.decisions).items()
        ),
        "latency": analysis.latency[:MOST_ROWS],
        "names": analysis.names[:MOST_ROWS],
        "phase_words": PHASE_WORDS,
        "failures": analysis.failures,
        "pods": analysis.pods[:MOST_ROWS],
        "measures": _groups(analysis),
        "events": analysis.events[:MOST_ROWS],
        "event_count": len(analysis.events),
        "is_loaded": any(part.count is not None for part in analysis.latency),
        "demand_how": analysis.demand.how,
        "gaps": analysis.gaps[:MOST_ROWS],
        "deaf": unheard(analysis, analysis.start, analysis.end, of_load=False),
        "settings": _settings(analysis),
        "version": VERSION,
        "source": account.source.name,
        "data": inline_json(chart_data(analysis, account.findings, account.beside)),
        "css": asset("templates/report.css"),
        "charts_js": asset("templates/marks.js") + asset("templates/charts.js"),
        "uplot_css": asset("vendor/uplot/uPlot.min.css"),
        "uplot_js": asset("vendor/uplot/uPlot.iife.min.js"),
    }


def asset(name: str) -> Markup:
    """A file of ours to stand inline; nothing in it may close the element it stands in."""
    return Markup(
        (_HERE / name).read_text(encoding="utf-8").replace("</script", "<\\/script").replace("</style", "<\\/style")
    )


def inline_json(value: Any) -> Markup:
    """JSON that is safe inside a script element."""
    text = json.dumps(visible_in(value), separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _target(analysis: Analysis) -> str:
    target = analysis.header["target"]
    return f"{target['kind'].lower() or 'workload'}/{target['name'] or 'unknown'}"


def _subtitle(analysis: Analysis) -> str:
    context = analysis.header["context"].get("name") or "unknown"
    parts = [words.moment(analysis.start), f"context {context}", f"run {analysis.run}"]
    if analysis.partial:
        parts.append("partial: the record breaks off")
    elif analysis.end_reason and analysis.end_reason != "done":
        parts.append(analysis.end_reason)
    return " · ".join(parts)


def _settings(analysis: Analysis) -> list[tuple[str, str]]:
    header = analysis.header
    named = [
        ("HorizontalPodAutoscaler in force", dict(analysis.hpa.raw) if analysis.hpa else None),
        ("Scenario", {k: v for k, v in header["scenario"].items() if k != "points"}),
        ("Target", header["target"]),
        ("HPA controller", header["hpa_config"]),
        ("Cluster", header["context"]),
        ("Versions", header["versions"]),
        ("Environment", header["environment"]),
        ("Accepted but not enforced by the embedded cluster", header["accepted"]),
        ("Objects as applied", header["objects"]),
    ]
    return [(name, yaml.safe_dump(value, sort_keys=False, allow_unicode=True)) for name, value in named if value]


def _figure(measure: Measure, analysis: Analysis) -> str:
    if measure.name == "startup":  # made of moments that Kubernetes gives in whole seconds
        return words.measured(measure.value, max(map(start_error, analysis.pods), default=0.0))
    if re.fullmatch(r"(service_)?p\d+(\.\d+)?|max", measure.name):
        return words.latency(measure.value, resolution_of(analysis.header))
    return words.figure(measure.value, measure.unit)


def _groups(analysis: Analysis) -> list[tuple[str, list[tuple[str, str, str, str]]]]:
    """For each group of readers: (name, title, figure, note) of its measures."""
    return [
        (
            _GROUP_WORDS[group],
            [
                (name, CATALOGUE[name].title, _figure(found, analysis), _note(found))
                for name in names
                if (found := analysis.measures.get(name)) is not None
            ],
        )
        for group, names in GROUPS.items()
    ]


def _note(measure: Measure) -> str:
    bound = "not reached while the run was seen: at least this" if measure.at_least else ""
    return "; ".join(part for part in (bound, measure.note) if part)
