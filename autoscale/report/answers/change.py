"""What should I change?"""

from autoscale.findings import find
from autoscale.findings.results import Finding
from autoscale.report.answers.answer import Answer
from autoscale.report.gather import Account
from autoscale.report.missing import no_load
from autoscale.report.room import room, unbounded
from autoscale.report.services import by_saturation, name_of, saturation_words
from autoscale.report.words import percent


def change(account: Account) -> Answer:
    """What to change: never that nothing stood out beside a run that failed, was cut, or sent nothing."""
    question, analysis = "What should I change?", account.analysis
    if (elsewhere := _elsewhere(account)) is not None:
        return Answer(question, *elsewhere)
    if account.findings:
        first = _ranked(account)
        told = tuple(_with_effect(account, finding) for finding in first[:2])
        return Answer(question, first[0].title, "plain", (*told, *_fewer(account), *_not_modelled(account)))
    if analysis.load_start is None or not analysis.seconds.busy:
        return Answer(question, "Nobody can say", "unknown", (f"{no_load(analysis)} No setting was tried.",))
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
