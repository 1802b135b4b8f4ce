"""A scenario: a YAML file that says what is sent, when, and what is wanted of it (every field: docs/scenarios.md).

``load`` reads one by path or built-in name, ``resolved`` is the plain form that travels: into the record's header and
into the load pods. ScenarioError names every mistake at once.
"""

import json
import os
import ssl
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from loadtest import locustfile, mistakes, pieces, sizing, traces
from loadtest.errors import Problem, ScenarioError, did_you_mean
from loadtest.models import File, Load, PlanPart, Request, Resolved, ResolvedStage, Sent
from loadtest.models import Trace as TraceModel
from loadtest.plan import Point, RatePlan, Stage, join
from loadtest.yamltext import MOST_LEVELS, Loader, fault, text_of

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
    problem = Problem(str(path_or_name), "neither a file nor a built-in scenario", fix=did_you_mean(path.stem, names()))
    raise ScenarioError(f"There is no scenario {path_or_name}.", [problem])


def read(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file; ScenarioError with line and column where it is none."""
    try:
        data = yaml.load(text_of(path), Loader)
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"Cannot read {path}: {error}") from None
    except yaml.YAMLError as error:
        line, found = fault(error)
        where = f"{path.name}: {line}" if line else path.name
        raise ScenarioError(f"{path.name} is not YAML.", [Problem(where, found, "valid YAML")]) from None
    if not isinstance(data, dict):
        problem = Problem(path.name, mistakes.shown(data), "keys with values, beginning with `name:`")
        raise ScenarioError(f"{path.name} is not a scenario.", [problem])
    return data


def override(data: dict[str, Any], sets: Sequence[str]) -> dict[str, Any]:
    """A copy with ``path.to.field=value`` applied (list items by number: ``requests.0.path=/``; values are YAML)."""
    result = deepcopy(data)
    problems = [problem for text in sets if (problem := _set(result, text))]
    if problems:
        raise ScenarioError("An option --set is wrong.", problems)
    return result


def _set(data: dict[str, Any], text: str) -> Problem | None:
    path, equals, value_text = text.partition("=")
    if not equals or not path:
        return Problem(f"--set {text}", repr(text), "path.to.field=value")
    try:
        value = yaml.load(value_text, Loader)
    except yaml.YAMLError as error:
        return Problem(f"--set {path}", fault(error)[1], "a YAML value")
    place: Any = data
    *way, last = path.split(".")
    if len(way) > MOST_LEVELS:
        return Problem("--set", f"keys nested more than {MOST_LEVELS} levels deep", "a path of the scenario")
    try:
        for part in way:
            place = place[int(part)] if isinstance(place, list) else place.setdefault(part, {})
        if isinstance(place, list):
            place[int(last)] = value
        else:
            place[last] = value
    except (IndexError, ValueError):
        return Problem(f"--set {path}", "no such item of a list", "a number within it, counted from 0")
    except (TypeError, AttributeError):
        return Problem(f"--set {path}", "a path through a single value", "a path of keys, such as load.workers")
    return None


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
    file, drawn = _with_shape(file, folder, trace, source)
    drawn = _adjusted(drawn, file.load)
    closed = file.load.model == "closed"
    plan = drawn.times(1 / file.load.pacing) if closed and not files else drawn
    _check(file, plan, source)
    sized = sizing.sized(file, plan.peak, source)
    if sized is not None:
        file = file.model_copy(update={"load": file.load.model_copy(update={"workers": sized.workers})})
    scenario = Scenario(
        file=file,
        plan=plan,
        users=drawn if closed else None,
        ca=_ca(file, folder, source),
        source=source,
        trace=trace,
        files=files,
        sizing=sized.words if sized else None,
    )
    _check_size(scenario)
    return scenario


def _with_shape(file: File, folder: Path, trace: traces.Understood | None, source: str) -> tuple[File, RatePlan]:
    """The plan; without one that of the locustfile's LoadTestShape, which is one of users. It is inspected always."""
    load = file.load
    if load.locustfile is None:
        return file, _drawn(load, trace, source)
    found = locustfile.inspect(folder / load.locustfile, load.model_dump(), f"{source}: load.locustfile")
    if not _of_the_file(load):
        return file, _drawn(load, trace, source)
    if "model" in load.model_fields_set and load.model == "open":
        problem = Problem(
            f"{source}: load", "an open model without a plan", "`plan`, `shape` or `trace`, in journeys/s"
        )
        raise ScenarioError(f"The scenario {source} is wrong.", [problem])
    if not found.shape:
        wanted = "`load.plan`, `load.shape` or `load.trace`, or a LoadTestShape in the file"
        problem = Problem(f"{source}: load", "nothing that says how many users when", wanted)
        raise ScenarioError(f"The scenario {source} is wrong.", [problem])
    points = tuple((float(t), float(users)) for t, users in found.shape)
    plan = RatePlan(points, (Stage("shape", 0.0, points[-1][0]),))
    return file.model_copy(update={"load": load.model_copy(update={"model": "closed"})}), plan


def _of_the_file(load: Load) -> bool:
    """Whether the plan is that of the locustfile's LoadTestShape."""
    return not (load.plan or load.shape or load.trace)


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


def _drawn(settings: Load, trace: traces.Understood | None, source: str) -> RatePlan:
    if settings.plan is not None:
        return _written(settings.plan)
    if settings.shape is not None:
        return settings.shape.plan()
    assert settings.trace is not None
    assert trace is not None
    return _traced(settings.trace, trace, source)


def _written(parts: list[PlanPart]) -> RatePlan:
    drawn: list[tuple[str, list[Point]]] = []
    rate = 0.0
    for part in parts:
        begin = part.rate if part.rate is not None else part.start if part.start is not None else rate
        rate = part.rate if part.rate is not None else part.to or 0.0
        drawn.append((part.name, pieces.slope(begin, rate, part.duration)))
    return join(drawn)


def _traced(trace: TraceModel, found: traces.Understood, source: str) -> RatePlan:
    where = f"{source}: load.trace"
    if trace.begin >= found.points[-1][0]:
        problem = Problem(f"{where}.begin", f"{trace.begin:g} s", f"less than the trace's {found.points[-1][0]:g} s")
        raise ScenarioError(f"The scenario {source} is wrong.", [problem])
    window = traces.window(found, trace.begin, trace.length)
    plan = RatePlan(tuple((t / trace.time_compression, rate * trace.rate_scale) for t, rate in window))
    return RatePlan(plan.points, _trace_stages(trace, plan.duration_s, where))


def _trace_stages(trace: TraceModel, duration: float, where: str) -> tuple[Stage, ...]:
    if not trace.stages:
        return (Stage("trace", 0.0, duration),)
    ends = [stage.until for stage in trace.stages[:-1]] + [max(trace.stages[-1].until, duration)]
    begins = [0.0, *ends[:-1]]
    wanted = f"later than the stage before and within the load's {duration:g} s, the last one up to its end"
    found = [
        Problem(f"{where}.stages[{n}].until", f"{stage.until:g} s", wanted)
        for n, stage in enumerate(trace.stages)
        if not begins[n] < stage.until
        or begins[n] >= duration
        or (stage is trace.stages[-1] and stage.until < duration)
    ]
    if found:
        raise ScenarioError("The stages of a trace are wrong.", found)
    return tuple(Stage(s.name, b, min(e, duration)) for s, b, e in zip(trace.stages, begins, ends, strict=True))


def _adjusted(plan: RatePlan, settings: Load) -> RatePlan:
    scaled = plan.times(settings.rate_factor)
    return scaled if settings.duration is None else scaled.stretched(settings.duration / plan.duration_s)


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
            **file.load.model_dump(include=set(Sent.model_fields)), own_shape=_of_the_file(file.load)
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
