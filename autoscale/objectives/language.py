"""The language of objectives: ``p95 < 300ms during peak``, ``ready >= 6 within 90s of step``, ``no flapping``.

    METRIC [of NAME] OP VALUE [during STAGE [from DURATION] | from DURATION after MOMENT | within DURATION of MOMENT]
    no flapping [during STAGE]
    back to min within DURATION of MOMENT

MOMENT is a stage (its beginning), ``start`` or ``end`` (of the load) or ``step`` (the largest rise of the plan).
NAME is that of requests. What has blanks is written in quotes. ``SERVICE: ...`` before an objective on pods is of that
service, where several are recorded.
"""

import difflib
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from autoscale.base.errors import InputError, Problem
from autoscale.base.times import parse_duration

Kind = Literal["duration", "share", "count", "rate", "number"]
Operator = Literal["<", "<=", ">", ">=", "==", "!="]

# name -> what kind of value it is compared with. Latency percentiles pNN and service_pNN are known besides.
METRICS: dict[str, Kind] = {
    "max": "duration",
    "errors": "share",
    "bad": "share",
    "throughput": "rate",
    "dropped": "share",
    "lost": "count",
    "ready": "count",
    "desired": "count",
    "running": "count",
    "overshoot": "share",
    "reaction": "duration",
    "capacity": "duration",
    "recovery": "duration",
    "settling": "duration",
    "startup": "duration",
    "reversals": "count",
    "adaptations": "count",
    "under_provisioned": "share",
    "over_provisioned": "share",
    "instability": "share",
    "replica_minutes": "number",
    "cost": "number",
    "cpu": "share",
}
_BEYOND_ONE = {"overshoot": 10.0, "cpu": 10.0}  # shares that may be more than the whole; others are refused from 1 on
OF_A_NAME = ("max", "errors", "throughput")  # and latency percentiles: known of the requests of each name, too
OVER_TIME = ("ready", "desired", "running", "cpu")
_SPANNED = ("max", "errors", "bad", "throughput", "dropped")  # have a value of their own in any part of the load
LATENCY = re.compile(r"(service_)?p(\d{1,2}(?:\.\d+)?)")
MOMENTS = ("start", "end", "step")
_WORDS = ("no flapping", "back to min")
_SERVICE = re.compile(r"\s*([a-z0-9][-a-z0-9.]*)\s*:\s*")
_OPERATORS: tuple[Operator, ...] = ("<=", ">=", "==", "!=", "<", ">")


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of the run counts. ``kind``: whole | during (a stage, after its first ``offset_s``) | after (from
    ``offset_s`` after a moment to the end of the load) | within (some time in ``offset_s`` after a moment)."""

    kind: Literal["whole", "during", "after", "within"] = "whole"
    of: str | None = None
    offset_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Objective:
    """One objective. ``bound`` is in seconds, as a share (0..1), a count, per second or a bare number, by ``kind``.
    ``subject``: the name of the requests that it is about; None for all. ``service``: of which of several services it
    is; None for the target."""

    text: str
    metric: str
    operator: Operator
    bound: float
    kind: Kind
    window: Window
    subject: str | None = None
    service: str | None = None

    @property
    def quantile(self) -> float | None:
        """0..1 for a latency objective on a percentile, else None."""
        match = LATENCY.fullmatch(self.metric)
        return float(match[2]) / 100 if match else None


class _Mistake(ValueError):
    """What is wrong with one objective: found, wanted, fix."""

    def __init__(self, found: str, wanted: str, fix: str = "") -> None:
        super().__init__(found)
        self.found, self.wanted, self.fix = found, wanted, fix


def parse(texts: Iterable[str], stages: Iterable[str], where: str = "scenario: objectives") -> list[Objective]:
    """Read objectives against the names of the stages; raises one InputError with every mistake in them."""
    names = list(stages)
    objectives: list[Objective] = []
    problems: list[Problem] = []
    for i, text in enumerate(texts):
        try:
            objectives.append(parse_one(str(text), names))
        except _Mistake as mistake:
            problems.append(Problem(f"{where}[{i}]", mistake.found, mistake.wanted, mistake.fix))
    if problems:
        raise InputError("the objectives cannot be read", problems=problems)
    return objectives


def parse_one(text: str, stages: Sequence[str]) -> Objective:
    """Read one objective; raises ValueError with ``found``, ``wanted`` and ``fix``."""
    named = _SERVICE.match(text)
    if named is None:
        return _one(text, text, stages)
    found = _one(text[named.end() :], text, stages)
    if found.metric in _SPANNED or LATENCY.fullmatch(found.metric) or found.metric in ("dropped", "lost"):
        wanted = "one on pods (ready, cpu, reversals, back to min): the load is sent to the target alone"
        raise _Mistake(f"{text!r}, an objective on requests for one of several services", wanted)
    return replace(found, service=named[1])


def _one(form: str, text: str, stages: Sequence[str]) -> Objective:
    words = _words(form)
    head = [word.lower() for word in words]
    if head[:2] == ["no", "flapping"]:
        return Objective(
            text=text,
            metric="reversals",
            operator="<",
            bound=3,
            kind="count",
            window=_window(words[2:], stages, text, ("during",)),
        )
    if head[:3] == ["back", "to", "min"]:
        window = _window(words[3:], stages, text, ("within",))
        if window.kind != "within":
            raise _Mistake(repr(text), "`back to min within DURATION of MOMENT`")
        return Objective(
            text=text, metric="back_to_min", operator="<=", bound=window.offset_s, kind="duration", window=window
        )
    if len(words) < 3:
        raise _Mistake(repr(text), "METRIC OPERATOR VALUE, for example `p95 < 300ms`", _near(" ".join(head), _WORDS))
    metric, kind = _metric(words[0])
    subject = _subject(words, metric, text) if head[1] == "of" else None
    if words[1] not in _OPERATORS:
        raise _Mistake(f"operator {words[1]!r} in {text!r}", "one of " + " ".join(_OPERATORS))
    allowed: tuple[str, ...] = ("during", "from", "within") if metric in OVER_TIME else ()
    if metric in _SPANNED or LATENCY.fullmatch(metric):
        allowed = ("during", "from")
    window = _window(words[3:], stages, text, allowed)
    return Objective(
        text=text,
        metric=metric,
        operator=_operator(words[1]),
        bound=_bound(words[2], kind, metric),
        kind=kind,
        window=window,
        subject=subject,
    )


def _subject(words: list[str], metric: str, text: str) -> str:
    """Take `of NAME` out of the words."""
    if metric not in OF_A_NAME and not (LATENCY.fullmatch(metric) and metric.startswith("p")):
        wanted = "a metric that is known of each name: p50, p95, p99, " + ", ".join(OF_A_NAME)
        raise _Mistake(f"{metric} `of` a name in {text!r}", wanted)
    if len(words) < 5:
        raise _Mistake(repr(text), "`METRIC of NAME OPERATOR VALUE`, for example `p95 of checkout < 800ms`")
    name = words[2]
    del words[1:3]
    return name


def _words(text: str) -> list[str]:
    """Words as a shell divides them; an operator is a word of its own, except in quotes."""
    parts = re.split(r"""("[^"]*"|'[^']*')""", text)
    for i in range(0, len(parts), 2):
        parts[i] = re.sub(r"(<=|>=|==|!=|<(?!=)|>(?!=))", r" \1 ", parts[i])
        parts[i] = re.sub(r"([<>=!])\s+=", r"\1=", parts[i])
    try:
        return shlex.split("".join(parts))
    except ValueError as error:
        raise _Mistake(repr(text), "quotes in pairs", "close the quote") from error


def _operator(word: str) -> Operator:
    return next(operator for operator in _OPERATORS if operator == word)


def _metric(word: str) -> tuple[str, Kind]:
    name = word.lower()
    if LATENCY.fullmatch(name):
        return name, "duration"
    if name in METRICS:
        return name, METRICS[name]
    known = ["p50", "p90", "p95", "p99", "p99.9", "service_p95", *METRICS]
    raise _Mistake(f"metric {word!r}", "one of " + ", ".join(known), _near(name, known))


def _near(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"Did you mean `{close[0]}`?" if close else ""


def _bound(word: str, kind: Kind, metric: str) -> float:
    if kind == "duration":
        if not re.search(r"[a-z]", word):
            raise _Mistake(f"{word!r} for {metric}", "a duration with its unit, for example 300ms or 1.5s")
        try:
            return parse_duration(word)
        except ValueError as error:
            raise _Mistake(f"{word!r} for {metric}", "a duration with its unit, for example 300ms or 1.5s") from error
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(%|/s)?", word)
    unit = (match[2] or "") if match else None
    fits = {"share": ("%", ""), "count": ("",), "rate": ("/s", ""), "number": ("",)}[kind]
    if match is None or unit not in fits:
        example = {"share": "0.1% or 0.001", "count": "6", "rate": "50/s", "number": "40"}[kind]
        raise _Mistake(f"{word!r} for {metric}", f"a {kind}, for example {example}")
    bound = float(match[1]) / (100 if unit == "%" else 1)
    if kind == "share" and (
        bound > _BEYOND_ONE.get(metric, 1.0) or (bound >= 1 and not unit and metric not in _BEYOND_ONE)
    ):
        example = match[1] if unit != "%" and float(match[1]) <= 100 else "1"
        raise _Mistake(
            f"{word!r} for {metric}, which is {bound * 100:g} %",
            "a share of at most 100 %",
            f"`{metric} < {example}%`?",
        )
    return bound


def _window(words: list[str], stages: Sequence[str], text: str, allowed: tuple[str, ...]) -> Window:
    forms = {
        "during": "`during STAGE`",
        "from": "`from DURATION after MOMENT`",
        "within": "`within DURATION of MOMENT`",
    }
    if not words:
        return Window()
    wanted = " or ".join(forms[name] for name in allowed) or "no more, as it is measured over the whole load"
    head = words[0].lower()
    if head not in allowed:
        raise _Mistake(f"{' '.join(words)!r} in {text!r}", wanted, _near(head, allowed))
    if head == "during" and len(words) == 2:
        return Window("during", _moment(words[1], stages, ()))
    if head == "during" and len(words) == 4 and words[2].lower() == "from":
        return Window("during", _moment(words[1], stages, ()), _duration(words[3]))
    if head == "from" and len(words) == 4 and words[2].lower() == "after":
        return Window("after", _moment(words[3], stages, MOMENTS), _duration(words[1]))
    if head == "within" and len(words) == 4 and words[2].lower() == "of":
        return Window("within", _moment(words[3], stages, MOMENTS), _duration(words[1]))
    raise _Mistake(f"{' '.join(words)!r} in {text!r}", wanted)


def _duration(word: str) -> float:
    try:
        return parse_duration(word)
    except ValueError as error:
        raise _Mistake(repr(word), "a duration, for example 90s or 6m") from error


def _moment(word: str, stages: Sequence[str], moments: tuple[str, ...]) -> str:
    known = [*stages, *(moment for moment in moments if moment not in stages)]
    if word in known:
        return word
    wanted = "one of " + ", ".join(known) if known else "a stage, but this load has none"
    raise _Mistake(f"{'moment' if moments else 'stage'} {word!r}", wanted, _near(word, known))
