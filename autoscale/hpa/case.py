"""One pass written down in a file, as ``autoscale hpa explain`` reads it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar, get_args

from autoscale.base.errors import InputError, Problem
from autoscale.base.times import parse_duration, parse_time
from autoscale.hpa.config import RELEASES, Config, Gate
from autoscale.hpa.observation import Observation
from autoscale.hpa.reading.observe import read_pod, read_samples, read_scale, read_usage, read_value
from autoscale.hpa.reading.parse import parse_spec
from autoscale.hpa.spec import Spec
from autoscale.hpa.state import State
from autoscale.hpa.status import Status

T = TypeVar("T")

FIELDS = {
    "now": "the time of the pass (RFC 3339, or seconds since the epoch)",
    "hpa": "the HorizontalPodAutoscaler",
    "scale": "the target's Scale",
    "pods": "the Pods that the scale's selector matches",
    "podMetrics": "the items of metrics.k8s.io",
    "podsMetrics": "{position of the metric: MetricValues}",
    "objectMetrics": "{position of the metric: MetricValue}",
    "externalMetrics": "{position of the metric: ExternalMetricValues}",
    "metricErrors": "{position of the metric: why it could not be fetched}",
    "scaleError": "why the scale could not be read",
    "updateError": "why the scale could not be written",
    "rivals": "names of other HPAs that select the same pods",
    "state": "what the controller remembers, as a decision gives it",
    "config": "the controller's flags",
}


@dataclass(frozen=True, slots=True)
class Case:
    """The four arguments of ``decide``."""

    spec: Spec
    config: Config
    state: State
    observation: Observation


def read_case(data: Any, file: str) -> Case:
    """Read a case; ``FIELDS`` says what it may hold. InputError with all mistakes at once."""
    if not isinstance(data, Mapping):
        raise InputError(f"{file} is not an observation.", fix=f"Write a mapping with {', '.join(FIELDS)}.")
    notes = Notes(file, _field_problems(data, file))
    config = notes.read("config", lambda: read_config(data.get("config") or {})) or Config()
    hpa = data["hpa"] if isinstance(data.get("hpa"), Mapping) else {}
    spec = _read_spec(hpa, config, notes) if hpa else None
    state = notes.read("state", lambda: State.from_dict(data.get("state") or {}))
    observation = _read_observation(data, hpa, notes)
    if notes.problems or spec is None or state is None:
        raise InputError(f"{file} is not a valid observation.", problems=notes.problems)
    return Case(spec, config, state, observation)


@dataclass(frozen=True, slots=True)
class Notes:
    """The mistakes found so far in a file."""

    file: str
    problems: list[Problem]

    def read(self, where: str, parse: Callable[[], T]) -> T | None:
        """What ``parse`` returns; None, and a note, where it fails."""
        wanted = FIELDS[where.partition("[")[0]]
        try:
            return parse()
        except KeyError as error:
            found = f"no {error.args[0]}"
        except (AttributeError, TypeError, ValueError) as error:
            found = str(error)
        self.problems.append(Problem(f"{self.file}: {where}", found, wanted))
        return None

    def read_each(self, name: str, values: Any, parse: Callable[[Any], T]) -> tuple[T, ...]:
        """What ``parse`` makes of every entry of a list; a note for each that fails."""
        entries = self.read(name, lambda: items(values)) or []
        found = [self.read(f"{name}[{index}]", partial(parse, entry)) for index, entry in enumerate(entries)]
        return tuple(value for value in found if value is not None)

    def read_keyed(self, name: str, values: Any, parse: Callable[[Any], T]) -> dict[int, T]:
        """What ``parse`` makes of every value of a mapping from a metric's position."""
        return self.read(name, lambda: {int(key): parse(value) for key, value in (values or {}).items()}) or {}


def _field_problems(data: Mapping[str, Any], file: str) -> list[Problem]:
    problems = [
        Problem(f"{file}: {name}", "an unknown field", f"one of {', '.join(FIELDS)}")
        for name in data
        if name not in FIELDS
    ]
    if not isinstance(data.get("hpa"), Mapping):
        problems.append(Problem(f"{file}: hpa", "nothing", FIELDS["hpa"]))
    if data.get("scale") is None and not data.get("scaleError"):
        problems.append(Problem(f"{file}: scale", "nothing", f"{FIELDS['scale']}, or scaleError"))
    return problems


def _read_spec(hpa: Mapping[str, Any], config: Config, notes: Notes) -> Spec | None:
    try:
        return parse_spec(hpa, config, f"{notes.file}: hpa")
    except InputError as error:
        notes.problems.extend(error.problems)
    return None


def _read_observation(data: Mapping[str, Any], hpa: Mapping[str, Any], notes: Notes) -> Observation:
    metadata = hpa["metadata"] if isinstance(hpa.get("metadata"), Mapping) else {}
    scale = data.get("scale")
    return Observation(
        now=notes.read("now", lambda: read_time(data.get("now"))) or 0.0,
        scale=None if scale is None else notes.read("scale", lambda: read_scale(scale)),
        pods=notes.read_each("pods", data.get("pods"), read_pod),
        usage=notes.read_each("podMetrics", data.get("podMetrics"), read_usage),
        pods_metrics=notes.read_keyed("podsMetrics", data.get("podsMetrics"), lambda each: read_samples(items(each))),
        object_metrics=notes.read_keyed("objectMetrics", data.get("objectMetrics"), read_value),
        external_metrics=notes.read_keyed(
            "externalMetrics", data.get("externalMetrics"), lambda each: tuple(read_value(item) for item in items(each))
        ),
        metric_errors=notes.read_keyed("metricErrors", data.get("metricErrors"), str),
        scale_error=str(data.get("scaleError") or ""),
        update_error=str(data.get("updateError") or ""),
        rivals=notes.read_each("rivals", data.get("rivals"), str),
        namespace=metadata.get("namespace") or "default",
        name=metadata.get("name") or "",
        generation=metadata.get("generation"),
        status=notes.read("hpa", lambda: Status.from_dict(hpa.get("status") or {})) or Status(),
    )


def items(value: Any) -> list[Any]:
    """The entries of a list, or of a Kubernetes List object. TypeError on anything else."""
    found = value.get("items") if isinstance(value, Mapping) else value
    if found is None:
        return []
    if not isinstance(found, list):
        raise TypeError("no list")
    return found


def read_time(value: Any) -> float:
    """Seconds since the epoch, from a number or RFC 3339. TypeError or ValueError on anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, datetime):  # what YAML makes of a time without quotes
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, str):
        return parse_time(value)
    raise TypeError("no time")


def read_config(data: Mapping[str, Any]) -> Config:
    """The controller's settings by the names of ``Config``; seconds may be durations. ValueError on a mistake."""
    known = [field.name for field in fields(Config)]
    unknown = sorted(set(data) - set(known))
    if unknown:
        raise ValueError(f"unknown {', '.join(unknown)} (there are {', '.join(known)})")
    if data.get("release", "master") not in RELEASES:
        raise ValueError(f"release {data['release']!r} (there are {', '.join(RELEASES)})")
    numbers = {name: parse_duration(value) for name, value in data.items() if name.endswith("_s")}
    if "tolerance" in data:
        numbers["tolerance"] = float(data["tolerance"])
    gates = data.get("gates") or {}
    strange = sorted(set(gates) - set(get_args(Gate)))
    if strange:
        raise ValueError(f"unknown gates {', '.join(strange)} (there are {', '.join(get_args(Gate))})")
    return Config(**{**data, **numbers, "gates": {name: bool(value) for name, value in gates.items()}})
