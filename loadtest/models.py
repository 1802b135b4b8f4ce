"""The scenario file as it may be written: every field, its type, default and bounds. Nothing else is accepted."""

import json
import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from loadtest.defaults import TIMEOUT_S
from loadtest.fields import Duration, Positive, Rate, Strict
from loadtest.shapes import AnyShape

NAME = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"


def _path(text: str) -> str:
    if not re.fullmatch(r"/[^\x00-\x20\x7f]*", text) or text.startswith("//"):
        raise ValueError("a path that begins with one / and holds no blanks, for example /work?cpu_ms=10")
    if not text.isascii():
        raise ValueError("an ASCII path: percent-encode what is not ASCII, for example /caf%C3%A9")
    return text


def _file_name(text: str) -> str:
    if "\0" in text:
        raise ValueError("a name that a file can have")
    return text


def _header(value: str) -> str:
    if not re.fullmatch(r"[\t\x20-\x7e\x80-\xff]*", value):
        raise ValueError("a header value on one line")
    return value


def _status(value: object) -> str:
    if not re.fullmatch(r"[1-5](\d\d|xx)", str(value)):
        raise ValueError("a status such as 200, or a class of them such as 2xx")
    return str(value)


def _json(value: Any) -> Any:
    """What is written freely travels as JSON, and a text body as UTF-8."""
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError):
        raise ValueError("values that JSON has too: a date goes in quotes, .nan and .inf do not go") from None
    return value


Path = Annotated[str, AfterValidator(_path)]
FileName = Annotated[str, Field(min_length=1), AfterValidator(_file_name)]
HeaderName = Annotated[str, Field(pattern=r"^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$")]
HeaderValue = Annotated[str, AfterValidator(_header)]
Status = Annotated[str, BeforeValidator(_status)]
Free = Annotated[dict[str, Any], AfterValidator(_json)]


Workload = Annotated[str, Field(pattern=r"^(deployment|statefulset)/[a-z0-9]([-.a-z0-9]*[a-z0-9])?$")]


def _listed(target: object) -> object:
    return {"workload": target[0], "also": target[1:]} if isinstance(target, list) and target else target


class Target(Strict):
    """The workload under load. All None: the app of this project. ``manifests``: a folder beside the scenario.

    ``also`` and ``selector`` (a label query): workloads that are recorded beside it. A list of workloads is short for
    the first and the others.
    """

    manifests: FileName | None = None
    workload: Workload | None = None
    also: list[Workload] = Field(default=[], max_length=50)
    selector: str | None = Field(default=None, min_length=1)
    namespace: str | None = Field(default=None, pattern=NAME, max_length=63)
    url: str | None = Field(default=None, pattern=r"^https?://[!-.0-~]+(/[!-~]*)?$")
    pod_header: HeaderName = "X-Pod"


class PlanPart(Strict):
    """One stage of a hand-written plan: a constant ``rate``, or a ramp ``to`` a rate (``from`` the last one)."""

    name: str = Field(pattern=NAME)
    duration: Positive
    rate: Rate | None = None
    start: Rate | None = Field(default=None, alias="from")
    to: Rate | None = None

    @model_validator(mode="after")
    def _flat_or_sloped(self) -> Self:
        if (self.rate is None) == (self.to is None) or (self.rate is not None and self.start is not None):
            raise ValueError("either `rate` (constant) or `to` with an optional `from` (ramp)")
        return self


class TraceStage(Strict):
    """A name for a span of the trace, in seconds of the load (after compression)."""

    name: str = Field(pattern=NAME)
    until: Positive


class Trace(Strict):
    """Recorded demand: a CSV beside the scenario, cut, compressed and scaled."""

    file: str
    form: Literal["rate", "count", "limbo", "counter"] | None = None
    begin: Annotated[Duration, Field(ge=0)] = 0.0
    length: Positive | None = None
    time_compression: float = Field(default=1.0, gt=0, le=100_000)
    rate_scale: float = Field(default=1.0, gt=0, le=1_000_000)
    stages: list[TraceStage] = Field(default=[])


class Sending(Strict):
    """How it is sent, whoever sends it."""

    model: Literal["open", "closed"] = "open"
    arrivals: Literal["uniform", "poisson"] = "uniform"
    seed: int = 1
    pacing: Positive = 1.0
    rate_factor: float = Field(default=1.0, gt=0, le=1_000_000)
    max_in_flight: int = Field(default=1000, ge=1, le=100_000)
    connections: int = Field(default=10, ge=1, le=100_000)
    close_share: float = Field(default=0.1, ge=0, le=1)
    locustfile: str | None = Field(default=None, min_length=1)
    users: dict[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]] | None = None
    tags: list[str] | None = None
    exclude_tags: list[str] | None = None
    pool: int = Field(default=100, ge=1, le=10_000)
    stop_timeout: Annotated[Duration, Field(ge=0)] = 10.0
    requirements: list[str] = Field(default=[])
    env: dict[str, str] = Field(default={})


def _number(value: object) -> object:
    if value is None or (isinstance(value, str) and value != "auto"):
        raise ValueError("a whole number, or auto")
    return None if value == "auto" else value


Workers = Annotated[Annotated[int, Field(ge=1, le=100)] | None, BeforeValidator(_number)]


class Sent(Sending):
    """How it is sent, and by how many; ``own_shape``: the plan is that of the locustfile's LoadTestShape."""

    workers: int = Field(default=1, ge=1, le=100)
    own_shape: bool = False


class Load(Sending):
    """How much, when, and how it is sent; ``workers``: None where their number follows from the plan (``auto``)."""

    workers: Workers = 1
    plan: list[PlanPart] | None = Field(default=None, min_length=1)
    shape: AnyShape | None = None
    trace: Trace | None = None
    duration: Positive | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [name for name in ("plan", "shape", "trace") if getattr(self, name) is not None]
        if self.locustfile is not None and not given:
            return self  # the file's own LoadTestShape
        if len(given) != 1:
            raise ValueError("exactly one of `plan`, `shape` and `trace`")
        return self

    @model_validator(mode="after")
    def _locust(self) -> Self:
        """What only a locustfile understands goes with one."""
        only = ("users", "tags", "exclude_tags", "requirements", "env", "pool", "stop_timeout")
        given = [name for name in only if name in self.model_fields_set]
        if self.locustfile is None and given:
            raise ValueError(f"`locustfile`, where there is `{given[0]}`")
        return self


class Tls(Strict):
    """How an https target is checked. ``ca`` is a PEM file beside the scenario."""

    verify: bool = True
    ca: str | None = None
    server_name: str | None = None


class Request(Strict):
    """One kind of request; drawn with probability proportional to ``weight``."""

    name: str | None = None
    weight: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    path: Path = "/"
    headers: dict[HeaderName, HeaderValue] = Field(default={})
    body: Annotated[str | dict[str, Any] | list[Any] | None, AfterValidator(_json)] = None
    timeout: Positive = TIMEOUT_S
    expect: list[Status] = Field(default=["2xx", "3xx"], min_length=1)


class Price(Strict):
    """What a pod and a node cost, for the cost per million good requests."""

    pod_hour: float = Field(ge=0, allow_inf_nan=False)
    node_hour: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    currency: str = "EUR"


class Limits(Strict):
    """What this scenario must never exceed, whatever is overridden."""

    rate: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    duration: Positive | None = None
    pods: int | None = Field(default=None, ge=1)


class Nodes(Strict):
    """A pool of equal nodes: ``size`` is the CPU of each, up to ``max`` of them, each Ready ``start`` after it was
    asked for and gone when it has been empty for ``idle``."""

    size: str | int | float
    max: int = Field(ge=1, le=100)
    start: Annotated[Duration, Field(ge=0)] = 20.0
    idle: Annotated[Duration, Field(ge=0)] = 600.0


class Embedded(Strict):
    """Settings of the embedded cluster for this scenario: a preset, a pool of nodes, and single settings over it."""

    nodes: Nodes | None = None
    preset: Literal["real", "quick"] = "real"
    settings: Free = Field(default={})


class Patch(Strict):
    """A merge patch for one manifest of the target, by kind and name."""

    kind: str
    name: str
    patch: Free


class File(Strict):
    """A whole scenario file."""

    name: str = Field(pattern=NAME, max_length=40)
    description: str = ""
    target: Annotated[Target, BeforeValidator(_listed)] = Target()
    load: Load
    requests: list[Request] = Field(default=[Request()], min_length=1, max_length=100)
    tls: Tls = Tls()
    objectives: list[str] = Field(default=[])
    price: Price | None = None
    limits: Limits = Limits()
    embedded: Embedded = Embedded()
    patches: list[Patch] = Field(default=[])

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if self.load.locustfile is not None and "requests" in self.model_fields_set:
            raise ValueError("either `requests` or `load.locustfile`: what is sent is said once")
        return self


class ResolvedStage(Strict):
    """A named span of the load, in seconds from its beginning."""

    name: str
    start_s: float
    end_s: float


class Resolved(Strict):
    """A scenario with its plan drawn and every default filled in: what a run takes place by, and what travels.

    ``points`` [[second, requests per second]]; ``users`` [[second, users]] where the model is closed; ``total`` in
    requests; ``tls.ca`` is the PEM text of the authority here; every request has a name. With a locustfile there are no
    requests, no points and no total: how many it sends is not known before; ``journeys`` [[second, journeys
    per second]] where its model is open; ``files`` is it with what lies beside it, a zip in base64, which is not
    written down. ``sizing`` says why there are so many workers, where they follow from the plan.
    """

    name: str
    description: str
    model: Literal["open", "closed"]
    points: list[list[float]]
    users: list[list[float]] | None
    journeys: list[list[float]] | None = None
    files: str | None = Field(default=None, exclude=True)
    stages: list[ResolvedStage]
    duration_s: float
    total: float
    load: Sent
    sizing: str | None = None
    requests: list[Request]
    tls: Tls
    target: Target
    objectives: list[str]
    price: Price | None
    limits: Limits
    embedded: Embedded
    patches: list[Patch]
