"""Which phase was slow?"""

from autoscale.report.answers.answer import Answer
from autoscale.report.gather import Account
from autoscale.report.missing import is_sized, no_load
from autoscale.report.phases import PHASE_WORDS, gravest_scale_up, spoken_phase
from autoscale.report.words import duration, offset
from autoscale.verdict.checks.record import unheard


def slow_phase(account: Account) -> Answer:
    """The longest phase of the gravest scale-up."""
    question, analysis = "Which phase was slow?", account.analysis
    if account.verdict.outcome == "invalid":
        return Answer(question, "Nobody can say", "invalid", ("The load was not the planned one.",))
    if not is_sized(analysis):
        return Answer(question, "Unknown", "unknown", ("How many pods there were was not recorded.",))
    if analysis.load_start is None:
        return Answer(question, "Nobody can say", "unknown", (f"{no_load(analysis)} Nothing had to be followed.",))
    if not any(event.up for event in analysis.scale_events):
        return Answer(question, "None: the workload was never scaled up", "plain", _why_not(account))
    growth = gravest_scale_up(analysis)
    if growth is None or growth.slowest_phase is None:
        return Answer(question, "Unknown", "unknown", ("The moments of the scale-ups were not seen.",))
    longest = next(phase for phase in growth.phases if phase.name == growth.slowest_phase)
    headline = (
        f"{PHASE_WORDS.get(longest.name, longest.name)}: {spoken_phase(growth, longest.name)}"
        f" of {duration(growth.total_s)}"
    )
    when = offset(growth.event.at, analysis.load_start)
    kind = "cold start" if growth.event.before == 0 else "scale-up"
    at, total_s = growth.event.at, growth.total_s or 0.0
    deaf = unheard(analysis, at - total_s, at + total_s, of_load=False)
    doubt = ", not all of which was heard" if deaf else ""
    where = f"In the {kind} {growth.event.before} → {growth.event.after} at {when}{doubt}."
    others = sorted(
        (phase for phase in growth.phases if phase.duration_s is not None and phase is not longest),
        key=lambda phase: -(phase.duration_s or 0.0),
    )[:3]
    rest = ", ".join(
        f"{_inside(PHASE_WORDS.get(phase.name, phase.name))} {spoken_phase(growth, phase.name)}" for phase in others
    )
    return Answer(question, headline, "plain", (where, *([f"Then {rest}."] if rest else [])))


def _inside(words: str) -> str:
    """Words as they stand within a sentence: names such as HPA keep their capitals."""
    return words[:1].lower() + words[1:]


def _why_not(account: Account) -> tuple[str, ...]:
    """What kept the workload from growing, where a finding says so."""
    first = next((finding for finding in account.findings if finding.severity == "error"), None)
    return (f"{first.title}.",) if first else ()
