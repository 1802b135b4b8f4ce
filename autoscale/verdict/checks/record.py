"""Whether the record is whole, its rows those that were written, and its times to be believed."""

from functools import partial

from autoscale.analysis.origin import imported_from, why_failed
from autoscale.analysis.results.analysis import Analysis
from autoscale.analysis.results.series import GapSpan
from autoscale.verdict.results import Check

LATE_S = 600.0  # no row is heard so late without a break
_ASIDE = ("node", "event", "clock", "jobs")
_OF_LOAD = ("load", "log", "pod_load", "master")


def gaps(analysis: Analysis) -> Check:
    """Whether every source was heard throughout; the seconds in which one that a figure rests on was not."""
    if not analysis.gaps:
        return Check(name="gaps", effect="none", value=0, bound=0, unit="s", words="every source was heard throughout")
    length = sum(max(0.0, gap.end - gap.start) for gap in analysis.gaps)
    first = analysis.gaps[0]
    words = f"{len(analysis.gaps)} gap(s), {length:.1f} s in all; the first: {first.source} ({first.cause})"
    if hidden := list(dict.fromkeys(gap.hides for gap in analysis.gaps if gap.hides and not is_aside(gap))):
        words += f"; not known in them: {'; '.join(hidden)}"
    return Check(
        name="gaps",
        effect="none" if all(map(is_aside, analysis.gaps)) else "unknown",
        value=length,
        bound=0,
        unit="s",
        words=words,
        start=min(gap.start for gap in analysis.gaps),
        end=max(gap.end for gap in analysis.gaps),
    )


def unheard(analysis: Analysis, start: float, end: float, *, of_load: bool) -> GapSpan | None:
    """The first gap within a span in a source that figures of the load, or of pods and sizes, rest on."""
    found = (gap for gap in analysis.gaps if gap.start < end and gap.end > start and not is_aside(gap))
    return next((gap for gap in found if gap.source.startswith(_OF_LOAD) == of_load), None)


def is_aside(gap: GapSpan) -> bool:
    """Whether a gap is in a source that no figure rests on."""
    return gap.source.startswith(_ASIDE)


def clock(analysis: Analysis) -> Check:
    """Whether receive times can be believed. A run of today has them by a clock that nobody sets."""
    back = analysis.set_back_s
    check = partial(Check, name="clock", bound=0, unit="s", value=back)
    if imported_from(analysis):
        return check(effect="none", words="receive times run forward")
    if analysis.late_s > LATE_S and not any(gap.end - gap.start > LATE_S for gap in analysis.gaps):
        words = (
            f"rows of the load are dated up to {analysis.late_s:.0f} s after the seconds that they tell of, and no gap "
        )
        words += "says why: the clock that rows were dated by was set on, so what happened when is not known"
        return check(effect="unknown", words=words)
    if not back:
        return check(effect="none", words="receive times run forward")
    words = f"the clock that rows were dated by was set back by {back:.0f} s or more: what happened when is not known"
    return check(effect="unknown", words=words)


def complete(analysis: Analysis) -> Check:
    """Whether the run was recorded to its end."""
    check = partial(Check, name="complete", unit="", value=None, bound=None)
    if not analysis.partial:
        return check(effect="none", words="the run was recorded to its end")
    ended = analysis.end_reason or "the record breaks off"
    why = why_failed(analysis)
    return check(effect="unknown", words=f"the run is not whole: {ended}{f' ({why})' if why else ''}")


def unread(analysis: Analysis) -> Check:
    """Whether every row could be read."""
    return Check.of_count(
        analysis.unread_rows,
        name="rows",
        good="every row of the record could be read",
        bad=f"{analysis.unread_rows} rows of the record could not be read, or say what cannot be",
    )


def whole(analysis: Analysis) -> Check:
    """Whether the rows are those that were written: nothing missing, doubled, moved or changed."""
    return Check.of_count(
        len(analysis.faults),
        name="whole",
        good="the rows are numbered throughout",
        bad=f"the record is not as it was written: {'; '.join(analysis.faults)}",
    )
