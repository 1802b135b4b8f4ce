"""The advice in words: text, Markdown, JSON, and the manifest to apply."""

import json
from collections.abc import Iterator
from typing import Any

import yaml

from autoscale.analysis.results.jsonform import plain
from autoscale.whatif.service import Setting
from autoscale.whatif.tuning import Advice, Candidate, Judged
from autoscale.whatif.words import band_text


def manifest(advice: Advice, setting: Setting) -> str:
    """The HPA as YAML that ``kubectl apply`` takes."""
    kept = advice.model.seen.kept
    name = kept.target["hpa"] or kept.target["name"]
    return yaml.safe_dump(
        {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": name, "namespace": kept.target["namespace"]},
            "spec": plain(setting.hpa),
        },
        sort_keys=False,
    )


def headline(advice: Advice) -> str:
    """The advice in one sentence."""
    best, old = advice.best, advice.recorded
    if best is None:
        return (
            f"None of {advice.tried} settings holds every objective in {advice.confidence:.0%} of the modelled runs: "
            "pods would have to start sooner, or cost less CPU."
        )
    if best is old:
        return "Keep it: nothing that was tried is cheaper and holds every objective."
    saved = band_text(best.candidate.replica_minutes, "")
    now = band_text(old.candidate.replica_minutes, "")
    if old.confidence >= advice.confidence and advice.same:
        return f"Keep it: against {best.candidate.setting.name} there is no difference that this model can see ({now})."
    holds = "which holds them too" if old.confidence >= advice.confidence else "which does not hold them"
    return f"{best.candidate.setting.name}: {saved} pod-minutes, where the recorded one takes {now}, {holds}."


def to_text(advice: Advice) -> str:
    """For the terminal."""
    return "\n".join([*_lines(advice), ""])


def _lines(advice: Advice) -> Iterator[str]:
    yield f"Tuning the HPA of run {advice.model.seen.run.run}, {advice.tried} settings tried"
    yield ""
    yield headline(advice)
    yield ""
    yield "Objectives, by the share of modelled runs that held them:"
    for judged in (advice.recorded, *advice.judged):
        yield from _judged(judged)
    yield ""
    yield "From cheap to quick (pod-minutes, worst p95 of a stage):"
    yield from (f"  {one.setting.name:<40} {_both(one)}" for one in advice.front)
    if advice.best is not None:
        yield ""
        yield "Around the best one:"
        yield from (
            f"  {words:<20} {_both(one)}, latency and errors held in {one.held:.0%}" for words, one in advice.around
        )
        yield f"  It is {_shape(advice)}."
        yield ""
        yield manifest(advice, advice.best.candidate.setting).rstrip()


def _both(one: Candidate) -> str:
    return f"{band_text(one.replica_minutes, ''):<24} {band_text(one.worst_p95_s, 's')}"


def _judged(judged: Judged) -> Iterator[str]:
    yield f"  {judged.candidate.setting.name}: {band_text(judged.candidate.replica_minutes, '')} pod-minutes"
    yield from (f"      {share:>4.0%}  {text}" for text, share in judged.held)


def _shape(advice: Advice) -> str:
    """Whether little changes keep the objectives."""
    held = {words: one.held for words, one in advice.around}
    lost = [words for words, share in held.items() if share < advice.confidence]
    return (
        f"a knee: it does not hold with {', '.join(lost)}"
        if lost
        else "a plateau: its neighbours and more load hold too"
    )


def to_markdown(advice: Advice) -> str:
    """For a pull request."""
    parts = [f"## Tuning: {advice.model.seen.run.run}", "", headline(advice), ""]
    parts += ["| setting | pod-minutes | worst stage p95 |", "| --- | --- | --- |"]
    parts += [
        f"| {one.setting.name} | {band_text(one.replica_minutes, '')} | {band_text(one.worst_p95_s, 's')} |"
        for one in advice.front
    ]
    if advice.best is not None:
        parts += ["", "```yaml", manifest(advice, advice.best.candidate.setting).rstrip(), "```"]
    return "\n".join([*parts, ""])


def to_json(advice: Advice) -> str:
    """Everything, as JSON values."""
    best = advice.best
    return (
        json.dumps(
            {
                "schema": 1,
                "run": advice.model.seen.run.run,
                "tried": advice.tried,
                "confidence": advice.confidence,
                "headline": headline(advice),
                "same": advice.same,
                "recorded": _plain(advice.recorded),
                "judged": [_plain(one) for one in advice.judged],
                "front": [_candidate(one) for one in advice.front],
                "around": [{"change": words, **_candidate(one)} for words, one in advice.around],
                "best": None if best is None else {**_plain(best), "hpa": plain(best.candidate.setting.hpa)},
            },
            indent=2,
        )
        + "\n"
    )


def _plain(judged: Judged) -> dict[str, Any]:
    return {**_candidate(judged.candidate), "objectives": dict(judged.held), "runs": judged.runs}


def _candidate(one: Candidate) -> dict[str, Any]:
    minutes, worst = plain(one.replica_minutes), plain(one.worst_p95_s)
    return {"name": one.setting.name, "replica_minutes": minutes, "worst_p95_s": worst, "held": one.held}
