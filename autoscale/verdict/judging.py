"""Objectives against a run: each pass, fail, unknown or invalid, with value, bound, span and reason."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from autoscale.analysis.resolution import Interval
from autoscale.analysis.results.analysis import Analysis
from autoscale.base.errors import InputError
from autoscale.objectives.language import Objective, parse
from autoscale.verdict.checks.record import unheard
from autoscale.verdict.results import Judgement, Outcome, Validity, Verdict
from autoscale.verdict.validity import LOAD_CHECKS, ROW_CHECKS, TIME_CHECKS, validity
from autoscale.verdict.values import COMPARE, Value, value_of

# What rests on pods and sizes. A gap in one of their sources within the span leaves it unknown, also a failure: what
# happened in it is dated by when it was heard.
_SUPPLY = {
    "ready",
    "desired",
    "running",
    "overshoot",
    "reaction",
    "capacity",
    "settling",
    "startup",
    "reversals",
    "adaptations",
    "under_provisioned",
    "over_provisioned",
    "instability",
    "replica_minutes",
    "cpu",
    "back_to_min",
}


def judge(
    analysis: Analysis, texts: Sequence[str] | None = None, beside: Mapping[str, Analysis] | None = None
) -> Verdict:
    """Judge the scenario's objectives, or others given as texts (InputError where these cannot be read).

    ``beside``: other services of the record by name, for objectives of theirs.
    """
    believed = validity(analysis)
    stages = [str(stage["name"]) for stage in analysis.header["scenario"].get("stages") or []]
    found: list[Judgement] = []
    for text in texts if texts is not None else analysis.header["scenario"].get("objectives") or []:
        try:
            objective = parse([text], stages, "objectives")[0]
        except InputError as error:
            if texts is not None:
                raise
            found.append(_unread(str(text), error))
            continue
        of = analysis if objective.service in (None, analysis.header["target"]["name"]) else None
        of = of or (beside or {}).get(objective.service or "")
        found.append(_absent(objective) if of is None else judge_one(of, objective, believed))
    return _verdict(believed, found)


def _absent(objective: Objective) -> Judgement:
    """Of a service that is not in the record."""
    reason = f"the record holds no service {objective.service}"
    return replace(_unread(objective.text, InputError(reason)), objective=objective, reason=reason)


def _unread(text: str, error: InputError) -> Judgement:
    reason = error.problems[0].found if error.problems else error.what
    return Judgement(
        objective=None,
        text=text,
        outcome="unknown",
        value=None,
        value_text="unknown",
        bound_text="",
        start=None,
        end=None,
        reason=f"cannot be read: {reason}",
    )


def judge_one(analysis: Analysis, objective: Objective, believed: Validity) -> Judgement:
    """One objective. An invalid run makes it invalid; what was not seen makes it unknown, never a pass.

    Where part of the load itself is not known (a worker was lost), a failure is unknown too: nobody knows what the
    service had to bear. So it is where times run backwards, or rows are not as they were written, and where what is
    judged had been taken away by then, or not all that it rests on was heard.
    """
    value = value_of(analysis, objective)
    outcome, reason = _outcome(objective, value)
    if believed.outcome == "invalid":
        outcome, reason = "invalid", "the load generator was the limit: " + _reasons(believed, "invalid")
    elif outcome != "unknown" and (hole := _reasons(believed, "unknown", (*LOAD_CHECKS, *TIME_CHECKS, *ROW_CHECKS))):
        outcome, reason = "unknown", hole
    elif outcome == "fail" and (gone := _gone(believed, value)):
        outcome, reason = "unknown", gone
    elif outcome == "pass" or (outcome == "fail" and objective.metric in _SUPPLY):
        doubt = _gap(analysis, objective, value) or (_doubt(analysis, objective, value) if outcome == "pass" else "")
        if doubt:
            outcome, reason = "unknown", doubt
    number = value.value if value.value != math.inf else None
    return Judgement(
        objective=objective,
        text=objective.text,
        outcome=outcome,
        value=number,
        value_text=_shown(objective, value),
        bound_text=f"{objective.operator} {show(objective.bound, objective)}",
        start=value.start,
        end=value.end,
        reason=reason,
    )


def _gone(believed: Validity, value: Value) -> str:
    """Who took away what is judged, where the value's span does not end before that."""
    check = next(check for check in believed.checks if check.name == "subject")
    if check.effect == "none" or (value.end is not None and check.start is not None and value.end <= check.start):
        return ""
    return check.words


def _outcome(objective: Objective, value: Value) -> tuple[Outcome, str]:
    if value.value is None:
        return "unknown", value.reason or "not seen in this run"
    if value.within is not None:
        return _within(objective, value.within)
    holds = COMPARE[objective.operator](value.value, objective.bound)
    text = show(value.value, objective, at_least=value.at_least)
    reason = value.reason or f"measured {text}"
    if not value.at_least:
        return ("pass" if holds else "fail"), reason
    if objective.operator in ("<", "<="):  # a lower bound can break such an objective, never keep it
        return ("fail", reason) if not holds else ("unknown", f"{reason}; the run ended too early to tell")
    return ("pass", reason) if holds else ("unknown", f"{reason}; the run ended too early to tell")


def _shown(objective: Objective, value: Value) -> str:
    """The value as a person would write it, or between which bounds it lies."""
    if value.within is not None:
        return _between(objective, value.within)
    if objective.metric == "back_to_min" and value.value == 0 and not value.at_least:
        return "already there"
    return show(value.value, objective, at_least=value.at_least)


def _within(objective: Objective, found: Interval) -> tuple[Outcome, str]:
    """Judge what is known to lie in a bucket: a bound inside it leaves the objective unknown."""
    text, bound = _between(objective, found), objective.bound
    below = found.high is not None and found.high <= bound
    above = found.low >= bound
    if not below and not above:
        return "unknown", f"{text}: the buckets tell no more"
    wanted = {"<": below, "<=": below, ">": above, ">=": above, "==": False, "!=": True}[objective.operator]
    return ("pass" if wanted else "fail"), f"measured {text}"


def _between(objective: Objective, found: Interval) -> str:
    if found.high is None:
        return f"at least {show(found.low, objective)}"
    high = show(found.high, objective)
    return f"between {show(found.low, objective)} and {high}" if found.low else f"at most {high}"


def _gap(analysis: Analysis, objective: Objective, value: Value) -> str:
    """What it rests on and was not heard in its span; "" where all was."""
    start = analysis.start if value.start is None else value.start
    end = analysis.end if value.end is None else value.end
    gap = unheard(analysis, start, end, of_load=objective.metric not in _SUPPLY)
    return "" if gap is None else f"{gap.source} was not heard for {gap.end - gap.start:.1f} s of it ({gap.cause})"


def _doubt(analysis: Analysis, objective: Objective, value: Value) -> str | None:
    """Why a pass cannot be believed although all was heard."""
    made = analysis.generator
    if objective.metric not in _SUPPLY and (made.missing_rows or made.lost_workers):
        lost = ", ".join(made.lost_workers)
        return f"rows of the load are missing ({made.missing_rows})" if made.missing_rows else f"{lost} was lost"
    if analysis.partial and (value.end is None or analysis.load_end is None or value.end > analysis.end - 1):
        return "the run was cut short"
    return None


def _verdict(believed: Validity, found: Sequence[Judgement]) -> Verdict:
    if believed.outcome == "invalid":
        return Verdict("invalid", _reasons(believed, "invalid"), believed, tuple(found))
    failed = [one for one in found if one.outcome == "fail"]
    if failed:
        words = "; ".join(f"{one.text}: {one.value_text}" for one in failed)
        return Verdict("fail", f"{len(failed)} of {len(found)} objectives failed: {words}", believed, tuple(found))
    unknown = [one for one in found if one.outcome == "unknown"]
    if unknown:
        words = "; ".join(f"{one.text}: {one.reason}" for one in unknown)
        return Verdict("unknown", words, believed, tuple(found))
    if believed.outcome == "unknown":
        return Verdict("unknown", _reasons(believed, "unknown"), believed, tuple(found))
    if not found:
        return Verdict("unknown", "no objectives were set, so there is nothing to judge", believed, ())
    return Verdict("pass", f"all {len(found)} objectives held", believed, tuple(found))


def _reasons(believed: Validity, effect: str, names: Sequence[str] | None = None) -> str:
    """The words of the checks with this effect (of these names only, where some are given)."""
    return "; ".join(
        check.words for check in believed.checks if check.effect == effect and (names is None or check.name in names)
    )


def show(value: float | None, objective: Objective, *, at_least: bool = False) -> str:
    """A value in the objective's unit, as a person would write it."""
    if value is None:
        return "unknown"
    if value == math.inf:
        return "not answered"
    if objective.kind == "duration":
        text = f"{value * 1000:.3g}ms" if value < 1 else f"{value:.4g}s"
    elif objective.kind == "share":
        text = f"{value * 100:.4g}%"
    elif objective.kind == "rate":
        text = f"{value:.4g}/s"
    else:
        text = f"{value:g}" if objective.kind == "count" else f"{value:.4g}"
    text += " changes of direction" if objective.metric == "reversals" else ""
    return f"at least {text}" if at_least else text


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The worst of several verdicts, as for a set of runs: invalid, fail, unknown, pass; none at all is unknown."""
    order: tuple[Outcome, ...] = ("invalid", "fail", "unknown", "pass")
    return min(outcomes, key=order.index, default="unknown")
