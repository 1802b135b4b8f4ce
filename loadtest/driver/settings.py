"""What a load pod is told by its environment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from loadtest.errors import Problem, ScenarioError
from loadtest.plan import RatePlan, Stage

MASTER_PORT = 5557
WEB_PORT = 8089
FILES = "LOADTEST_FILES_"  # a locustfile with what lies beside it, in parts: a variable holds 128 KiB
MOST_PARTS = 20


@dataclass(frozen=True)
class Settings:
    """``url`` is what is loaded, ``host_header`` what it is called there; ``bind`` this pod's address; durations s.

    ``token`` is what the master's page asks for; where it is empty nobody may see the page. ``files`` is the
    packed locustfile.
    """

    scenario: dict[str, Any]
    url: str
    host_header: str
    workers: int
    start_deadline_s: float
    shard: int
    pod: str
    bind: str
    master_host: str
    master_port: int
    token: str = ""
    files: str = ""

    @property
    def plan(self) -> RatePlan:
        """The rate plan of the scenario."""
        return RatePlan(tuple((t, rate) for t, rate in self.scenario["points"]), self.stages)

    @property
    def journeys(self) -> RatePlan:
        """The plan of a locustfile's journeys, where the model is open."""
        return RatePlan(tuple((t, rate) for t, rate in self.scenario["journeys"]))

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The named spans of the load."""
        return tuple(Stage(s["name"], s["start_s"], s["end_s"]) for s in self.scenario["stages"])

    @property
    def users(self) -> RatePlan:
        """The plan of users, where the model is closed."""
        return RatePlan(tuple((t, users) for t, users in self.scenario["users"]))


class _Reader:
    """Reads variables one by one and keeps every mistake."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.problems: list[Problem] = []

    def text(self, name: str, default: str | None = None) -> str:
        value = self.environment.get(name) or default
        if value is None:
            self.problems.append(Problem(name, "nothing", "a value", "Set it in the pod's environment."))
        return value or ""

    def number(self, name: str, default: str | None = None, least: float = 0) -> float:
        text = self.text(name, default)
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if text and value < least:
            self.problems.append(Problem(name, repr(text), f"a number, at least {least:g}"))
        return value

    def scenario(self, name: str) -> dict[str, Any]:
        text = self.text(name)
        try:
            value = json.loads(text or "{}")
        except ValueError as error:
            self.problems.append(Problem(name, "no JSON", "the resolved scenario as JSON", str(error)))
            return {}
        missing = [key for key in ("points", "stages", "load", "requests") if key not in value]
        if text and missing:
            self.problems.append(Problem(name, f"no {', '.join(missing)}", "the resolved scenario as JSON"))
        return dict(value)

    def url(self, name: str) -> str:
        text = self.text(name)
        parts = urlsplit(text)
        if text and (parts.scheme not in ("http", "https") or not parts.hostname):
            self.problems.append(Problem(name, repr(text), "a URL such as http://10.0.0.7:8080"))
        return text


def read(environment: Mapping[str, str], role: str) -> Settings:
    """The settings of a master or worker; ScenarioError names every variable that is missing or wrong."""
    reader = _Reader(environment)
    url = reader.url("LOADTEST_URL")
    worker = role == "worker"
    settings = Settings(
        scenario=reader.scenario("LOADTEST_SCENARIO"),
        url=url,
        host_header=reader.text("LOADTEST_HOST", urlsplit(url).netloc or "unknown"),
        workers=int(reader.number("LOADTEST_WORKERS", "1", least=1)),
        start_deadline_s=reader.number("LOADTEST_START_DEADLINE", "120", least=1),
        shard=int(reader.number("JOB_COMPLETION_INDEX", None if worker else "0")),
        pod=reader.text("POD_NAME"),
        bind=reader.text("POD_IP"),
        master_host=reader.text("LOADTEST_MASTER_SERVICE_HOST", None if worker else "unused"),
        master_port=int(reader.number("LOADTEST_MASTER_SERVICE_PORT", str(MASTER_PORT), least=1)),
        token=environment.get("LOADTEST_TOKEN", ""),
        files="".join(environment.get(f"{FILES}{n}", "") for n in range(MOST_PARTS)),
    )
    if worker and not reader.problems and settings.shard >= settings.workers:
        found = f"{settings.shard} of {settings.workers} workers"
        reader.problems.append(Problem("JOB_COMPLETION_INDEX", found, "a shard below LOADTEST_WORKERS"))
    if reader.problems:
        raise ScenarioError(f"The load {role} cannot start.", reader.problems)
    return settings
