"""A run in one paragraph."""

from autoscale.analysis.resolution import resolution_of
from autoscale.analysis.results.analysis import Analysis
from autoscale.analysis.results.figures import Latency
from autoscale.findings.rules.f10_flapping import REVERSALS
from autoscale.report.gather import Account
from autoscale.report.missing import is_sized, no_load
from autoscale.report.services import saturation_words
from autoscale.report.words import count, duration, latency, many, offset, percent
from autoscale.verdict.checks.record import unheard

_LATE_S = 2.0  # what a gap held back is heard of within so long of its end


def in_short(account: Account) -> str:
    """The run in one paragraph."""
    analysis = account.analysis
    told = [_load_words(analysis), _scaling_words(analysis), _user_words(analysis), _return_words(analysis)]
    parts = [*told, saturation_words(account)]
    return " ".join(part for part in parts if part)


def _load_words(analysis: Analysis) -> str:
    counts = [value for value in analysis.seconds.asked if value is not None]
    if not counts or analysis.load_start is None:
        return no_load(analysis)
    span = (analysis.load_end if analysis.load_end is not None else analysis.end) - analysis.load_start
    model = analysis.header["scenario"].get("model")
    kind = f" ({model} model)" if model else ""
    return f"The load ran for {duration(span)}{kind} and peaked at {_peak_words(analysis, max(counts))}."


def _peak_words(analysis: Analysis, seen: float) -> str:
    """The most that was planned, else seen. A locustfile's requests are counted as they end, many at once where pods
    end with what they held: its plan is of journeys or users."""
    scenario = analysis.header["scenario"]
    of_points = "users" if scenario.get("model") == "closed" else "requests per second"
    plans = (
        (scenario.get("points"), of_points),
        (scenario.get("journeys"), "journeys per second"),
        (scenario.get("users"), "users"),
    )
    for planned, unit in plans:
        if planned:
            return f"{count(max(amount for _, amount in planned))} {unit}"
    return f"{count(seen)} requests per second"


def _scaling_words(analysis: Analysis) -> str:
    ups = [event for event in analysis.scale_events if event.up]
    if not is_sized(analysis):
        return "How many pods there were was not recorded."
    deaf = unheard(analysis, analysis.start, analysis.end, of_load=False)
    if not analysis.scale_events:
        return "The number of pods never changed" + (", as far as was heard." if deaf else ".")
    if not ups:
        return "The workload was never scaled up" + (", as far as was heard." if deaf else ".")
    top = max(event.after for event in ups)
    running = analysis.replicas.running.highest(ups[0].at, analysis.end + 1)
    short = ""
    if running is not None and running < top:
        short = f" It was to have {many(top, 'pod')} and never had more than {count(running)}."
        top = int(running)
    reaction = analysis.measures.get("reaction")
    # A lower bound (the load fell again before anything grew) is not when the first growth came.
    seen = reaction is not None and reaction.value is not None and not reaction.at_least
    began = "first heard of" if unheard(analysis, ups[0].at - _LATE_S, ups[0].at, of_load=False) else "first"
    first = f", {began} {duration(reaction.value)} after the load rose" if reaction and seen else ""
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
