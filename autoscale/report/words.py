"""Figures as people read them; what is not known says so."""

import math
from datetime import UTC, datetime

from autoscale.analysis.resolution import Resolution
from autoscale.analysis.results.analysis import Analysis
from autoscale.analysis.results.series import NodeLife
from autoscale.findings.results import Evidence

UNKNOWN = "unknown"
_TOLD_S = 0.001
_SLACK = 0.05  # an error of 1.03 s is one of 1 s


def duration(seconds: float | None) -> str:
    """``0.0123`` -> "12 ms", ``75`` -> "1 min 15 s"; None -> "unknown"."""
    if seconds is None:
        return UNKNOWN
    if abs(seconds) < 0.9995:
        return f"{seconds * 1000:.3g} ms"
    if abs(seconds) < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "min"), (rest, "s")]
    return " ".join(f"{value} {unit}" for value, unit in parts if value)


def measured(seconds: float | None, error: float | None) -> str:
    """A duration rounded to the error it has, and the error: ``(1.385, 0.4)`` -> "1.4 s ± 0.4 s"; what is smaller than
    its error is known only to be that small: ``(0.005, 1)`` -> "<1 s". An error of None or below a ms is not told."""
    if seconds is None or error is None or error < _TOLD_S:
        return duration(seconds)
    unit = 10.0 ** math.floor(math.log10(error))
    error = math.ceil(round(error / unit, 3) - _SLACK) * unit
    if abs(seconds) < error:
        return f"<{_plain(error, unit)}"
    return f"{_plain(round(seconds / unit) * unit, unit)} ± {_plain(error, unit)}"


def _plain(seconds: float, unit: float) -> str:
    """A duration to the place of ``unit``; tenths of a second stay seconds."""
    if 0.1 <= unit < 1 and abs(seconds) < 60:
        return f"{round(seconds, 1):g} s"
    return duration(seconds)


def latency(seconds: float | None, known: Resolution) -> str:
    """A duration, or between which bounds it lies where no more is known of it."""
    return known.text(seconds) or duration(seconds)


def percent(share: float | None) -> str:
    """``0.0123`` -> "1.23 %"; None -> "unknown"."""
    return UNKNOWN if share is None else f"{share * 100:.3g} %"


def count(number: float | None) -> str:
    """``12345`` -> "12,345"; None -> "unknown"."""
    if number is None:
        return UNKNOWN
    return f"{number:,.0f}" if float(number).is_integer() or abs(number) >= 1000 else f"{number:.3g}"


def many(number: float, noun: str) -> str:
    """``1, "pod"`` -> "1 pod"; ``2, "pod"`` -> "2 pods"."""
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def figure(value: float | None, unit: str) -> str:
    """A measure with its unit."""
    if value is None:
        return UNKNOWN
    if unit == "s":
        return duration(value)
    if unit == "share":
        return percent(value)
    if unit == "count":
        return count(value)
    return f"{count(value)} {unit}".strip()


def evidence(fact: Evidence) -> str:
    """One fact of a finding with its figure: "pods needed: 5 pods"."""
    return fact.words if fact.value is None else f"{fact.words}: {figure(fact.value, fact.unit)}"


def offset(at: float | None, zero: float | None) -> str:
    """A time since the load began as ``m:ss``; None -> "unknown"."""
    if at is None or zero is None:
        return UNKNOWN
    seconds = round(at - zero)
    minutes, rest = divmod(abs(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    sign = "-" if seconds < 0 else ""
    return f"{sign}{hours}:{minutes:02}:{rest:02}" if hours else f"{sign}{minutes}:{rest:02}"


def moment(at: float | None) -> str:
    """A time of day in UTC, for people."""
    return UNKNOWN if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def node_rows(analysis: Analysis) -> list[tuple[str, ...]]:
    """Name, size, when it came, was Ready and went, and why, of each node; none where no node came or went."""
    lives, zero = analysis.node_lives, analysis.load_start
    if not any(one.came or one.gone for one in lives):
        return []
    return [(one.name, _size(one), *_times(one, zero), _why(one)) for one in lives]


def _size(node: NodeLife) -> str:
    parts = [f"{node.cpu_m / 1000:g} cores" if node.cpu_m else "size unknown"]
    parts += [f"{node.mem_b / 2**30:.3g} GiB"] if node.mem_b else []
    return ", ".join([*parts, *filter(None, (node.instance, node.price_class))])


def _times(node: NodeLife, zero: float | None) -> tuple[str, str, str]:
    came = "before" if node.came is None else offset(node.came, zero)
    ready = "never" if node.ready is None else "before" if node.came is None else offset(node.ready, zero)
    return came, ready, "stayed" if node.gone is None else offset(node.gone, zero)


def _why(node: NodeLife) -> str:
    came = f"came for {node.for_whom}" if node.for_whom else ""
    went = f"went: {node.why_gone}" if node.why_gone else ""
    return "; ".join(filter(None, (came, went))) or ("was there" if node.came is None else UNKNOWN)
