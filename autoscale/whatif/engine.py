"""Pods that share their CPU among requests, and the client's connections to them: discrete events, request by request.

A pod runs up to ``slots`` requests at once (its threads), the others queue in order. A running request uses the CPU at
the rate of one core at most; all that run in one pod share its ``width`` cores, and all pods share the node's. A CPU
limit is a quota for each period of 100 ms, as the kernel's CFS gives it out: a pod that has used it up stands still
until the next period. After its CPU time a request may wait (for the network, a database), which holds its slot and
no CPU.

``advance`` is plain Python over flat lists: the reference. ``autoscale.whatif.fast`` compiles this very function for
arrays; so nothing here may be used that only one of the two has. Times are seconds, CPU is CPU-seconds.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

PERIOD_S = 0.1  # cpu.cfs_period_us, which Kubernetes leaves at its default
IDLE_S = 30.0  # loadtest.driver.connections: a connection idle for longer is not used again
ANSWERED, TIMEOUT, REFUSED, DROPPED = range(4)
_EPS = 1e-9
_INF = math.inf


class Limits(NamedTuple):
    """What does not change in a run. ``cores``: the node's; ``cost``, ``wait``: equally likely pairs in seconds."""

    slots: int
    width: float
    cores: float
    timeout_s: float
    max_in_flight: int
    connections: int
    close_share: float
    cost: Sequence[float]
    wait: Sequence[float]


class World(NamedTuple):
    """Everything that changes, in flat lists or arrays: by pod, by slot (pod * slots + n), by request, by connection.

    ``totals``: see the names below. ``node``: the share of a core that a running request gets, and the cores wanted.
    """

    settled: Any  # by pod: the time up to which it is computed
    served: Any  # CPU that each running request has been given since the pod began
    left: Any  # of the quota, in this period
    edge: Any  # the period's end
    due: Any  # when something happens in it next
    used: Any  # CPU in all
    quota: Any
    running: Any  # requests on the CPU
    wants: Any  # cores that it would use now
    ready: Any  # takes new connections
    alive: Any  # keeps those it has
    head: Any  # of its queue: a request, -1 for none
    tail: Any
    finish: Any  # by slot: the value of ``served`` at which its CPU time ends, inf where it has none
    wake: Any  # when its waiting ends
    job: Any  # its request, -1 for none
    intended: Any  # by request: when it should have been sent
    begun: Any  # when it was
    cost: Any
    wait: Any
    keep: Any  # whether its connection stays open
    gone: Any  # its client has given up
    after: Any  # the next one in the queue, or in the list of free ones
    serial: Any
    sent: Any  # a ring of requests in the order of sending, and their serials
    sent_serial: Any
    idle: Any  # a ring of idle connections: the pod, and since when
    idle_since: Any
    seed: Any  # two numbers
    node: Any
    totals: Any


(FREE, FIRST_SENT, N_SENT, FIRST_IDLE, N_IDLE, OPEN, IN_FLIGHT, SERIAL, N_OUT, N_PODS) = range(10)


class Out(NamedTuple):
    """What ended, in order: when, when intended, when begun, by which pod (-1: none), how (ANSWERED ...)."""

    at: Any
    intended: Any
    begun: Any
    pod: Any
    how: Any


def advance(limits: Limits, world: World, out: Out, arrivals: Any, first: int, until: float) -> int:
    """Everything up to ``until``; ``arrivals[first:]`` are the moments at which requests are due, in order.

    Returns the first arrival that lies beyond. What ended stands in ``out``, its number in ``world.totals[N_OUT]``;
    ``out`` has room for the arrivals and for what was in flight. No pod's own state may have been changed since
    without ``touch``.
    """
    totals = world.totals
    totals[N_OUT] = 0
    n = first
    while True:
        pod, at = _next_pod(world)
        arrival = arrivals[n] if n < len(arrivals) else _INF
        expiry = _next_expiry(limits, world)
        if expiry <= at and expiry <= arrival:
            if expiry > until:
                return n
            _expire(world, out, expiry)
        elif arrival <= at:
            if arrival > until:
                return n
            n += 1
            _admit(limits, world, out, arrival)
        else:
            if at > until:
                return n
            _step(limits, world, out, pod, at)


def draw(seed: Any) -> float:
    """A number between 0 and 1 (L'Ecuyer 1988: two multiplicative generators, period 2.3e18; the same everywhere)."""
    a = seed[0] * 40014 % 2147483563
    b = seed[1] * 40692 % 2147483399
    seed[0] = a
    seed[1] = b
    return float(((a - b) % 2147483562 + 0.5) / 2147483562)


def _next_pod(world: World) -> tuple[int, float]:
    due = world.due
    best, at = -1, _INF
    for pod in range(world.totals[N_PODS]):
        if due[pod] < at:
            best, at = pod, due[pod]
    return best, at


def _next_expiry(limits: Limits, world: World) -> float:
    """When the oldest request that is still out has waited long enough; those that ended are passed over."""
    totals = world.totals
    size = len(world.sent)
    while totals[N_SENT] > 0:
        place = totals[FIRST_SENT]
        request = world.sent[place]
        if world.serial[request] == world.sent_serial[place]:
            return float(world.begun[request] + limits.timeout_s)
        totals[FIRST_SENT] = (place + 1) % size
        totals[N_SENT] -= 1
    return _INF


def _expire(world: World, out: Out, at: float) -> None:
    """The client gives up and closes; the pod does not know and works on."""
    totals = world.totals
    request = world.sent[totals[FIRST_SENT]]
    totals[FIRST_SENT] = (totals[FIRST_SENT] + 1) % len(world.sent)
    totals[N_SENT] -= 1
    world.gone[request] = 1
    totals[OPEN] -= 1
    totals[IN_FLIGHT] -= 1
    _emit(world, out, at, world.intended[request], world.begun[request], -1, TIMEOUT)


def _emit(world: World, out: Out, at: float, intended: float, begun: float, pod: int, how: int) -> None:
    n = world.totals[N_OUT]
    out.at[n] = at
    out.intended[n] = intended
    out.begun[n] = begun
    out.pod[n] = pod
    out.how[n] = how
    world.totals[N_OUT] = n + 1


def _admit(limits: Limits, world: World, out: Out, at: float) -> None:
    """A request is due: it always draws the same numbers, whatever becomes of it, so that variants can be compared."""
    totals = world.totals
    which = int(draw(world.seed) * len(limits.cost))
    closes = draw(world.seed) < limits.close_share
    chance = draw(world.seed)
    if totals[IN_FLIGHT] >= limits.max_in_flight:
        _emit(world, out, at, at, at, -1, DROPPED)
        return
    request = totals[FREE]
    pod = _connect(limits, world, at, chance) if request >= 0 else -1
    if pod < 0:
        _emit(world, out, at, at, at, -1, REFUSED)
        return
    totals[FREE] = world.after[request]
    totals[IN_FLIGHT] += 1
    totals[SERIAL] += 1
    world.serial[request] = totals[SERIAL]
    world.intended[request] = at
    world.begun[request] = at
    world.cost[request] = limits.cost[which]
    world.wait[request] = limits.wait[which]
    world.keep[request] = 0 if closes else 1
    world.gone[request] = 0
    world.after[request] = -1
    place = (totals[FIRST_SENT] + totals[N_SENT]) % len(world.sent)
    world.sent[place] = request
    world.sent_serial[place] = totals[SERIAL]
    totals[N_SENT] += 1
    _settle(limits, world, pod, at)
    if not _start(limits, world, pod, request, at):
        if world.head[pod] < 0:
            world.head[pod] = request
        else:
            world.after[world.tail[pod]] = request
        world.tail[pod] = request
    _schedule(limits, world, pod, at)


def _connect(limits: Limits, world: World, at: float, chance: float) -> int:
    """The pod of the connection to use: a new one while there are too few, then the one that has been idle longest.

    A new connection goes to any ready pod, each as likely (kube-proxy with iptables or nftables). -1: none is ready.
    """
    totals = world.totals
    while totals[N_IDLE] > 0 and totals[OPEN] >= limits.connections:
        place = totals[FIRST_IDLE]
        totals[FIRST_IDLE] = (place + 1) % len(world.idle)
        totals[N_IDLE] -= 1
        pod = world.idle[place]
        if world.alive[pod] and world.idle_since[place] > at - IDLE_S:
            return int(pod)
        totals[OPEN] -= 1
    ready = 0
    for pod in range(totals[N_PODS]):
        ready += world.ready[pod]
    wanted = int(chance * ready)
    for pod in range(totals[N_PODS]):
        if world.ready[pod]:
            if wanted == 0:
                totals[OPEN] += 1
                return pod
            wanted -= 1
    return -1


def _start(limits: Limits, world: World, pod: int, request: int, at: float) -> bool:
    """Give a request a free slot; False where there is none."""
    for slot in range(pod * limits.slots, (pod + 1) * limits.slots):
        if world.job[slot] < 0:
            world.job[slot] = request
            world.finish[slot] = world.served[pod] + world.cost[request]
            world.wake[slot] = _INF
            if world.running[pod] == 0 and at >= world.edge[pod]:
                world.edge[pod] += PERIOD_S * math.ceil((at - world.edge[pod]) / PERIOD_S + _EPS)
                world.left[pod] = world.quota[pod]
            world.running[pod] += 1
            return True
    return False


def _rate(limits: Limits, world: World, pod: int) -> float:
    """The share of a core that each running request of a pod gets; 0 while its quota is used up."""
    running = world.running[pod]
    if running == 0 or world.left[pod] <= _EPS:
        return 0.0
    node = world.node[0]
    return float(node if running <= limits.width else node * limits.width / running)


def _settle(limits: Limits, world: World, pod: int, at: float) -> None:
    """Bring a pod up to date; nothing happens in it before ``due``, so its rate is constant until then."""
    given = _rate(limits, world, pod) * (at - world.settled[pod])
    spent = given * world.running[pod]
    world.served[pod] += given
    world.used[pod] += spent
    world.left[pod] -= spent
    world.settled[pod] = at


def _schedule(limits: Limits, world: World, pod: int, at: float) -> None:
    """Share the node anew if more or fewer requests want its cores, and set when the pod has its next event."""
    node, due, wants, running = world.node, world.due, world.wants, world.running
    want = 0.0
    if running[pod] > 0 and world.left[pod] > _EPS:
        want = float(running[pod]) if running[pod] <= limits.width else limits.width
    node[1] += want - wants[pod]
    wants[pod] = want
    share = 1.0 if node[1] <= limits.cores + _EPS else limits.cores / node[1]
    if share != node[0]:
        for other in range(world.totals[N_PODS]):
            if running[other] > 0 and other != pod:
                _settle(limits, world, other, at)
        node[0] = share
        for other in range(world.totals[N_PODS]):
            if running[other] > 0 and other != pod:
                due[other] = _due(limits, world, other, at)
    due[pod] = _due(limits, world, pod, at)


def _due(limits: Limits, world: World, pod: int, at: float) -> float:
    finish, wake = world.finish, world.wake
    need, when = _INF, _INF
    for slot in range(pod * limits.slots, (pod + 1) * limits.slots):
        if finish[slot] < need:
            need = finish[slot]
        if wake[slot] < when:
            when = wake[slot]
    if world.running[pod] == 0:
        return when
    rate = _rate(limits, world, pod)
    if rate > 0.0:
        left = world.left[pod] / world.running[pod]  # what each may still have of the quota
        give = min(max(0.0, need - world.served[pod]), left)
        when = min(when, at + give / rate)
    return float(min(when, world.edge[pod]))


def _step(limits: Limits, world: World, out: Out, pod: int, at: float) -> None:
    """What happens in a pod at this moment: a new period, requests that end, others that take their places."""
    _settle(limits, world, pod, at)
    if at >= world.edge[pod] - _EPS:
        world.edge[pod] += PERIOD_S
        world.left[pod] = world.quota[pod]
    job, finish, wake = world.job, world.finish, world.wake
    done = world.served[pod] + _EPS
    freed = 0
    for slot in range(pod * limits.slots, (pod + 1) * limits.slots):
        if finish[slot] <= done:
            finish[slot] = _INF
            wake[slot] = at + world.wait[job[slot]]
            world.running[pod] -= 1
        if wake[slot] <= at + _EPS:
            request = job[slot]
            wake[slot] = _INF
            job[slot] = -1
            freed += 1
            _end(world, out, pod, request, at)
    while freed > 0 and world.head[pod] >= 0:
        request = world.head[pod]
        world.head[pod] = world.after[request]
        _start(limits, world, pod, request, at)
        freed -= 1
    _schedule(limits, world, pod, at)


def _end(world: World, out: Out, pod: int, request: int, at: float) -> None:
    """The pod has answered; if somebody still listens, that is an answer, and the connection may be used again."""
    totals = world.totals
    if world.gone[request] == 0:
        totals[IN_FLIGHT] -= 1
        _emit(world, out, at, world.intended[request], world.begun[request], pod, ANSWERED)
        if world.keep[request] and world.alive[pod]:
            place = (totals[FIRST_IDLE] + totals[N_IDLE]) % len(world.idle)
            world.idle[place] = pod
            world.idle_since[place] = at
            totals[N_IDLE] += 1
        else:
            totals[OPEN] -= 1
    world.serial[request] = 0
    world.after[request] = totals[FREE]
    totals[FREE] = request


BUCKETS = 900  # loadtest.histogram: up to 5,400 s
_MIN_S, _PER_LOG = 1e-4, 1 / math.log(1.02)


def tally(out: Out, n: int, cuts: Any, histogram: Any, counts: Any) -> None:
    """Count the first ``n`` of ``out`` by the span (``cuts``: where each begins) in which they were intended.

    ``histogram[span * BUCKETS + bucket]``: answers, in ``loadtest.histogram``'s buckets; ``counts[span * 4 + how]``.
    """
    for i in range(n):
        low, high = 0, len(cuts)
        while high - low > 1:
            middle = (low + high) // 2
            if cuts[middle] <= out.intended[i]:
                low = middle
            else:
                high = middle
        counts[low * 4 + out.how[i]] += 1
        if out.how[i] == ANSWERED:
            seconds = out.at[i] - out.intended[i]
            place = 0 if seconds <= _MIN_S else math.ceil(math.log(seconds / _MIN_S) * _PER_LOG - _EPS)
            histogram[low * BUCKETS + min(place, BUCKETS - 1)] += 1
