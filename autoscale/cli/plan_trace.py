"""What was understood of recorded demand, for ``autoscale plan``."""

from datetime import UTC, datetime

import click

from autoscale.cli.plan_chart import short
from loadtest.plan import RatePlan
from loadtest.traces import Understood
from loadtest.units import spoken

_MOST = 5  # templates of paths that are shown


def lines(trace: Understood) -> list[str]:
    """Form, zone, bins, total and peak of the whole trace, as recorded; what was left out; what was asked for."""
    plan = RatePlan(tuple(trace.points))
    begin = ""
    if trace.begin is not None:
        begin = f", from {datetime.fromtimestamp(trace.begin, UTC):%Y-%m-%d %H:%M:%S} UTC"
    facts = [
        f"form     {trace.what}",
        f"time     {spoken(plan.duration_s)}{begin}" + (f" (zone: {trace.zone})" if trace.zone else ""),
        f"bins     {trace.bins}",
        f"total    {plan.total:,.0f} requests, {short(plan.peak)}/s at the peak",
        *(f"note     {note}" for note in trace.notes),
        *_mix(trace),
    ]
    wrapped = (click.wrap_text(fact, 78, subsequent_indent=" " * 9).splitlines() for fact in facts)
    return ["Understood of the trace", *(f"  {line}" for fact in wrapped for line in fact)]


def _mix(trace: Understood) -> list[str]:
    """The paths asked for most, by share."""
    total = trace.mix.total()
    shares = [f"{n / total:.0%} {key}" for key, n in trace.mix.most_common(_MOST)]
    rest = len(trace.mix) - len(shares)
    more = f", and {rest} more" if rest > 0 else ""
    return [f"asked    {', '.join(shares)}{more} (send these: `requests: from-trace`)"] if shares else []
