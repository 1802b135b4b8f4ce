"""A comparison as text, Markdown and one self-contained HTML file."""

from collections.abc import Sequence
from html import escape

from autoscale.compare.results import Comparison, Difference, Line

_SIGNS = {"better": "better", "worse": "WORSE", "same": "same", "differs": "differs", "cannot say": "?"}
_COLOURS = {"base": "#6b7280", "new": "#d9480f"}
_WIDTH, _HEIGHT = 900, 180
_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}
td,th{padding:.25rem .6rem;text-align:right;border-bottom:1px solid #8884}
td:first-child,th:first-child{text-align:left}
.worse td:last-child{color:#e03131;font-weight:700}
.better td:last-child{color:#2f9e44}
.cannot-say{opacity:.75}
.scroll{overflow-x:auto}
figure{margin:1rem 0}
svg{width:100%;height:auto}
text{fill:currentColor;font-size:12px}
@media(max-width:40rem){text{font-size:30px}}
"""


def show(value: float | None, unit: str) -> str:
    """A value with its unit, short."""
    if value is None:
        return "unknown"
    if unit == "s":
        return f"{value * 1000:.3g} ms" if abs(value) < 1 else f"{value:.3g} s"
    if unit == "share":
        return f"{value * 100:.3g} %"
    return f"{value:.4g}"


def _cells(one: Difference) -> list[str]:
    interval = f"{show(one.low, one.unit)} to {show(one.high, one.unit)}" if one.low is not None else "unknown"
    title = one.title + (" *" if one.gates else "")
    base, new = one.base_text or show(one.base_median, one.unit), one.new_text or show(one.new_median, one.unit)
    return [title, base, new, interval, _SIGNS[one.change]]


_HEADS = ["measure", "base", "new", "95 % interval of the difference", "change"]


def as_text(found: Comparison) -> str:
    """A table for the terminal; * marks what gates."""
    rows = [_HEADS, *(_cells(one) for one in found.differences)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    head = f"{found.outcome.upper()}: {found.reason}"
    sides = f"base: {', '.join(found.base)}\nnew:  {', '.join(found.new)}"
    return "\n".join([head, sides, *(f"warning: {text}" for text in found.warnings), "", *lines])


def as_markdown(found: Comparison) -> str:
    """For a pull request comment."""
    lines = [
        f"**{found.outcome}**: {_md(found.reason)}",
        "",
        f"base: {_md(', '.join(found.base))}  ",
        f"new: {_md(', '.join(found.new))}",
        "",
    ]
    lines += [f"- warning: {_md(text)}" for text in found.warnings] + [""] * bool(found.warnings)
    lines += ["| " + " | ".join(_HEADS) + " |", "| --- | ---: | ---: | ---: | --- |"]
    lines += ["| " + " | ".join(_md(cell) for cell in _cells(one)) + " |" for one in found.differences]
    return "\n".join(lines) + "\n"


def _md(text: str) -> str:
    """Text that cannot become markup or leave its table cell."""
    for mark in ("\\", "|", "`", "*", "_", "[", "]"):
        text = text.replace(mark, "\\" + mark)
    return text.replace("<", "&lt;").replace(">", "&gt;").replace("\n", " ").replace("\r", " ")


def as_html(found: Comparison) -> str:
    """One file without any reference outside: the table, and both sides' curves over each other."""
    rows = "".join(
        f"<tr class='{one.change.replace(' ', '-')}'>"
        + "".join(f"<td>{escape(cell)}</td>" for cell in _cells(one))
        + "</tr>"
        for one in found.differences
    )
    heads = "".join(f"<th scope='col'>{head}</th>" for head in _HEADS)
    items = "".join(f"<li>{escape(text)}</li>" for text in found.warnings)
    warnings = f"<h2>Not alike</h2><ul class='warning'>{items}</ul>" if items else ""
    legend = (
        f"<p><span style='color:{_COLOURS['base']}'>&#9632;</span> base: {escape(', '.join(found.base))}<br>"
        f"<span style='color:{_COLOURS['new']}'>&#9632;</span> new: {escape(', '.join(found.new))}</p>"
    )
    charts = _chart("Ready pods", [(line, line.ready) for line in found.lines], step=True) + _chart(
        "95th percentile of response (s)", [(line, line.p95) for line in found.lines], step=False
    )
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>Comparison</title>"
        f"<meta name='viewport' content='width=device-width'><style>{_STYLE}</style>"
        f"<h1>Comparison: {escape(found.outcome)}</h1><p>{escape(found.reason)}</p>{warnings}{legend}{charts}"
        f"<div class='scroll'><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
        "<p>* a change for the worse in these is a regression. Percentiles are of all runs' merged buckets, other "
        "values, and those of single requests, medians over the runs.</p></html>"
    )


Points = tuple[tuple[float, float], ...]


def _chart(title: str, lines: Sequence[tuple[Line, Points]], *, step: bool) -> str:
    every = [point for _, points in lines for point in points]
    if not every:
        return ""
    low, high = min(x for x, _ in every), max(x for x, _ in every)
    top = max(y for _, y in every) or 1.0
    paths = "".join(
        f"<path fill='none' stroke-width='1.5' opacity='.8' stroke='{_COLOURS[line.side]}' "
        f"d='{_path(points, low, high, top, step=step)}'><title>{escape(line.run)}</title></path>"
        for line, points in lines
    )
    return (
        f"<figure><figcaption>{title}</figcaption><svg viewBox='0 0 {_WIDTH} {_HEIGHT + 20}' role='img' "
        f"aria-label='{title} over time, base and new'><text x='0' y='12'>{top:.3g}</text>"
        f"<text x='0' y='{_HEIGHT + 15}'>{low:.0f} s</text><text x='{_WIDTH}' y='{_HEIGHT + 15}' text-anchor='end'>"
        f"{high:.0f} s</text>{paths}</svg></figure>"
    )


def _path(points: Points, low: float, high: float, top: float, *, step: bool) -> str:
    parts: list[str] = []
    for x, y in points:
        right, down = (x - low) / ((high - low) or 1) * _WIDTH, _HEIGHT - y / top * (_HEIGHT - 15)
        if parts:
            parts.append(f"H{right:.1f}V{down:.1f}" if step else f"L{right:.1f} {down:.1f}")
        else:
            parts.append(f"M{right:.1f} {down:.1f}")
    return "".join(parts)
