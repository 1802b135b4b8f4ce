"""What a finding is."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact that a finding rests on, with the span it was seen in (None: the whole run)."""

    words: str
    value: float | None = None
    unit: str = ""
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One pathology seen in a run.

    ``id``: ``F1``; ``sentence`` says what happened with its figures; ``start``/``end``: the span to mark in the chart;
    ``advice`` says what to change and why; ``patch``: YAML for ``kubectl patch --type strategic`` (None where the cure
    is outside the manifests), ``patch_target``: ``kind/name`` it applies to; ``link``: its heading in docs/findings.md;
    ``bad_requests``: requests beyond the objective in the span (None unknown), which orders findings.
    """

    id: str
    name: str
    title: str
    severity: Severity
    sentence: str
    evidence: tuple[Evidence, ...]
    advice: str
    patch: str | None
    patch_target: str | None
    start: float | None
    end: float | None
    bad_requests: int | None
    link: str
