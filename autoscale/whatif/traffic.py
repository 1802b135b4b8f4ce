"""One run's requests: the engine's state, pods coming and going in it, and what ended."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from autoscale.whatif import engine, fast
from autoscale.whatif.engine import Limits, Out, World

POOL = 20_000  # requests that pods may hold: beyond that nobody waits, as with a full accept queue


class Ended(NamedTuple):
    """One request that ended: when, when intended, when begun, the pod's place (-1: none), how (ANSWERED ...)."""

    at: float
    intended: float
    begun: float
    pod: int
    how: int


@dataclass
class Traffic:
    """The engine with its state. ``pods`` may be there at once (also ending ones); ``seed`` sets the chances."""

    limits: Limits
    pods: int
    seed: int
    chunk: int
    compiled: bool = field(default_factory=fast.available)
    world: World = field(init=False)
    out: Out = field(init=False)

    def __post_init__(self) -> None:
        floats, whole = (fast.floats, fast.whole) if self.compiled else (_list, _list)
        if self.compiled:
            self.limits = self.limits._replace(cost=fast.array(self.limits.cost), wait=fast.array(self.limits.wait))
        self._advance = fast.compiled()[0] if self.compiled else engine.advance
        self.world = _world(self.limits, self.pods, floats, whole, random.Random(self.seed))
        size = self.chunk + POOL
        self.out = Out(
            at=floats(size, 0.0),
            intended=floats(size, 0.0),
            begun=floats(size, 0.0),
            pod=whole(size, 0),
            how=whole(size, 0),
        )

    def advance(self, arrivals: Any, first: int, until: float) -> int:
        """See ``engine.advance``."""
        return int(self._advance(self.limits, self.world, self.out, arrivals, first, until))

    def ended(self) -> list[Ended]:
        """What ended in the last ``advance``."""
        n = int(self.world.totals[engine.N_OUT])
        columns = (column[:n].tolist() if self.compiled else column[:n] for column in self.out)
        return [Ended(*row) for row in zip(*columns, strict=True)]

    def place(self, now: float, quota_cores: float, phase: float) -> int:
        """A place for a new pod, which takes no connections yet. ``phase`` (0 to 1): where its CFS periods begin."""
        world, pod = self.world, self._free()
        quota = quota_cores * engine.PERIOD_S
        world.totals[engine.N_PODS] = max(int(world.totals[engine.N_PODS]), pod + 1)
        world.settled[pod] = now
        world.served[pod] = world.used[pod] = 0.0
        world.quota[pod] = world.left[pod] = quota
        world.edge[pod] = now + engine.PERIOD_S * phase
        world.alive[pod] = 1
        return pod

    def _free(self) -> int:
        world = self.world
        for pod in range(self.pods):
            slots = range(pod * self.limits.slots, (pod + 1) * self.limits.slots)
            if not world.alive[pod] and world.head[pod] < 0 and all(world.job[slot] < 0 for slot in slots):
                return pod
        raise OverflowError("more pods at once than there are places")

    def open(self, pod: int, *, ready: bool) -> None:
        """Let a pod take new connections, or no more of them."""
        self.world.ready[pod] = int(ready)

    def close(self, pod: int) -> None:
        """The pod ends: its idle connections are closed, what it has begun it finishes."""
        world, totals = self.world, self.world.totals
        world.ready[pod] = world.alive[pod] = 0
        size, first, n = len(world.idle), int(totals[engine.FIRST_IDLE]), int(totals[engine.N_IDLE])
        places = [(first + i) % size for i in range(n)]
        kept = [(world.idle[p], world.idle_since[p]) for p in places if world.idle[p] != pod]
        for place, (owner, since) in zip(places, kept, strict=False):
            world.idle[place], world.idle_since[place] = owner, since
        totals[engine.N_IDLE] = len(kept)
        totals[engine.OPEN] -= n - len(kept)

    def cpu_s(self, pod: int, now: float) -> float:
        """CPU that a pod has spent on requests so far; ``now`` is the time of the last ``advance``."""
        world = self.world
        rate = engine._rate(self.limits, world, pod)
        return float(world.used[pod] + rate * world.running[pod] * max(0.0, now - world.settled[pod]))

    @property
    def in_flight(self) -> int:
        """Requests that were sent and have not ended."""
        return int(self.world.totals[engine.IN_FLIGHT])


def _list(n: int, value: Any = 0) -> list[Any]:
    return [value] * n


def _world(limits: Limits, pods: int, floats: Any, whole: Any, chance: random.Random) -> World:
    inf = float("inf")
    slots = pods * limits.slots
    ring = max(POOL, limits.connections) + 1
    world = World(
        settled=floats(pods, 0.0),
        served=floats(pods, 0.0),
        left=floats(pods, 0.0),
        edge=floats(pods, 0.0),
        due=floats(pods, inf),
        used=floats(pods, 0.0),
        quota=floats(pods, 0.0),
        running=whole(pods, 0),
        wants=floats(pods, 0.0),
        ready=whole(pods, 0),
        alive=whole(pods, 0),
        head=whole(pods, -1),
        tail=whole(pods, -1),
        finish=floats(slots, inf),
        wake=floats(slots, inf),
        job=whole(slots, -1),
        intended=floats(POOL, 0.0),
        begun=floats(POOL, 0.0),
        cost=floats(POOL, 0.0),
        wait=floats(POOL, 0.0),
        keep=whole(POOL, 0),
        gone=whole(POOL, 0),
        after=whole(POOL, 0),
        serial=whole(POOL, 0),
        sent=whole(ring, 0),
        sent_serial=whole(ring, 0),
        idle=whole(ring, 0),
        idle_since=floats(ring, 0.0),
        seed=whole(2, 0),
        node=floats(2, 0.0),
        totals=whole(10, 0),
    )
    world.after[:] = [*range(1, POOL), -1]
    world.node[0] = 1.0
    world.seed[0], world.seed[1] = chance.randrange(1, 2147483563), chance.randrange(1, 2147483399)
    for _ in range(10):
        engine.draw(world.seed)
    return world


def equally_likely(pairs: Sequence[tuple[float, float]]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """(cost, wait) pairs as the two columns of ``Limits``."""
    return tuple(cost for cost, _ in pairs), tuple(wait for _, wait in pairs)
