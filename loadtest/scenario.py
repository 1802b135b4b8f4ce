"""A scenario: a YAML file that says what is sent, when, and what is wanted of it (every field: docs/scenarios.md).

``load`` reads one by path or built-in name, ``resolved`` is the plain form that travels: into the record's header and
into the load pods. ScenarioError names every mistake at once.
"""

import json
import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from loadtest import locustfile, mistakes, sizing, strays, traces
from loadtest.drawing import drawn, of_the_file
from loadtest.errors import Problem, ScenarioError, did_you_mean
from loadtest.models import File, Request, Resolved, ResolvedStage, Sent
from loadtest.plan import Point, RatePlan
from loadtest.scenario_text import override, read

BUILT_IN = Path(__file__).parent / "scenarios"
FROM_TRACE = "from-trace"  # in the place of `requests`: what the trace's access log tells
MAX_REQUESTS = 10_000_000_000  # 100 workers at 20,000/s, what one core keeps, for more than an hour
MAX_PLAIN = 120_000  # characters of the plain form: it travels in an environment variable, which holds 128 KiB


@dataclass(frozen=True)
class Scenario:
    """A checked scenario.

    ``file`` is what was written, ``plan`` the rate of requests; ``users`` the number of users over time where the
    model is closed (with a locustfile neither is a rate of requests); ``files`` the locustfile and what lies beside
    it; ``ca`` the PEM text of the TLS authority; ``source`` the file it came from; ``trace`` what was
    understood of the recorded demand, where that is the load; ``sizing`` why there are so many workers.
    """

    file: File
    plan: RatePlan
    users: RatePlan | None
    ca: str | None
    source: str
    trace: traces.Understood | None = None
    files: str | None = None
    sizing: str | None = None


def names() -> list[str]:
    """The built-in scenarios."""
    return sorted(path.stem for path in BUILT_IN.glob("*.yaml"))


def load(path_or_name: str | Path, sets: Sequence[str] = ()) -> Scenario:
    """Read a scenario by path or built-in name, with ``--set`` style overrides (``load.workers=2``)."""
    path = find(path_or_name)
    return parse(override(read(path), sets), path.name, path.parent)


def find(path_or_name: str | Path) -> Path:
    """The file of a scenario; ScenarioError with a suggestion where there is none."""
    if str(path_or_name) in names():
        return BUILT_IN / f"{path_or_name}.yaml"
    path = Path(path_or_name)
    if os.path.isfile(path):
        return path
    problem = Problem(str(path_or_name), *_instead(path_or_name, path))
    raise ScenarioError(f"There is no scenario {path_or_name}.", [problem])


def _instead(path_or_name: str | Path, path: Path) -> tuple[str, str, str]:
    """What stands where a scenario was looked for, what was wanted, and what to do."""
    if stray := strays.of_name(str(path_or_name)):
        return stray.what, "a file or a built-in scenario", stray.fix
    if os.path.isdir(path):
        return "a folder", "a file or a built-in scenario", "Name the scenario's file in it."
    if os.path.exists(path):  # a pipe, as of `<(...)`: the run reads its scenario more than once
        return "what is no ordinary file", "a file or a built-in scenario", "Save it to a file first."
    return "neither a file nor a built-in scenario", "", did_you_mean(path.stem, names())


def parse(data: dict[str, Any], source: str, folder: Path) -> Scenario:
    """Check a scenario's mapping; ``folder`` is where its trace and CA files are looked for."""
    from_trace = data.get("requests") == FROM_TRACE
    try:
        file = File.model_validate({**data, "requests": [{}]} if from_trace else data)
    except ValidationError as error:
        raise ScenarioError(f"The scenario {source} is wrong.", mistakes.problems(error, File, source)) from None
    trace = traces.understand(folder / file.load.trace.file, file.load.trace.form) if file.load.trace else None
    if from_trace:
        file = file.model_copy(update={"requests": _asked(trace, source)})
    files = (
        locustfile.pack(folder / file.load.locustfile, f"{source}: load.locustfile") if file.load.locustfile else None
    )
    file, demand = drawn(file, folder, trace, source)
    closed = file.load.model == "closed"
    plan = demand.times(1 / file.load.pacing) if closed and not files else demand
    _check(file, plan, source)
    sized = sizing.sized(file, plan.peak, source)
    if sized is not None:
        file = file.model_copy(update={"load": file.load.model_copy(update={"workers": sized.workers})})
    scenario = Scenario(
        file=file,
        plan=plan,
        users=demand if closed else None,
        ca=_ca(file, folder, source),
        source=source,
        trace=trace,
        files=files,
        sizing=sized.words if sized else None,
    )
    _check_size(scenario)
    return scenario


def _check_size(scenario: Scenario) -> None:
    """Whether the plain form can travel; the free parts are JSON already, so little but size can be wrong here."""
    source = scenario.source
    try:
        size = len(json.dumps(resolve(scenario).model_dump(), allow_nan=False))
    except (TypeError, ValueError) as error:
        problem = Problem(source, f"what is no JSON ({error})", "numbers and texts that JSON has too")
        raise ScenarioError(f"The scenario {source} cannot travel.", [problem]) from None
    if size > MAX_PLAIN:
        found = f"{size:,} characters ({len(scenario.plan.points):,} points of the plan)"
        fix = "Use a shorter window or wider bins of the trace, or smaller bodies."
        problem = Problem(source, found, f"at most {MAX_PLAIN:,} in its plain form", fix)
        raise ScenarioError(f"The scenario {source} is too large to travel.", [problem])


def _asked(trace: traces.Understood | None, source: str) -> list[Request]:
    """The requests that a trace tells of."""
    found = traces.requests(trace.mix) if trace else []
    if not found:
        problem = Problem(f"{source}: requests", FROM_TRACE, "a `load.trace` that is an access log with paths")
        raise ScenarioError(f"The scenario {source} is wrong.", [problem])
    return [Request.model_validate(request) for request in found]


def _check(file: File, plan: RatePlan, source: str) -> None:
    """What can be judged only with the plan drawn: names used twice, nothing sent, limits."""
    problems = []
    stages = [stage.name for stage in plan.stages]
    problems += [
        Problem(f"{source}: load.plan", f"the stage {name} twice", "a name of its own for each stage")
        for name in sorted({name for name in stages if stages.count(name) > 1})
    ]
    least = 0.01 if file.load.locustfile and file.load.model == "closed" else 1
    if plan.total < least:
        problems.append(Problem(f"{source}: load", f"{plan.total:g} requests in all", "at least 1"))
    if plan.total > MAX_REQUESTS:
        problems.append(Problem(f"{source}: load", f"{plan.total:.3g} requests in all", f"at most {MAX_REQUESTS}"))
    if file.limits.rate is not None and plan.peak > file.limits.rate:
        problems.append(
            Problem(f"{source}: limits.rate", f"a peak of {plan.peak:g}/s", f"at most {file.limits.rate:g}/s")
        )
    if file.limits.duration is not None and plan.duration_s > file.limits.duration:
        wanted = f"at most {file.limits.duration:g} s"
        problems.append(Problem(f"{source}: limits.duration", f"a load of {plan.duration_s:g} s", wanted))
    if problems:
        raise ScenarioError(f"The scenario {source} is wrong.", problems)


def _ca(file: File, folder: Path, source: str) -> str | None:
    if file.tls.ca is None:
        return None
    try:
        text = (folder / file.tls.ca).read_text("ascii")
        ssl.create_default_context(cadata=text)
        return text
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError, UnicodeDecodeError a ValueError
        problem = Problem(f"{source}: tls.ca", file.tls.ca, "a PEM file beside the scenario", str(error))
        raise ScenarioError(f"The scenario {source} is wrong.", [problem]) from None


def resolve(scenario: Scenario) -> Resolved:
    """The scenario with its plan drawn and its defaults filled in."""
    file, plan = scenario.file, scenario.plan
    stages = [ResolvedStage(name=s.name, start_s=s.start_s, end_s=s.end_s) for s in plan.stages]
    flow = _rounded(plan.points)
    locust = scenario.files is not None
    # What was checked when the file was read is not checked again: the authority is a text now, not a file's name.
    return Resolved.model_construct(
        name=file.name,
        description=file.description,
        model=file.load.model,
        points=[] if locust else flow,
        journeys=flow if locust and scenario.users is None else None,
        files=scenario.files,
        users=_rounded(scenario.users.points) if scenario.users else None,
        stages=stages,
        duration_s=plan.duration_s,
        total=0.0 if locust else plan.total,
        load=Sent.model_construct(
            **file.load.model_dump(include=set(Sent.model_fields)), own_shape=of_the_file(file.load)
        ),
        sizing=scenario.sizing,
        requests=[] if locust else [_named(request) for request in file.requests],
        tls=file.tls.model_copy(update={"ca": scenario.ca}),
        target=file.target,
        objectives=list(file.objectives),
        price=file.price,
        limits=file.limits,
        embedded=file.embedded,
        patches=file.patches,
    )


def _named(request: Request) -> Request:
    return request.model_copy(update={"name": request.name or f"{request.method} {request.path.split('?')[0]}"})


def _rounded(points: tuple[Point, ...]) -> list[list[float]]:
    return [[round(t, 6), round(value, 6)] for t, value in points]
