"""Spans in which the HPA had no metric: shared by the rules that tell why."""

from collections.abc import Sequence

from autoscale.analysis.results.series import ConditionSpan
from autoscale.findings.results import Evidence
from autoscale.findings.run import Hit, Patch, Run

BLIND_S = 30.0  # two of the HPA's periods


def pods_unready(run: Run, start: float, end: float) -> bool:
    """Whether pods were running but unready in a span."""
    unready = run.both(run.analysis.replicas.running, run.ready, lambda running, ready: ready < running)
    share = unready.mean(max(start, run.start), min(end, run.end)) if end > run.start and start < run.end else None
    return share is not None and share > 0.5


def blind(run: Run, spans: Sequence[ConditionSpan], words: str, advice: str, patch: Patch | None) -> Hit | None:
    """The finding on such spans where they last long enough; ``words`` take ``length`` and ``message``."""
    inside = [(max(span.start, run.start), min(span.end, run.end), span) for span in spans if span.start < run.end]
    length = sum(max(0.0, end - start) for start, end, _ in inside)
    if not inside or length < BLIND_S:
        return None
    longest = max(inside, key=lambda entry: entry[1] - entry[0])
    evidence = tuple(
        Evidence(words=f"{s.reason}: {s.message}", value=end - start, unit="s", start=start, end=end)
        for start, end, s in inside[:3]
    )
    message = (longest[2].message or longest[2].reason).rstrip(". ")
    sentence = words.format(length=length, message=message)
    return Hit(sentence=sentence, evidence=evidence, advice=advice, patch=patch, start=inside[0][0], end=inside[-1][1])
