"""Several services of one run, side by side: who was full first, how each grew, where its time went."""

from dataclasses import dataclass

from autoscale.analysis.results.analysis import Analysis
from autoscale.analysis.results.scaling import ScaleUp
from autoscale.analysis.services import Full, full
from autoscale.report.gather import Account
from autoscale.report.phases import spoken_phase
from autoscale.report.words import duration, offset


@dataclass(frozen=True)
class Service:
    """One service as a line of the table."""

    name: str
    pods: str
    grew: str
    slow: str
    full: str


def name_of(analysis: Analysis) -> str:
    """The workload's name."""
    return str(analysis.header["target"]["name"])


def by_saturation(account: Account) -> list[tuple[Analysis, Full]]:
    """The services that were full at some time, the first of them first."""
    found = [(one, when) for one in account.services if (when := full(one)) is not None]
    return sorted(found, key=lambda one: one[1].start)


def saturation_words(account: Account) -> str:
    """Which service was full first and what followed, in a sentence or two; "" where there is one service."""
    if not account.beside:
        return ""
    order, zero = by_saturation(account), account.analysis.load_start
    if not order:
        return f"None of the {len(account.services)} services was ever full."
    (first, when), *rest = order
    words = f"Of {len(account.services)} services {name_of(first)} was full first, at {offset(when.start, zero)} for "
    words += f"{duration(when.total_s)} in all: {when.why}."
    if rest:
        then = ", ".join(f"{name_of(one)} at {offset(span.start, zero)}" for one, span in rest)
        words += f" Then {then}."
    return words


def table(account: Account) -> list[Service]:
    """A line for each service; none where there is only one."""
    return [_line(one) for one in account.services] if account.beside else []


def _line(analysis: Analysis) -> Service:
    ready, zero = analysis.replicas.ready, analysis.load_start
    start, end = analysis.load_start or analysis.start, analysis.load_end or analysis.end
    low, high = ready.at(start), ready.highest(start, end)
    ups = analysis.scale_ups
    slow = max(ups, key=lambda up: up.total_s or 0.0, default=None)
    when = full(analysis)
    return Service(
        name=name_of(analysis),
        pods="unknown" if low is None or high is None else f"{low:.0f} → {high:.0f}",
        grew=", ".join(f"{offset(up.event.at, zero)} to {up.event.after}" for up in ups) or "never",
        slow="" if slow is None else _slow(slow),
        full="never" if when is None else f"{offset(when.start, zero)} for {duration(when.total_s)}: {when.why}",
    )


def _slow(growth: ScaleUp) -> str:
    """The longest phase of a growth."""
    if growth.slowest_phase is None:
        return "unknown"
    return f"{growth.slowest_phase}: {spoken_phase(growth, growth.slowest_phase)} of {duration(growth.total_s)}"
