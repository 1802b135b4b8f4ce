"""A rate plan drawn with characters: at most 80 columns, no colour, no cursor movement."""

import math

from loadtest.plan import RatePlan, Stage
from loadtest.units import spoken

WIDTH = 68
HEIGHT = 8
_BLOCKS = " ▁▂▃▄▅▆▇█"


def short(rate: float) -> str:
    """A rate in at most five characters: 7.5, 64, 1,200, 12k."""
    if rate >= 10_000:
        return f"{rate / 1000:.0f}k"
    return f"{rate:,.0f}" if rate >= 100 or rate == int(rate) else f"{rate:.1f}"


def chart(plan: RatePlan, what: str = "requests") -> list[str]:
    """The rate over time; each column is the mean rate of its span, so the area is the number of requests (or
    journeys). ``users`` are so many, not so many a second."""
    span = plan.duration_s / WIDTH
    means = [(plan.integral((n + 1) * span) - plan.integral(n * span)) / span for n in range(WIDTH)]
    top = _round_up(max(means))
    lines = [f"  {what}" if what == "users" else f"  {what} per second"]
    for row in reversed(range(HEIGHT)):
        label = short(top * (row + 1) / HEIGHT) if (row + 1) % 4 == 0 else ""
        lines.append(f"{label:>7} {'┤' if label else '│'}" + "".join(_cell(mean / top, row) for mean in means))
    lines.append(f"{0:>7} └" + _ticks(plan))
    lines.append(" " * 9 + _names(plan))
    lines.append(" " * 9 + _times(plan.duration_s))
    return [line.rstrip() for line in lines]


def _cell(share: float, row: int) -> str:
    eighths = round((share * HEIGHT - row) * 8)
    if row == 0 and share > 0:
        eighths = max(1, eighths)  # a small rate is not none
    return _BLOCKS[min(8, max(0, eighths))]


def _round_up(value: float) -> float:
    """The next value of a kind that reads well on an axis: 1, 1.2, 1.6, 2, 2.4, 3.2, 4, 4.8, 5.6, 6.4, 8, 10 ..."""
    power = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    steps = (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 4.8, 5.6, 6.4, 7.2, 8, 10)
    return next(step * power for step in steps if step * power >= value * 0.9999)


def _column(plan: RatePlan, t: float) -> int:
    return min(WIDTH - 1, round(t / plan.duration_s * WIDTH))


def _ticks(plan: RatePlan) -> str:
    line = ["─"] * WIDTH
    for stage in plan.stages:
        line[_column(plan, stage.start_s)] = "┬"
    return "".join(line)


def _names(plan: RatePlan) -> str:
    """Stage names under their beginnings; where a stage is too narrow its name is left to the table."""
    line = [" "] * WIDTH
    for stage in plan.stages:
        begin = _column(plan, stage.start_s)
        room = _column(plan, stage.end_s) - begin - (0 if stage.end_s == plan.duration_s else 1)
        if len(stage.name) <= room:
            line[begin : begin + len(stage.name)] = stage.name
    return "".join(line)


def _times(duration: float) -> str:
    line = [" "] * WIDTH
    for quarter in range(5):
        text = spoken(round(duration * quarter / 4, 1 if duration < 20 else 0))
        begin = min(WIDTH - len(text), max(0, round(WIDTH * quarter / 4) - (len(text) // 2 if quarter else 0)))
        line[begin : begin + len(text)] = text
    return "".join(line)


def table(plan: RatePlan, what: str = "requests") -> list[str]:
    """Every stage with its span, its rates and its number of requests or journeys (of users only how many)."""
    width = max([len("stage"), *(len(stage.name) for stage in plan.stages)])
    counted, each = (False, "") if what == "users" else (True, "/s")
    head = f"  {'stage':<{width}}  {'from':>8}  {'to':>8}  {'rate' if counted else what:>15}"
    lines = [head + (f"  {what:>10}" if counted else "")]
    for stage in plan.stages:
        line = f"  {stage.name:<{width}}  {spoken(stage.start_s):>8}  {spoken(stage.end_s):>8}"
        line += f"  {_rates(plan, stage, each):>15}"
        total = plan.integral(stage.end_s) - plan.integral(stage.start_s)
        lines.append(line + (f"  {total:>10,.0f}" if counted else ""))
    return lines


def _rates(plan: RatePlan, stage: Stage, each: str) -> str:
    first, last = plan.rate(stage.start_s), plan.rate_before(stage.end_s)
    inside = [rate for t, rate in plan.points if stage.start_s < t < stage.end_s]
    low, high = min([first, last, *inside]), max([first, last, *inside])
    if {low, high} != {first, last}:
        return f"{short(low)} .. {short(high)}{each}"
    return f"{short(first)}{each}" if low == high else f"{short(first)} → {short(last)}{each}"
