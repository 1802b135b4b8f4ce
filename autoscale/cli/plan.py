"""``autoscale plan``: draw a scenario's load in the terminal; sends nothing."""

import json
from typing import Any

import click

from autoscale.base.errors import InputError, Problem
from autoscale.cli import plan_chart
from autoscale.objectives import parse as parse_objectives
from loadtest import scenario as scenarios
from loadtest.errors import ScenarioError
from loadtest.plan import RatePlan, Stage
from loadtest.units import spoken


@click.command()
@click.argument("scenario")
@click.option("--set", "sets", multiple=True, metavar="PATH=VALUE", help="Override a field, e.g. load.rate_factor=2.")
@click.option("--json", "as_json", is_flag=True, help="Print the resolved scenario as JSON.")
def command(scenario: str, sets: tuple[str, ...], as_json: bool) -> None:
    """Draw the load of SCENARIO (a file or a built-in name) and list what would be sent. Sends nothing."""
    resolved = resolve(scenario, sets)
    click.echo(json.dumps(resolved, indent=2) if as_json else "\n".join(page(resolved)))


def resolve(scenario: str, sets: tuple[str, ...]) -> dict[str, Any]:
    """The resolved scenario with its objectives checked; InputError names every mistake."""
    try:
        loaded = scenarios.load(scenario, sets)
    except ScenarioError as error:
        problems = [Problem(p.where, p.found, p.wanted, p.fix) for p in error.problems]
        raise InputError(error.what, problems=problems) from None
    resolved = scenarios.resolved(loaded)
    parse_objectives(resolved["objectives"], [stage["name"] for stage in resolved["stages"]],
                     f"{loaded.source}: objectives")  # fmt: skip
    return resolved


def page(resolved: dict[str, Any]) -> list[str]:
    """The whole page as lines of at most 80 columns (names and paths of the scenario may be longer)."""
    stages = tuple(Stage(s["name"], s["start_s"], s["end_s"]) for s in resolved["stages"])
    plan = RatePlan(tuple((t, rate) for t, rate in resolved["points"]), stages)
    head = [resolved["name"], *click.wrap_text(resolved["description"], 78).splitlines(), ""]
    parts = [plan_chart.chart(plan), plan_chart.table(plan), _totals(plan), _how(resolved), _requests(resolved)]
    if resolved["objectives"]:
        parts.append(["Objectives", *(f"  {text}" for text in resolved["objectives"])])
    return head + [line for part in parts for line in (*part, "")][:-1]


def _totals(plan: RatePlan) -> list[str]:
    mean = plan.total / plan.duration_s
    return [
        f"{plan.total:,.0f} requests in {spoken(plan.duration_s)}: "
        f"{plan_chart.short(mean)}/s on average, {plan_chart.short(plan.peak)}/s at the peak."
    ]


def _how(resolved: dict[str, Any]) -> list[str]:
    load = resolved["load"]
    if resolved["model"] == "closed":
        most = max(users for _, users in resolved["users"])
        lines = [
            f"Closed model: up to {most:g} users, one request every {spoken(load['pacing'])}, waiting for answers."
        ]
    else:
        lines = [
            f"Open model: {load['arrivals']} arrivals (seed {load['seed']}), sent at their times whatever is slow."
        ]
    workers = "1 worker" if load["workers"] == 1 else f"{load['workers']} workers"
    lines.append(f"{workers}, at most {load['max_in_flight']:,} requests in flight.")
    return [*lines, f"Connections: {connections(load)}."]


def connections(load: dict[str, Any]) -> str:
    """How connections are used, in words."""
    share = load["close_share"]
    if share == 1:
        return "one for each request"
    if share == 0:
        return f"{load['connections']}, kept, which pins the load to the pods they began with"
    return f"{load['connections']}, each request closes its own with a chance of {share * 100:g} %"


def _requests(resolved: dict[str, Any]) -> list[str]:
    total = sum(request["weight"] for request in resolved["requests"])
    lines = ["Requests"]
    for request in resolved["requests"]:
        share = request["weight"] / total * 100
        lines.append(f"  {share:3.0f} %  {request['name']}: {request['method']} {request['path']}")
        expected = ", ".join(request["expect"])
        lines.append(f"         answer within {spoken(request['timeout'])}, expected status {expected}")
    return lines
