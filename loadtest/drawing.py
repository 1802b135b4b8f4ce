"""The plan that a scenario's ``load`` says: written, shaped, traced, or a locustfile's own."""

from pathlib import Path

from loadtest import locustfile, pieces, traces
from loadtest.errors import Problem, ScenarioError
from loadtest.models import File, Load, PlanPart
from loadtest.models import Trace as TraceModel
from loadtest.plan import Point, RatePlan, Stage, join


def drawn(file: File, folder: Path, trace: traces.Understood | None, source: str) -> tuple[File, RatePlan]:
    """The plan with its ``rate_factor`` and ``duration``, and the file, whose model a locustfile may decide."""
    file, plan = _with_shape(file, folder, trace, source)
    scaled = plan.times(file.load.rate_factor)
    return file, scaled if file.load.duration is None else scaled.stretched(file.load.duration / plan.duration_s)


def _with_shape(file: File, folder: Path, trace: traces.Understood | None, source: str) -> tuple[File, RatePlan]:
    """The plan; without one that of the locustfile's LoadTestShape, which is one of users. It is inspected always."""
    load = file.load
    if load.locustfile is None:
        return file, _drawn(load, trace, source)
    found = locustfile.inspect(folder / load.locustfile, load.model_dump(), f"{source}: load.locustfile")
    if not of_the_file(load):
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


def of_the_file(load: Load) -> bool:
    """Whether the plan is that of the locustfile's LoadTestShape."""
    return not (load.plan or load.shape or load.trace)


def _drawn(settings: Load, trace: traces.Understood | None, source: str) -> RatePlan:
    if settings.plan is not None:
        return _written(settings.plan)
    if settings.shape is not None:
        return settings.shape.plan()
    assert settings.trace is not None
    assert trace is not None
    return _traced(settings.trace, trace, source)


def _written(parts: list[PlanPart]) -> RatePlan:
    slopes: list[tuple[str, list[Point]]] = []
    rate = 0.0
    for part in parts:
        begin = part.rate if part.rate is not None else part.start if part.start is not None else rate
        rate = part.rate if part.rate is not None else part.to or 0.0
        slopes.append((part.name, pieces.slope(begin, rate, part.duration)))
    return join(slopes)


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
