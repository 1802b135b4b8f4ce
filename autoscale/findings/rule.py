"""What a rule is: one file in ``autoscale.findings.rules``, with its thresholds and its cure."""

from collections.abc import Callable
from typing import NamedTuple

from autoscale.findings.results import Severity
from autoscale.findings.run import Hit, Run


class Threshold(NamedTuple):
    """One figure of a rule: a proposal, from measured runs and the literature, and what it bounds."""

    value: float
    unit: str
    meaning: str


class Rule(NamedTuple):
    """One rule; ``check`` looks for it, its docstring says what it looks for.

    ``order``: place in the report within one severity; ``cure``: what to do, for docs/findings.md;
    ``symptom``: others explain it, so it stands behind them; ``facts``: it tells what happened, whatever the load was,
    so it holds in a run that was cut or had none; ``cluster``: it tells what the cluster itself said and did, so it
    holds beside an invalid test, too.
    """

    id: str
    name: str
    order: int
    title: str
    severity: Severity
    check: Callable[[Run], Hit | None]
    cure: str
    thresholds: tuple[Threshold, ...] = ()
    facts: bool = False
    cluster: bool = False
    symptom: bool = False
