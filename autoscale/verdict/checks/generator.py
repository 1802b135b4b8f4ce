"""Whether the load generator kept its plan, and told of all of it."""

from collections.abc import Mapping
from functools import partial
from typing import Literal

from autoscale.analysis.latency import tightest
from autoscale.analysis.origin import imported_from
from autoscale.analysis.plan import planned
from autoscale.analysis.results.analysis import Analysis
from autoscale.verdict.results import Check
from loadtest.defaults import TIMEOUT_S
from loadtest.lines import UNTOLD

LAG_SHARE = 0.1  # lateness of sending may take up a tenth of the tightest latency objective ...
LEAST_LAG_S = 0.005  # ... and 5 ms always (BUNGEE's bound on a usable run)
TIMEOUT_SHARE = 0.01  # without a latency objective: this much of the shortest time-out of the requests
DROPPED_SHARE = 0.001
UNTOLD_SHARE = 0.001  # of requests whose outcome a locustfile does not say
CPU_SHARE = 0.9


def lag_bound(analysis: Analysis) -> float:
    """How late a request may be sent, at the 99th percentile, in seconds; with a locustfile whatever is due there."""
    objective = tightest(analysis.header, named=True)
    if objective:
        return max(LEAST_LAG_S, LAG_SHARE * objective.bound_s)
    if _locustfile(analysis):  # its clients' time-outs are not known: as requests of a scenario that say none
        return TIMEOUT_SHARE * TIMEOUT_S
    requests = analysis.header["scenario"].get("requests") or []
    timeouts = [float(one["timeout"]) for one in requests if isinstance(one.get("timeout"), int | float)]
    return max(LEAST_LAG_S, TIMEOUT_SHARE * min(timeouts, default=0.0))


def lag(analysis: Analysis) -> Check:
    """Whether requests left when they were due: the 99th percentile of their lateness, in seconds."""
    value, bound = analysis.generator.lag_p99_s, lag_bound(analysis)
    if value is None:
        words = "how late requests were sent is not known"
        return Check(name="lag", effect=_unless_imported(analysis), value=None, bound=bound, unit="s", words=words)
    late = value > bound
    words = f"99 % of requests were sent within {value * 1000:.1f} ms of their time ({bound * 1000:.1f} ms allowed)"
    if _locustfile(analysis):
        words = f"99 % of what was due in the load generator was done within {value * 1000:.1f} ms of its time"
        words += f" ({bound * 1000:.1f} ms allowed)"
        holds = (
            "; the locustfile holds up gevent's loop (pure CPU, a library that does not yield), or its machine is busy"
        )
        words += holds if late else ""
    return Check(name="lag", effect="invalid" if late else "none", value=value, bound=bound, unit="s", words=words)


def _locustfile(analysis: Analysis) -> str | None:
    """The locustfile whose users were the load."""
    load = analysis.header["scenario"].get("load")
    return load.get("locustfile") if isinstance(load, Mapping) else None


def _unless_imported(analysis: Analysis) -> Literal["none", "unknown"]:
    """Another tool's results are judged by what they hold: no plan stands behind them that could have been missed."""
    return "none" if imported_from(analysis) else "unknown"


def dropped(analysis: Analysis) -> Check:
    """Whether what was planned was sent: the share that was not."""
    made = analysis.generator
    check = partial(Check, name="dropped", unit="share", bound=DROPPED_SHARE)
    if made.dropped is None or not made.planned:
        if made.dropped:
            return check(effect="unknown", value=None, words=f"{made.dropped} iterations were never begun")
        words = "how many planned requests were never sent is not known"
        return check(effect=_unless_imported(analysis), value=None, words=words)
    share = made.dropped / made.planned
    if analysis.header["scenario"].get("model") == "closed":
        words = f"{made.dropped} requests were overdue at the end: their users still waited for answers ({share:.2%})"
        return check(effect="none", value=share, bound=None, words=words)
    due, what = _journeys(analysis) or (made.planned, "requests were never sent")
    share = made.dropped / due
    words = f"{made.dropped} of {due} planned {what} ({share:.2%}; {DROPPED_SHARE:.1%} allowed)"
    return check(effect="invalid" if share > DROPPED_SHARE else "none", value=share, words=words)


def _journeys(analysis: Analysis) -> tuple[int, str] | None:
    """How many journeys were planned, where the plan is one of journeys: what is dropped is one of these, and most of
    what is sent are further requests of theirs."""
    points = analysis.header["scenario"].get("journeys")
    if not points or analysis.load_start is None:
        return None
    due = planned(points, analysis.load_start).due(analysis.load_end or analysis.end)
    return max(1, round(due)), "journeys found no user"


def cpu(analysis: Analysis) -> Check:
    """Whether the generator had CPU to spare: the busiest worker's share of a core."""
    share = analysis.generator.cpu_share
    check = partial(Check, name="generator CPU", unit="share", bound=CPU_SHARE)
    if share is None:
        return check(effect="none", value=None, words="the generator's own CPU was not recorded")
    words = f"the busiest worker used {share:.0%} of a core over 10 s ({CPU_SHARE:.0%} allowed)"
    return check(effect="invalid" if share > CPU_SHARE else "none", value=share, words=words)


def workers(analysis: Analysis) -> Check:
    """Whether every worker reported until the load's end."""
    lost = analysis.generator.lost_workers
    check = partial(Check, name="workers", unit="count", bound=0)
    if not lost:
        words = f"{analysis.generator.workers} worker(s) reported until the load's end"
        words += f" ({why})" if (why := analysis.header["scenario"].get("sizing")) else ""
        return check(effect="none", value=0, words=words)
    words = f"{', '.join(lost)} fell silent before the load's end, so their part of the load is not known"
    return check(effect="unknown", value=float(len(lost)), words=words)


def reported(analysis: Analysis) -> Check:
    """Whether it is known what became of the requests: a locustfile may leave that unsaid."""
    made = analysis.generator
    untold, sent = made.unseen.get(UNTOLD, 0), made.sent or 0
    check = partial(Check, name="reported", unit="share", bound=UNTOLD_SHARE)
    if not untold:
        return check(effect="none", value=0, words="every request that was answered was reported")
    share = untold / (untold + sent)
    words = (
        f"what became of {untold} requests the locustfile did not say ({share:.2%}; {UNTOLD_SHARE:.1%} allowed): "
        "catch_response=True, and an exception in the `with` block, or no such block"
    )
    return check(effect="unknown" if share > UNTOLD_SHARE else "none", value=share, words=words)


def load_rows(analysis: Analysis) -> Check:
    """Whether every row that the workers wrote is in the record."""
    missing = analysis.generator.missing_rows
    if not len(analysis.seconds):
        words = "the record holds no load"
        return Check(name="load rows", effect="unknown", value=None, bound=0, unit="count", words=words)
    bad = f"{missing} rows of the generator are missing"
    return Check.of_count(missing, name="load rows", good="no row of the generator is missing", bad=bad)
