"""The scenario file as it may be written: every field, its type, default and bounds. Nothing else is accepted."""

import json
import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from loadtest.units import seconds

Duration = Annotated[float, BeforeValidator(seconds)]
Positive = Annotated[Duration, Field(gt=0, le=7 * 86400)]
Rate = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
NAME = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"


def _path(text: str) -> str:
    if not re.fullmatch(r"/[^\x00-\x20\x7f]*", text) or text.startswith("//"):
        raise ValueError("a path that begins with one / and holds no blanks, for example /work?cpu_ms=10")
    if not text.isascii():
        raise ValueError("an ASCII path: percent-encode what is not ASCII, for example /caf%C3%A9")
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
HeaderName = Annotated[str, Field(pattern=r"^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$")]
HeaderValue = Annotated[str, AfterValidator(_header)]
Status = Annotated[str, BeforeValidator(_status)]
Free = Annotated[dict[str, Any], AfterValidator(_json)]


class Strict(BaseModel):
    """What all parts have in common: no unknown key, no change afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Target(Strict):
    """The workload under load. All None: the app of this project."""

    workload: str | None = Field(default=None, pattern=r"^(deployment|statefulset)/[a-z0-9]([-.a-z0-9]*[a-z0-9])?$")
    namespace: str | None = Field(default=None, pattern=NAME, max_length=63)
    url: str | None = Field(default=None, pattern=r"^https?://[!-.0-~]+(/[!-~]*)?$")


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


class Constant(Strict):
    """One rate all the time; stage ``steady``."""

    kind: Literal["constant"]
    rate: Rate
    duration: Positive


class Step(Strict):
    """A jump up and down again; stages ``before``, ``peak``, ``after``."""

    kind: Literal["step"]
    base: Rate
    peak: Rate
    before: Positive = 60.0
    hold_for: Positive = Field(default=180.0, alias="hold")
    after: Positive = 120.0


class Ramp(Strict):
    """A climb, a plateau, a jump down; stages ``before``, ``ramp``, ``peak``, ``after``."""

    kind: Literal["ramp"]
    base: Rate
    peak: Rate
    before: Positive = 30.0
    rise: Positive = 120.0
    hold_for: Positive = Field(default=120.0, alias="hold")
    after: Positive = 120.0


class Spike(Strict):
    """A short steep peak; stages ``before``, ``rise``, ``peak``, ``fall``, ``after``."""

    kind: Literal["spike"]
    base: Rate
    peak: Rate
    before: Positive = 60.0
    rise: Positive = 5.0
    hold_for: Positive = Field(default=30.0, alias="hold")
    fall: Positive = 5.0
    after: Positive = 120.0


class Staircase(Strict):
    """Equal steps up and down; stages ``base``, ``up-1`` ... ``up-n``, ``down-n-1`` ... ``down-0``."""

    kind: Literal["staircase"]
    base: Rate
    peak: Rate
    steps: int = Field(default=4, ge=1, le=100)
    each: Positive = 60.0


class Sine(Strict):
    """Smooth waves; stages ``cycle-1`` ... ``cycle-n``."""

    kind: Literal["sine"]
    base: Rate
    peak: Rate
    period: Positive = 300.0
    cycles: int = Field(default=1, ge=1, le=1000)


Shape = Annotated[Constant | Step | Ramp | Spike | Staircase | Sine, Field(discriminator="kind")]


class TraceStage(Strict):
    """A name for a span of the trace, in seconds of the load (after compression)."""

    name: str = Field(pattern=NAME)
    until: Positive


class Trace(Strict):
    """Recorded demand: a CSV beside the scenario, cut, compressed and scaled."""

    file: str
    form: Literal["rate", "count", "limbo"] | None = None
    begin: Annotated[Duration, Field(ge=0)] = 0.0
    length: Positive | None = None
    time_compression: float = Field(default=1.0, gt=0, le=100_000)
    rate_scale: float = Field(default=1.0, gt=0, le=1_000_000)
    stages: list[TraceStage] = []


class Load(Strict):
    """How much, when, and how it is sent."""

    model: Literal["open", "closed"] = "open"
    arrivals: Literal["uniform", "poisson"] = "uniform"
    seed: int = 1
    plan: list[PlanPart] | None = Field(default=None, min_length=1)
    shape: Shape | None = None
    trace: Trace | None = None
    pacing: Positive = 1.0
    rate_factor: float = Field(default=1.0, gt=0, le=1_000_000)
    duration: Positive | None = None
    workers: int = Field(default=1, ge=1, le=100)
    max_in_flight: int = Field(default=1000, ge=1, le=100_000)
    connections: int = Field(default=10, ge=1, le=100_000)
    close_share: float = Field(default=0.1, ge=0, le=1)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [name for name in ("plan", "shape", "trace") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("exactly one of `plan`, `shape` and `trace`")
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
    headers: dict[HeaderName, HeaderValue] = {}
    body: Annotated[str | dict[str, Any] | list[Any] | None, AfterValidator(_json)] = None
    timeout: Positive = 10.0
    expect: list[Status] = Field(default=["2xx", "3xx"], min_length=1)


class Price(Strict):
    """What a pod costs, for the cost per million good requests."""

    pod_hour: float = Field(ge=0, allow_inf_nan=False)
    currency: str = "EUR"


class Limits(Strict):
    """What this scenario must never exceed, whatever is overridden."""

    rate: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    duration: Positive | None = None
    pods: int | None = Field(default=None, ge=1)


class Embedded(Strict):
    """Settings of the embedded cluster for this scenario: a preset and single settings over it."""

    preset: Literal["real", "quick"] = "real"
    settings: Free = {}


class Patch(Strict):
    """A merge patch for one manifest of the target, by kind and name."""

    kind: str
    name: str
    patch: Free


class File(Strict):
    """A whole scenario file."""

    name: str = Field(pattern=NAME, max_length=40)
    description: str = ""
    target: Target = Target()
    load: Load
    requests: list[Request] = Field(default=[Request()], min_length=1, max_length=100)
    tls: Tls = Tls()
    objectives: list[str] = []
    price: Price | None = None
    limits: Limits = Limits()
    embedded: Embedded = Embedded()
    patches: list[Patch] = []
