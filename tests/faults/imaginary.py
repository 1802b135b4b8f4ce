"""Faults that are done to a run in this process: its cluster is the embedded API server and controllers with imagined
pods (``tests/run/imagined.py``), and its connection can be spoilt."""

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

from aiohttp import web

from autoscale.base.errors import AutoscaleError
from autoscale.embedded.launch.folder import folder_of
from autoscale.record.rows.kinds import Row
from autoscale.report import formats
from autoscale.run.execute import execute
from autoscale.run.options import RunOptions
from autoscale.run.own_cluster import wanted_settings
from autoscale.run.prepare import resolve
from tests.faults.fault import Met, Wanted
from tests.faults.oracle import untrue
from tests.run.imagined import SCENARIO, SECONDS, Door, Guarded, imagined

Answering = Callable[[web.Request], web.StreamResponse | None]


@dataclass
class Trouble:
    """What becomes of requests whose method and path (with its query) hold these words, ``times`` times.

    ``code``: that status with ``body`` and ``headers``; ``cut``: nothing, the connection breaks; ``slow_s``: the true
    answer, later; ``lines``: a watch or a log that says these and ends.
    """

    method: str = ""
    path: str = ""
    times: int = 1
    code: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    slow_s: float = 0.0
    lines: Sequence[bytes] | None = None
    but: Sequence[str] = ()

    def meets(self, request: web.Request) -> bool:
        """Whether it is this one's turn."""
        there = self.method in request.method and self.path in request.path_qs
        return self.times > 0 and there and not any(word in request.path_qs for word in self.but)


class Faulty(Guarded):
    """The API server behind a bad connection."""

    def __init__(self, *about: Any) -> None:
        super().__init__(*about)
        self.troubles: list[Trouble] = []
        self.met = 0
        self.open: set[asyncio.Transport] = set()

    def cut(self) -> None:
        """Break every connection on which something is awaited."""
        for transport in self.open:
            transport.abort()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        transport = cast(asyncio.Transport, request.transport)
        self.open.add(transport)
        try:
            return await self._or_trouble(request)
        finally:
            self.open.discard(transport)

    async def _or_trouble(self, request: web.Request) -> web.StreamResponse:
        trouble = next((one for one in self.troubles if one.meets(request)), None)
        if trouble is None:
            return await super()._handle(request)
        trouble.times -= 1
        self.met += 1
        return await self._spoilt(request, trouble)

    async def _spoilt(self, request: web.Request, trouble: Trouble) -> web.StreamResponse:
        if trouble.slow_s:
            await asyncio.sleep(trouble.slow_s)
            return await super()._handle(request)
        if trouble.cut:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if trouble.lines is not None:
            answer = web.StreamResponse()
            await answer.prepare(request)
            for line in trouble.lines:
                await answer.write(line)
            return answer
        body = trouble.body if trouble.body is not None else status(trouble.code)
        headers = {"Content-Type": "application/json", **trouble.headers}
        return web.Response(status=trouble.code, body=body, headers=headers)


def status(code: int) -> bytes:
    """An error as the API tells it."""
    return json.dumps({"kind": "Status", "status": "Failure", "code": code, "message": f"trouble {code}"}).encode()


@dataclass(frozen=True)
class InProcess:
    """``before``: done to the cluster before the run; ``during``: as the first row of load is heard, of which there
    are two seconds; ``meanwhile``: entered around the run. ``keeps``: a second run need not be possible.
    ``begins_with``: so many pods have to be ready when the load starts.

    ``troubles`` begin with the run, ``later`` with its load, when, with ``cut``, every connection breaks.
    """

    name: str
    wanted: Wanted
    troubles: Sequence[Trouble] = ()
    later: Sequence[Trouble] = ()
    before: Callable[[Door], object] | None = None
    during: Callable[[Door], object] | None = None
    words: Sequence[str] = ()
    again: bool = True
    left: bool = False
    meanwhile: Callable[[], Any] | None = None
    slow: bool = False
    cut: bool = False
    begins_with: int | None = None

    @property
    def quick(self) -> bool:
        """Whether it takes a second or two."""
        return not self.slow

    def meet(self, home: Path) -> Met:
        """One run with it, one after it."""
        with desk(home) as (door, api, options):
            met = self._run(door, api, options)
            api.troubles.clear()
            door.cluster.going = False
            met.left = [] if self.left else remains(door)
            if self.again:
                began = time.monotonic()
                door.cluster.begun = 0.0
                after = execute(options)
                met.next_s = time.monotonic() - began
                met.amiss += [] if after.exit_code in (0, 5) else [f"the next run ends with {after.exit_code}"]
        return met

    def _run(self, door: Door, api: "Faulty", options: RunOptions) -> Met:
        said: list[str] = []
        options = RunOptions(**{**vars(options), "say": said.append, "overrides": tuple(self.words)})
        api.troubles = [Trouble(**vars(one)) for one in self.troubles]
        started: list[Trouble] = []

        def listen(row: Row) -> None:
            if row["k"] == "load" and not started:
                started.extend(Trouble(**vars(one)) for one in self.later)
                api.troubles += started
                if self.cut:
                    door.inside(lambda _: api.cut())
                if self.during:
                    self.during(door)

        if self.before:
            self.before(door)
        door.cluster.going = bool(self.later or self.during)
        with letting_go(door, started), self.meanwhile() if self.meanwhile else nothing():
            met = ended(lambda: execute(options, [listen]), said)
        met.amiss = self.wanted.amiss(met.code, met.said)
        met.amiss += ["the trouble was not met"] if (self.troubles or self.later) and not api.met else []
        seconds(options.out, met)
        met.amiss += untrue(met.code, recorded(options.out))
        if self.begins_with is not None and (begun := ready_at_start(options.out)) != self.begins_with:
            met.amiss.append(f"the load began with {begun} ready pods")
        return met


def ended(run: Callable[[], Any], said: list[str]) -> Met:
    """How a run ends and what it says; an error of ours is its exit code, as on the command line."""
    try:
        result = run()
    except AutoscaleError as error:
        return Met(int(error.exit_code), "\n".join([*said, str(error)]))
    report = formats.render(result.account, "markdown") if result.account else ""
    return Met(int(result.exit_code), "\n".join([*said, result.summary, str(result.error or ""), report]))


def recorded(out: Path) -> list[dict[str, Any]]:
    """The whole rows of the first record; none where there is none."""
    records = sorted(out.glob("*/record.jsonl"))
    lines = records[0].read_bytes().splitlines(keepends=True) if records else []
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


def ready_at_start(out: Path) -> int | None:
    """How many pods of the target were ready when the load started."""
    rows = recorded(out)
    start = next((row["n"] for row in rows if row["k"] == "mark" and row["name"] == "load-start"), 0)
    return next((row["ready"] for row in reversed(rows[:start]) if row["k"] == "workload" and "ready" in row), None)


def seconds(out: Path, met: Met) -> None:
    """How many of the load's seconds are not in the record, and whether that is told."""
    rows = recorded(out)
    if not rows:
        return
    begun = any(row["k"] == "mark" and row["name"] == "load-start" for row in rows)
    kept = {row["seq"] for row in rows if row["k"] == "load"}
    met.lost = SECONDS - len(kept) if begun else None
    met.named = not met.lost or any(row["k"] == "gap" for row in rows) or met.code not in (0, 1)


@contextmanager
def letting_go(door: Door, started: list[Trouble]) -> Iterator[None]:
    """The load ends once what befell it has been met, or a while after."""
    stop = asyncio.run_coroutine_threadsafe(_let_go(door, started), door.loop)
    try:
        yield
    finally:
        stop.cancel()


async def _let_go(door: Door, started: list[Trouble]) -> None:
    while not door.cluster.begun:
        await asyncio.sleep(0.05)
    end = time.monotonic() + SECONDS + 1.0
    while time.monotonic() < end or (not all(one.times < 1 for one in started) and time.monotonic() < end + 3):
        await asyncio.sleep(0.05)
    door.cluster.going = False
    door.cluster._wake()


@contextmanager
def nothing() -> Iterator[None]:
    """Nothing is changed."""
    yield


@contextmanager
def desk(home: Path) -> Iterator[tuple[Door, Faulty, RunOptions]]:
    """An imagined cluster behind a bad connection, and a run that is asked for there."""
    (home / "short.yaml").write_text(SCENARIO)
    own = {"XDG_STATE_HOME": str(home / "state"), "XDG_CONFIG_HOME": str(home / "config")}
    with patch.dict(os.environ, own):
        options = RunOptions(str(home / "short.yaml"), out=home / "runs")
        settings = wanted_settings(resolve(options).embedded)
        with imagined(folder_of("embedded"), settings, kind=Faulty) as door:
            yield door, cast(Faulty, door.api), options


KINDS = ("Deployment", "Service", "HorizontalPodAutoscaler", "Job", "ConfigMap", "Pod")


def remains(door: Door) -> list[str]:
    """Objects of the run that are still there."""
    return [f"{kind}/{name}" for kind in KINDS for name in door.names(kind)]
