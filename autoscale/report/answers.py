"""The four questions of the first screen, answered in plain words: can I believe it, was it good enough,
which phase was slow, what should I change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autoscale.analysis.origin import imported_from, why_failed
from autoscale.analysis.resolution import resolution_of
from autoscale.analysis.results.analysis import Analysis
from autoscale.analysis.results.figures import Latency
from autoscale.analysis.results.scaling import ScaleUp
from autoscale.findings import find
from autoscale.findings.results import Finding
from autoscale.findings.rules.f10_flapping import REVERSALS
from autoscale.report.gather import Account
from autoscale.report.phases import spoken_phase
from autoscale.report.room import room, unbounded
from autoscale.report.services import by_saturation, name_of, saturation_words
from autoscale.report.words import count, duration, latency, many, offset, percent
from autoscale.verdict.results import Judgement

# The first screen has room for this many.
MOST_DETAILS = 3

# What a reader sees for each of analysis.results.PHASES.
PHASE_WORDS = {
    "metric": "Until the metric showed it",
    "decision": "Until the HPA decided",
    "activation": "Until KEDA woke the target",
    "created": "Creating the pods",
    "node asked": "Until a node was asked for",
    "node there": "Until the node was there",
    "node ready": "Until the node was ready",
    "scheduled": "Scheduling",
    "pulled": "Pulling the image",
    "started": "Starting the container",
    "ready": "Becoming ready",
    "in service": "Entering the Service",
    "first answer": "Until the first answer",
}


@dataclass(frozen=True)
class Answer:
    """One question, its answer in a few words (``tone``: pass | fail | unknown | invalid | plain) and the details."""

    question: str
    headline: str
    tone: str
    details: tuple[str, ...] = ()

    @property
    def short(self) -> str:
        """The answer with its first detail, as one line."""
        text = ". ".join([self.headline, *self.details[:1]])
        return text if text.endswith(("?", "!")) else text.rstrip(".") + "."


def answers(account: Account) -> tuple[Answer, ...]:
    """The four answers, in the order in which a reader asks."""
    return (_believe(account), _good_enough(account), _slow_phase(account), _change(account))


def in_short(account: Account) -> str:
    """The run in one paragraph."""
    analysis = account.analysis
    told = [_load_words(analysis), _scaling_words(analysis), _user_words(analysis), _return_words(analysis)]
    parts = [*told, saturation_words(account)]
    return " ".join(part for part in parts if part)


def _believe(account: Account) -> Answer:
    validity = account.verdict.validity
    doubts = tuple(check.words[:1].upper() + check.words[1:] for check in validity.checks if check.effect != "none")
    if validity.outcome == "valid":
        lag = account.analysis.generator.lag_p99_s
        if lag is None:
            tool = imported_from(account.analysis)
            words = f"It is what {tool} recorded; how late requests were sent is not in it."
            return Answer("Can I believe it?", "As far as it goes", "pass", (words,))
        kept = f"The generator kept its plan: requests left {duration(lag)} late at p99, {_dropped(account.analysis)}."
        return Answer("Can I believe it?", "Yes", "pass", (kept,))
    headline = "No: the load generator was the limit" if validity.outcome == "invalid" else "Only in part"
    return Answer("Can I believe it?", headline, validity.outcome, doubts)


def _dropped(analysis: Analysis) -> str:
    dropped = analysis.generator.dropped
    return "none was dropped" if dropped == 0 else f"{count(dropped)} were dropped"


def _good_enough(account: Account) -> Answer:
    judgements = account.verdict.judgements
    question = "Was it good enough?"
    if not judgements:
        return Answer(question, "No objective was set", "unknown", ("Name some under `objectives:` in the scenario.",))
    if account.verdict.outcome == "invalid":
        return Answer(question, "Nobody can say", "invalid", ("An invalid run judges nothing: mend it and run again.",))
    passed = sum(judgement.outcome == "pass" for judgement in judgements)
    headline = f"{passed} of {len(judgements)} objectives held"
    return Answer(question, headline, account.verdict.outcome, _missed(judgements) or (_tightest(judgements),))


def _missed(judgements: Sequence[Judgement]) -> tuple[str, ...]:
    """What did not hold, failures first; objectives that are unknown for one reason stand together."""
    by_reason: dict[tuple[str, str], list[str]] = {}
    for judgement in sorted(judgements, key=lambda judgement: judgement.outcome != "fail"):
        if judgement.outcome != "pass":
            by_reason.setdefault((judgement.outcome, judgement.reason), []).append(judgement.text)
    lines = [f"{'; '.join(texts)}: {outcome}, {reason}" for (outcome, reason), texts in by_reason.items()]
    return (
        *lines[:MOST_DETAILS],
        *([f"and {len(lines) - MOST_DETAILS} more below"] if len(lines) > MOST_DETAILS else []),
    )


def _tightest(judgements: Iterable[Judgement]) -> str:
    return "; ".join(f"{judgement.text} (was {judgement.value_text})" for judgement in judgements)


def is_sized(analysis: Analysis) -> bool:
    """Whether the size of the workload was recorded: without it nobody knows whether it changed."""
    supply = analysis.replicas
    return bool(supply.desired or supply.hpa_desired or supply.running)


def slowest_scale_up(analysis: Analysis) -> ScaleUp | None:
    """The growth that took longest from the load change to the last new pod's first answer."""
    known = [growth for growth in analysis.scale_ups if growth.total_s is not None]
    return max(known, key=lambda growth: growth.total_s or 0.0, default=None)


def gravest_scale_up(analysis: Analysis) -> ScaleUp | None:
    """The growth to speak of first: from no pods, where requests failed or waited for it, else the slowest."""
    harmed = [cold for cold in analysis.cold_starts if cold.harmed and cold.growth.slowest_phase is not None]
    worst = max(harmed, key=lambda cold: cold.harmed, default=None)
    return worst.growth if worst is not None else slowest_scale_up(analysis)


def _slow_phase(account: Account) -> Answer:
    question, analysis = "Which phase was slow?", account.analysis
    if account.verdict.outcome == "invalid":
        return Answer(question, "Nobody can say", "invalid", ("The load was not the planned one.",))
    if not is_sized(analysis):
        return Answer(question, "Unknown", "unknown", ("How many pods there were was not recorded.",))
    if analysis.load_start is None:
        return Answer(question, "Nobody can say", "unknown", (f"{_no_load(analysis)} Nothing had to be followed.",))
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
    where = f"In the {kind} {growth.event.before} → {growth.event.after} at {when}."
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


def _change(account: Account) -> Answer:
    """What to change: never that nothing stood out beside a run that failed, was cut, or sent nothing."""
    question, analysis = "What should I change?", account.analysis
    if (elsewhere := _elsewhere(account)) is not None:
        return Answer(question, *elsewhere)
    if account.findings:
        first = _ranked(account)
        told = tuple(_with_effect(account, finding) for finding in first[:2])
        return Answer(question, first[0].title, "plain", (*told, *_fewer(account), *_not_modelled(account)))
    if analysis.load_start is None or not analysis.seconds.busy:
        return Answer(question, "Nobody can say", "unknown", (f"{_no_load(analysis)} No setting was tried.",))
    if analysis.partial:
        return Answer(question, "Nobody can say", "unknown", ("The run was cut short: run it to its end.",))
    told = tuple(f"{one}." for one in (unbounded(analysis),) if one)
    if account.verdict.outcome != "pass":
        words = "None of the rules tells why; the objectives and the doubts above say what is wrong."
        if not account.verdict.judgements:
            words = "No objective was set, so nobody knows what would be better."
        return Answer(question, "No cause was found", account.verdict.outcome, (words, *told))
    spare, fewer = room(analysis), _fewer(account)
    if fewer:
        headline = "Nothing must change, and fewer pods would do"
        return Answer(question, headline, "plain", (*fewer, *([f"{spare}."] if spare else [])))
    if spare is None:
        return Answer(question, "Nothing: all objectives held", "plain", (*told, "None of the rules found a fault."))
    return Answer(question, "Nothing must change: there was room to spare", "plain", (f"{spare}.", *_cheaper(account)))


def _elsewhere(account: Account) -> tuple[str, str, tuple[str, ...]] | None:
    """Where another service than the target was full first: its name, and what the rules say of it."""
    order = by_saturation(account) if account.beside and account.verdict.outcome != "invalid" else []
    if not order or order[0][0] is account.analysis:
        return None
    service = order[0][0]
    told = [finding for finding in find(service) if finding.severity != "note"][:1]
    advice = (f"{name_of(service)}: {told[0].title[:1].lower()}{told[0].title[1:]}. {told[0].advice}",) if told else ()
    headline = f"{name_of(service)} first: it was full before the others"
    return headline, "plain", (saturation_words(account), *advice)


def _cheaper(account: Account) -> tuple[str, ...]:
    """What the room means beside a demand that comes from the HPA's target alone."""
    under = account.analysis.measures["under_provisioned"].value
    if not under:
        return _not_modelled(account)
    return (
        f"By its target the HPA lacked pods for {percent(under)} of the load, which users did not feel: "
        "a higher target would do with fewer.",
        *_not_modelled(account),
    )


def _ranked(account: Account) -> list[Finding]:
    """What is to be changed first: by what the model expects of it, where it is known, else in the rules' order."""
    first = [finding for finding in account.findings if finding.severity != "note"] or list(account.findings)
    known = account.expected
    return sorted(first, key=lambda finding: known.rank(finding.id)) if known else first


def _with_effect(account: Account, finding: Finding) -> str:
    """A finding's advice and, where it is known, what the model expects of its patch."""
    effect = account.expected.effects.get(finding.id) if account.expected else None
    return f"{finding.advice} Expected of the patch: {effect.words}." if effect else finding.advice


def _fewer(account: Account) -> tuple[str, ...]:
    fewer = account.expected.fewer if account.expected else None
    return (f"{fewer.words[:1].upper()}{fewer.words[1:]}.",) if fewer else ()


def _not_modelled(account: Account) -> tuple[str, ...]:
    """Why no more is said of what a change would bring."""
    why = account.expected.unknown if account.expected else None
    return (f"What a change would bring was not modelled: {why}.",) if why else ()


def _no_load(analysis: Analysis) -> str:
    """Why there is no load, where that is known."""
    if imported_from(analysis):
        return "The data hold no load."
    why = (why_failed(analysis) or "").rstrip(".")
    if analysis.load_start is None and analysis.partial:
        return f"The run ended before its load{f': {why}' if why else ''}."
    return "No load was recorded."


def _load_words(analysis: Analysis) -> str:
    counts = [value for value in analysis.seconds.asked if value is not None]
    if not counts or analysis.load_start is None:
        return _no_load(analysis)
    span = (analysis.load_end if analysis.load_end is not None else analysis.end) - analysis.load_start
    model = analysis.header["scenario"].get("model")
    kind = f" ({model} model)" if model else ""
    points = analysis.header["scenario"].get("points")
    peak = max(rate for _, rate in points) if points else max(counts)
    return f"The load ran for {duration(span)}{kind} and peaked at {count(peak)} requests per second."


def _scaling_words(analysis: Analysis) -> str:
    ups = [event for event in analysis.scale_events if event.up]
    if not is_sized(analysis):
        return "How many pods there were was not recorded."
    if not analysis.scale_events:
        return "The number of pods never changed."
    if not ups:
        return "The workload was never scaled up."
    top = max(event.after for event in ups)
    running = analysis.replicas.running.highest(ups[0].at, analysis.end + 1)
    short = ""
    if running is not None and running < top:
        short = f" It was to have {many(top, 'pod')} and never had more than {count(running)}."
        top = int(running)
    reaction = analysis.measures.get("reaction")
    # A lower bound (the load fell again before anything grew) is not when the first growth came.
    seen = reaction is not None and reaction.value is not None and not reaction.at_least
    first = f", first {duration(reaction.value)} after the load rose" if reaction and seen else ""
    steps = f"The workload grew from {ups[0].before} to {many(top, 'pod')} in {many(len(ups), 'step')}{first}."
    return steps + short + _turns(analysis)


def _turns(analysis: Analysis) -> str:
    """A sentence on flapping, from the count on at which it is a finding."""
    turns = analysis.measures.get("reversals")
    if turns is None or turns.value is None or turns.value < REVERSALS.value:
        return ""
    return f" It changed its direction {count(turns.value)} times under constant load."


def _user_words(analysis: Analysis) -> str:
    whole = next((part for part in analysis.latency if part.count or part.p50 is not None), None)
    if whole is None and any(analysis.seconds.asked) and not any(n is not None for n in analysis.seconds.answered):
        return "How the requests ended, and how long they took, is not known."
    if whole is None:
        return "No request was answered, so nothing is known of latency."
    bad, known = percent(_lost_share(whole)), resolution_of(analysis.header)
    if whole.p50 is None:
        return f"How long requests took is not known; {bad} of them failed or could not be sent."
    p50, p95, p99 = (latency(value, known) for value in (whole.p50, whole.p95, whole.p99))
    seen = f"a p50 {_of(p50)}, a p95 {_of(p95)} and a p99 {_of(p99)}"
    who = "Users saw" if not _lost_share(whole) else "Those who got an answer saw"
    return f"{who} {seen}; {bad} of the requests failed or could not be sent."


def _of(text: str) -> str:
    return text if text.startswith("between") else f"of {text}"


def _lost_share(part: Latency) -> float | None:
    """The share of requests that failed or were never sent."""
    if part.count is None or part.failed is None:
        return None
    lost = part.failed + (part.dropped or 0)  # what other tools do not tell is not drops of ours
    total = part.count + lost
    return lost / total if total else None


def _return_words(analysis: Analysis) -> str:
    downs = [event for event in analysis.scale_events if not event.up]
    if not downs or analysis.load_start is None:
        return ""
    lost = [down.lost for down in analysis.scale_downs]
    known = sum(value for value in lost if value is not None)
    loss = "" if any(value is None for value in lost) else f", with {many(known, 'failed request')} while pods ended"
    return f"It shrank back to {many(downs[-1].after, 'pod')} by {offset(downs[-1].at, analysis.load_start)}{loss}."
