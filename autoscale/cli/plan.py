"""``autoscale plan``: draw a scenario's load, or recorded demand, in the terminal; sends nothing."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import click

from autoscale.base.errors import InputError, input_error
from autoscale.cli import complete, plan_chart, plan_trace
from autoscale.cli.say import echo
from autoscale.objectives import parse as parse_objectives
from loadtest import scenario as scenarios
from loadtest import traces
from loadtest.errors import ScenarioError
from loadtest.models import Resolved, Sending
from loadtest.plan import RatePlan, Stage
from loadtest.scenario_text import override
from loadtest.units import spoken


@click.command()
@click.argument("scenario", required=False, shell_complete=complete.scenarios)
@click.option("--set", "sets", multiple=True, metavar="PATH=VALUE", help="Override a field, e.g. load.rate_factor=2.")
@click.option("--json", "as_json", is_flag=True, help="Print the resolved scenario as JSON.")
@click.option(
    "--from",
    "recorded",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Recorded demand instead of a scenario: an access log, a table, a Prometheus or CloudWatch answer.",
)
@click.option("--form", type=click.Choice(get_args(traces.Form)), help="With --from: what its numbers are.")
@click.option("--begin", metavar="TIME", help="With --from: where to begin, in the trace's own time, e.g. 8h.")
@click.option("--length", metavar="TIME", help="With --from: how much of it, e.g. 1h30m.")
@click.option("--time-compression", type=float, metavar="N", help="With --from: how many times as fast.")
@click.option("--rate-scale", type=float, metavar="N", help="With --from: multiplies the rate.")
def command(scenario: str | None, sets: tuple[str, ...], as_json: bool, recorded: Path | None, **options: Any) -> None:
    """Draw the load of SCENARIO (a file or a built-in name) and list what would be sent. Sends nothing.

    With --from draw recorded demand and say what was understood of it: its form, time zone, bins, total and peak.
    """
    given = {name: value for name, value in options.items() if value is not None}
    if (scenario is None) == (recorded is None):
        raise InputError("either a scenario or --from FILE is needed", fix="see autoscale plan --help")
    if recorded is None and given:
        names = ", ".join("--" + name.replace("_", "-") for name in given)
        raise InputError(f"{names} go with --from", fix="in a scenario these are fields of `load.trace`; see --set")
    loaded, resolved = resolve(scenario if scenario is not None else _from(recorded, given), sets)
    echo(json.dumps(resolved.model_dump(), indent=2) if as_json else "\n".join(page(resolved, loaded.trace)))


def _from(recorded: Path | None, given: dict[str, Any]) -> dict[str, Any]:
    """A scenario of nothing but recorded demand."""
    assert recorded is not None
    name = re.sub(r"[^a-z0-9]+", "-", recorded.name.lower())[:40].strip("-") or "trace"
    return {"name": name, "load": {"trace": {"file": str(recorded.absolute()), **given}}}


def resolve(scenario: str | dict[str, Any], sets: tuple[str, ...]) -> tuple[scenarios.Scenario, Resolved]:
    """A scenario (name, path or content), also resolved; InputError names every mistake, of objectives too."""
    try:
        if isinstance(scenario, dict):
            loaded = scenarios.parse(override(scenario, sets), "--from", Path())
        else:
            loaded = scenarios.load(scenario, sets)
    except ScenarioError as error:
        raise input_error(error) from None
    resolved = scenarios.resolve(loaded)
    parse_objectives(resolved.objectives, [stage.name for stage in resolved.stages], f"{loaded.source}: objectives")
    return loaded, resolved


def page(resolved: Resolved, trace: traces.Understood | None = None) -> list[str]:
    """The whole page as lines of at most 80 columns (names and paths of the scenario may be longer)."""
    stages = tuple(Stage(stage.name, stage.start_s, stage.end_s) for stage in resolved.stages)
    points = resolved.points or resolved.journeys or resolved.users or []
    plan = RatePlan(tuple((t, rate) for t, rate in points), stages)
    head = [resolved.name, *click.wrap_text(resolved.description, 78).splitlines(), ""]
    what = "requests" if resolved.points else "journeys" if resolved.journeys else "users"
    told = _users(resolved, plan) if resolved.files else [_totals(plan), _how(resolved), _requests(resolved)]
    parts = [plan_chart.chart(plan, what), plan_chart.table(plan, what), *told]
    if trace is not None:
        parts.insert(0, plan_trace.lines(trace))
    if resolved.objectives:
        parts.append(["Objectives", *(f"  {text}" for text in resolved.objectives)])
    return head + [line for part in parts for line in (*part, "")][:-1]


def _users(resolved: Resolved, plan: RatePlan) -> list[list[str]]:
    """What is known of a locustfile's load before it runs."""
    load = resolved.load
    if resolved.users is not None:
        what = f"Up to {plan.peak:g} users, who do and wait as the locustfile says (closed model)."
    else:
        what = f"{plan.total:,.0f} journeys in {spoken(plan.duration_s)}, each at its time, on {load.pool} warm users."
    return [[what], [f"Locustfile {load.locustfile}: what it sends shows when it runs."]]


def _totals(plan: RatePlan) -> list[str]:
    mean = plan.total / plan.duration_s
    return [
        f"{plan.total:,.0f} requests in {spoken(plan.duration_s)}: "
        f"{plan_chart.short(mean)}/s on average, {plan_chart.short(plan.peak)}/s at the peak."
    ]


def _how(resolved: Resolved) -> list[str]:
    load = resolved.load
    if resolved.users is not None:
        most = max(users for _, users in resolved.users)
        lines = [f"Closed model: up to {most:g} users, one request every {spoken(load.pacing)}, waiting for answers."]
    else:
        lines = [f"Open model: {load.arrivals} arrivals (seed {load.seed}), sent at their times whatever is slow."]
    workers = "1 worker" if load.workers == 1 else f"{load.workers} workers"
    lines += (
        click.wrap_text(resolved.sizing[0].upper() + resolved.sizing[1:] + ".", 78).splitlines()
        if resolved.sizing
        else []
    )
    lines.append(f"{workers}, at most {load.max_in_flight:,} requests in flight.")
    return [*lines, f"Connections: {connections(load)}."]


def connections(load: Sending) -> str:
    """How connections are used, in words."""
    share = load.close_share
    if share == 1:
        return "one for each request"
    if share == 0:
        return f"{load.connections}, kept, which pins the load to the pods they began with"
    return f"{load.connections}, each request closes its own with a chance of {share * 100:g} %"


def _requests(resolved: Resolved) -> list[str]:
    total = sum(request.weight for request in resolved.requests)
    lines = ["Requests"]
    for request in resolved.requests:
        share = request.weight / total * 100
        lines.append(f"  {share:3.0f} %  {request.name}: {request.method} {request.path}")
        expected = ", ".join(request.expect)
        lines.append(f"         answer within {spoken(request.timeout)}, expected status {expected}")
    return lines
