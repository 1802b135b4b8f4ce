"""One run of the model: requests, pods, metrics and the HPA under one virtual clock."""

import heapq
import math
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol

from autoscale.hpa import Decision
from autoscale.whatif import engine
from autoscale.whatif.arrivals import Chunk, longest
from autoscale.whatif.control import Autoscaler, Pod, doomed
from autoscale.whatif.service import Service, Setting, Span
from autoscale.whatif.traffic import Traffic, equally_likely

_EARLY_S = 0.05  # from a decision to the pod's creation, and from a probe to the API
_TAIL_S = 1.0
_LATE_S = 0.05  # no pass comes to the millisecond: what lies a whole window back may count or not
_DATED_S = 0.5  # the API dates samples in whole seconds


class Witness(Protocol):
    """Who looks on. Times are seconds from the load's start."""

    def requests(self, traffic: Traffic) -> None:
        """The engine has advanced: ``traffic.out`` holds what ended."""

    def decided(self, decision: Decision, now: float) -> None:
        """The HPA has made a pass."""

    def pod(self, pod: Pod, what: str, now: float) -> None:
        """A pod was ``created``, became ``ready``, came ``in service``, was ``deleted`` or ``removed``."""

    def sampled(self, pod: Pod, cpu_m: float, window_s: float, now: float) -> None:
        """A sample of a pod's CPU was published."""


@dataclass(frozen=True, slots=True)
class Phases:
    """Where in their periods scrapes and passes lie, in seconds since the epoch modulo the period; None: by chance."""

    scrape: float | None = None
    sync: float | None = None


def simulate(
    service: Service,
    setting: Setting,
    span: Span,
    chunks: Iterable[Chunk],
    seed: int,
    witness: Witness,
    *,
    phases: Phases | None = None,
    compiled: bool | None = None,
) -> None:
    """Run the model once; equal seeds give equal runs. ``compiled`` None: as fast as can be had here."""
    Simulation(
        service=service,
        setting=setting,
        span=span,
        arrivals=chunks,
        seed=seed,
        witness=witness,
        phases=phases or Phases(),
        compiled=compiled,
    ).run()


@dataclass
class Simulation:
    """The state of one run."""

    service: Service
    setting: Setting
    span: Span
    arrivals: Iterable[Chunk]
    seed: int
    witness: Witness
    phases: Phases
    compiled: bool | None
    pods: list[Pod] = field(default_factory=list)

    def __post_init__(self) -> None:
        chance = random.Random(f"{self.seed} service")
        service, setting = self.service, self.setting
        cost = service.cost_s.drawn(chance) / service.cost_s.value
        self.idle_m = max(0.0, service.idle_m.drawn(chance))
        drawn = chance.choices(service.profiles, k=len(service.profiles))  # a bootstrap over the calm spans
        costs, waits = equally_likely([(each * cost, wait) for one in drawn for each, wait in one])
        load = setting.load
        limits = engine.Limits(
            slots=int(service.threads.value),
            width=service.width.value,
            cores=service.cores.value,
            timeout_s=service.timeout_s.value,
            max_in_flight=load.max_in_flight,
            connections=load.connections,
            close_share=load.close_share,
            cost=costs,
            wait=waits,
        )
        most = max(int(setting.hpa.get("maxReplicas") or 1), len(self.span.pods))
        given = {} if self.compiled is None else {"compiled": self.compiled}
        self.traffic = Traffic(limits, 3 * most + 8, self.seed, longest(load), **given)
        self.hpa = Autoscaler(setting, service.metric_fresh_s.value, len(self.span.pods), self.span.zero)
        self._noise = random.Random(f"{self.seed} samples")
        self._shown: dict[str, tuple[float, float]] = {}
        self._feed = _Feed(iter(self.arrivals))
        self._due: list[tuple[float, int, Callable[[float], None]]] = []
        self._order = count()
        self._named = count()

    def run(self) -> None:
        """From the span's begin to its end."""
        chance = random.Random(f"{self.seed} phases")
        for created, ready in self.span.pods:
            self._create(self.span.begin, created, ready)
        scrape, sync = self.setting.metric_period_s, self.setting.config.sync_period_s
        off = chance.uniform(-_DATED_S, _DATED_S)
        phase = None if self.phases.scrape is None else self.phases.scrape + off
        first = self._every(scrape, phase, chance.random(), self._scrape)
        self._every(sync, self.phases.sync, chance.random(), self._sync)
        for earlier in (first - 2 * scrape, first - scrape):  # metrics were taken before the record began
            there = [pod for pod in self.pods if pod.created < earlier]
            self.hpa.measure([(pod, self._cpu_s(pod, earlier)) for pod in there], earlier)
        while self._due and self._due[0][0] <= self.span.end:
            now, _, act = heapq.heappop(self._due)
            self._pump(now)
            act(now)
        self._pump(self.span.end)

    def _at(self, time: float, act: Callable[[float], None]) -> None:
        heapq.heappush(self._due, (time, next(self._order), act))

    def _every(self, period: float, phase: float | None, chance: float, act: Callable[[float], None]) -> float:
        phase = chance * period if phase is None else phase - self.span.zero
        first = self.span.begin + (phase - self.span.begin) % period

        late = random.Random(f"{self.seed} late")

        def again(due: float) -> Callable[[float], None]:
            def go(now: float) -> None:
                act(now)
                self._at(due + period + late.uniform(0.0, _LATE_S), again(due + period))

            return go

        self._at(first, again(first))
        return first

    def _pump(self, until: float) -> None:
        """Requests up to a moment."""
        for times, first, stop in self._feed.upto(until):
            self._feed.first = self.traffic.advance(times, first, stop)
            self.witness.requests(self.traffic)

    def _scrape(self, now: float) -> None:
        """A sample is off by a little, all pods' alike: single requests cost more or less from minute to minute."""
        running = [(pod, self._cpu_s(pod, now)) for pod in self.pods if pod.created <= now]
        factor = max(0.0, 1.0 + self.service.scatter.value * self._noise.gauss(0.0, 1.0))
        for pod, spent in running:
            shown, before = self._shown.get(pod.name, (0.0, 0.0))
            self._shown[pod.name] = shown + max(0.0, spent - before) * factor, spent
        shown_now = [(pod, self._shown[pod.name][0]) for pod, _ in running]
        for pod, cpu_m, window in self.hpa.measure(shown_now, now):
            self.witness.sampled(pod, cpu_m, window, now)

    def _cpu_s(self, pod: Pod, now: float) -> float:
        """Requests, what an idle pod uses, and starting, which is spread over the time until ready."""
        age = now - pod.created
        ready = (pod.ready_at or now) - pod.created
        started = min(1.0, age / ready) if ready > 0 else 1.0
        idle = self.idle_m / 1000 * max(0.0, age - ready)
        return self.traffic.cpu_s(pod.place, now) + idle + self.service.start_cpu_s.value * started

    def _sync(self, now: float) -> None:
        before = self.hpa.replicas
        decision = self.hpa.sync(self.pods, now)
        self.witness.decided(decision, now)
        if self.hpa.replicas != before:
            self._at(now + _EARLY_S, self._scale)

    def _scale(self, now: float) -> None:
        active = [pod for pod in self.pods if pod.deleted is None]
        for _ in range(self.hpa.replicas - len(active)):
            self._create(now, now, None)
        for pod in doomed(active, len(active) - self.hpa.replicas, now):
            self._delete(pod, now)

    def _create(self, now: float, created: float, ready: float | None) -> None:
        number = next(self._named)
        chance = random.Random(f"{self.seed} pod {number}")
        limit, idle = self.setting.limit_m, self.idle_m
        quota = math.inf if limit is None else max(limit - idle, 1.0) / 1000
        pod = Pod(f"pod-{number}", created, self.traffic.place(now, quota, chance.random()))
        self.pods.append(pod)
        starts = self.service.starts
        lasts = self.setting.starts_in if self.setting.starts_in is not None else chance.choice(starts)
        pod.ready_at = ready if ready is not None else now + lasts
        self.witness.pod(pod, "created", now)
        self._at(max(now, pod.ready_at), lambda at: self._ready(pod, at, known=ready is not None))

    def _ready(self, pod: Pod, now: float, *, known: bool) -> None:
        if pod.deleted is None:
            self.witness.pod(pod, "ready", now)
            self._at(now if known else now + self.service.endpoint_s.value, lambda at: self._enter(pod, at))

    def _enter(self, pod: Pod, now: float) -> None:
        if pod.deleted is None:
            self.traffic.open(pod.place, ready=True)
            self.witness.pod(pod, "in service", now)

    def _delete(self, pod: Pod, now: float) -> None:
        pod.deleted = now
        self.witness.pod(pod, "deleted", now)
        self._at(now + self.service.endpoint_s.value, lambda _: self.traffic.open(pod.place, ready=False))
        self._at(now + self.service.drain_s.value, lambda at: self._end(pod, at))

    def _end(self, pod: Pod, now: float) -> None:
        self.traffic.close(pod.place)
        self._at(now + _TAIL_S, lambda at: self._remove(pod, at))

    def _remove(self, pod: Pod, now: float) -> None:
        pod.removed = now
        self._shown.pop(pod.name, None)
        self.pods.remove(pod)
        self.witness.pod(pod, "removed", now)


@dataclass
class _Feed:
    """The arrivals, chunk by chunk, as far as time has come."""

    chunks: Iterator[Chunk]
    first: int = 0

    def __post_init__(self) -> None:
        self.chunk = next(self.chunks)

    def upto(self, until: float) -> Iterator[tuple[Any, int, float]]:
        """(arrivals, the first of them that is still to come, until when) for one ``advance`` after the other."""
        while self.chunk.until <= until:
            yield self.chunk.times, self.first, self.chunk.until
            self.chunk, self.first = next(self.chunks), 0
        yield self.chunk.times, self.first, until
