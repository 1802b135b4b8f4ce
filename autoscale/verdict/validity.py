"""Whether to believe a run, asked before anything else.

The generator was the limit: *invalid*. Something that the verdict rests on was not seen: *unknown*.
"""

from autoscale.analysis.results.analysis import Analysis
from autoscale.verdict.checks.generator import cpu, dropped, lag, load_rows, reported, workers
from autoscale.verdict.checks.machine import machine
from autoscale.verdict.checks.record import clock, complete, gaps, unread, whole
from autoscale.verdict.checks.subject import metrics, subject, tail
from autoscale.verdict.results import Validity

LOAD_CHECKS = ("workers", "load rows")  # whether the load was the planned one
TIME_CHECKS = ("clock",)  # whether it is known what was when
ROW_CHECKS = ("whole", "rows")  # whether the rows are those that were written, and say what can be


def validity(analysis: Analysis) -> Validity:
    """Every check of a run; ``invalid`` outweighs ``unknown``."""
    checks = (
        lag(analysis),
        dropped(analysis),
        cpu(analysis),
        workers(analysis),
        load_rows(analysis),
        reported(analysis),
        gaps(analysis),
        clock(analysis),
        metrics(analysis),
        subject(analysis),
        complete(analysis),
        unread(analysis),
        whole(analysis),
        tail(analysis),
        machine(analysis),
    )
    effects = {check.effect for check in checks}
    outcome = "invalid" if "invalid" in effects else "unknown" if "unknown" in effects else "valid"
    return Validity(outcome, checks)  # type: ignore[arg-type]
