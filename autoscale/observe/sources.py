"""Where rows come from: threads that listen and put what they see into one inbox, entered and left in order."""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from autoscale.base.errors import AutoscaleError, ClusterError
from autoscale.base.steady import SteadyClock
from autoscale.cluster.client import Cluster
from autoscale.cluster.clock import PERIOD_S, Meter
from autoscale.cluster.logs import LogFollower
from autoscale.cluster.metrics import pod_samples
from autoscale.cluster.watch import Change, Lost, Watch
from autoscale.observe.fold import ClockRead, Samples, Seen
from autoscale.observe.lateness import BEAT_S, Pulse

CHECK_S = 10.0
CLOCK_RETRY_S = 1.0
JOIN_S = 10.0


@dataclass(frozen=True)
class LoadChange:
    """A change of a pod or Job of the load generator: for control, not for the record."""

    change: Change


@dataclass(frozen=True)
class LogEnded:
    """A load pod's log was read to its end."""

    pod: str


@dataclass(frozen=True)
class Broken:
    """A source that cannot go on."""

    source: str
    error: AutoscaleError


Item = Seen | LoadChange | LogEnded | Broken
Inbox = queue.SimpleQueue[Item]


@contextmanager
def running(name: str, work: Callable[[], None], cancel: Callable[[], None], inbox: Inbox) -> Iterator[None]:
    """Run ``work`` in a thread; on leaving cancel and join it. What it raises comes as ``Broken``."""

    def guarded() -> None:
        try:
            work()
        except AutoscaleError as error:
            inbox.put(Broken(name, error))
        except Exception as error:  # a thread that dies unheard would be taken for silence
            inbox.put(Broken(name, AutoscaleError(f"the source {name} failed: {type(error).__name__}: {error}")))

    thread = threading.Thread(target=guarded, name=f"source {name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        cancel()
        thread.join(JOIN_S)


@contextmanager
def watching(watch: Watch, inbox: Inbox, *, load: bool = False) -> Iterator[None]:
    """A list+watch; ``load``: of the load generator's own pods and Jobs."""

    def work() -> None:
        for seen in watch.changes():
            inbox.put(LoadChange(seen) if load and isinstance(seen, Change) else seen)

    with running(watch.source, work, watch.cancel, inbox):
        yield


@contextmanager
def following(follower: LogFollower, inbox: Inbox) -> Iterator[None]:
    """A load pod's log."""

    def work() -> None:
        for seen in follower.lines():
            inbox.put(seen)
        inbox.put(LogEnded(follower.pod))

    with running(follower.source, work, follower.cancel, inbox):
        yield


@contextmanager
def sampling(
    cluster: Cluster, namespace: str, labels: str, inbox: Inbox, period_s: float, clock: SteadyClock
) -> Iterator[None]:
    """The samples of metrics.k8s.io, asked for twice in the period in which new ones appear, so that none is missed.

    A span in which they could not be had becomes a gap.
    """
    stop = threading.Event()

    def work() -> None:
        heard, failing = clock(), ""
        while not stop.is_set():
            try:
                items = pod_samples(cluster, namespace, labels)
                if failing:
                    inbox.put(Lost("usage", heard, clock(), failing))
                heard, failing = clock(), ""
                inbox.put(Samples(items, heard))
            except ClusterError as error:
                failing = error.what
            stop.wait(period_s / 2)
        if failing:
            inbox.put(Lost("usage", heard, clock(), failing))

    with running("usage", work, stop.set, inbox):
        yield


@contextmanager
def timing(
    clk: str,
    ask: Callable[[], str],
    inbox: Inbox,
    clock: SteadyClock,
    *,
    same_machine: bool,
    heard: Callable[[], float] | None = None,
) -> Iterator[None]:
    """Another clock against ours: measured, and followed from then on; taken for ours on the same machine until its
    answers say otherwise.

    ``ask()`` returns a ``Date`` header of that clock's server. ``heard()``: when anything came from that server last.
    Where nothing did for a second it is asked, so that its answers bound how late anything else can have been heard: a
    longer silence is put in as ``Silence``.
    """
    stop, meter = threading.Event(), Meter(exact=same_machine)
    pulse, rest_s = (Pulse(clk, heard, clock()), CHECK_S) if heard else (None, PERIOD_S)

    def work() -> None:
        pause, due = CLOCK_RETRY_S, meter.next(clock(), rest_s)
        while not stop.is_set():
            now = clock()
            if pulse and (silence := pulse.over(now)):
                inbox.put(silence)
            if now < due and (pulse is None or pulse.beats(now)):
                stop.wait(min(due - now, BEAT_S) if pulse else due - now)
                continue
            try:
                second = parsedate_to_datetime(ask()).timestamp()
            except (ClusterError, KeyError, ValueError):  # no answer, or none with a date: it may not listen yet
                stop.wait(pause)
                pause = BEAT_S if pulse else min(2 * pause, PERIOD_S)
                continue
            received, pause = clock(), CLOCK_RETRY_S
            if pulse:
                pulse.answered(received)
            if bound := meter.take(now, received, second):
                inbox.put(ClockRead(clk, bound.offset_s, bound.error_s, received))
            due = meter.next(received, rest_s)

    if same_machine:
        inbox.put(ClockRead(clk, 0.0, 0.0, clock()))
    with running(f"clock {clk}", work, stop.set, inbox):
        yield
