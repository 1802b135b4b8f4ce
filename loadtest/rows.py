"""What a load worker writes: counts of each second, folded into the ``load`` and ``pod_load`` rows of the record.

Pure: the time of every event is passed in, in seconds since the load's start (the worker's own clock). Sums hold in
every row: planned = sent + dropped; over a worker's rows, sent = answered + failed + in flight at the end.
``response`` and ``service`` hold the answered requests, by age; ``lag`` the sent ones: how long each could have been
sent and was not.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from loadtest.histogram import Counts, bucket, merge, to_json
from loadtest.lines import Load, NameShare, PodLoad

POD_SPAN_S = 10  # a pod_load row covers this many seconds

Histogram = defaultdict[int, int]
Ages = defaultdict[int, Histogram]


def _histogram() -> Histogram:
    return defaultdict(int)


def _ages() -> Ages:
    return defaultdict(_histogram)


@dataclass(slots=True)
class Share:
    """One pod's answers within a second; ``span`` are its response times of the ten seconds so far."""

    first: float
    span: Histogram
    n: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Kind:
    """A kind of request, as the scenario names it."""

    method: str
    name: str


@dataclass(slots=True)
class Ended:
    """The requests of one kind that ended within a second.

    ``response`` of those answered as expected, by age; ``lost`` the same times of the others. All of them: ``total_s``,
    ``least_s`` and ``most_s`` from intended start to end, ``length`` bytes of bodies. ``dropped`` were never sent.
    """

    response: Ages = field(default_factory=_ages)
    failed: Counter[str] = field(default_factory=Counter)
    lost: Histogram = field(default_factory=_histogram)
    total_s: float = 0.0
    least_s: float = math.inf
    most_s: float = 0.0
    length: int = 0
    dropped: int = 0

    def add(self, seconds: float, length: int) -> None:
        """One more, with its time and its bytes."""
        self.total_s += seconds
        self.length += length
        if seconds < self.least_s:
            self.least_s = seconds
        if seconds > self.most_s:
            self.most_s = seconds

    @property
    def answered(self) -> int:
        """How many were answered as expected."""
        return sum(sum(counts.values()) for counts in self.response.values())

    @property
    def times(self) -> Counts:
        """The times of all of them."""
        return merge([*self.response.values(), self.lost])


@dataclass(slots=True)
class Second:
    """The counts of one second."""

    sent: int = 0
    dropped: int = 0
    lag: Histogram = field(default_factory=_histogram)
    service: Ages = field(default_factory=_ages)
    ended: defaultdict[Kind, Ended] = field(default_factory=lambda: defaultdict(Ended))
    journeys: defaultdict[Kind, Ended] = field(default_factory=lambda: defaultdict(Ended))
    unseen: Counter[str] = field(default_factory=Counter)
    by_pod: dict[str, Share] = field(default_factory=dict)


@dataclass(frozen=True)
class Worker:
    """Who writes: shard, pod (and clock) name, and the load's start on the worker's clock, seconds since the epoch."""

    shard: int
    pod: str
    start: float


ANY = Kind("", "")

# What ended within the second that begins at some time, in seconds since the epoch.
Tell = Callable[[float, dict[Kind, Ended]], object]


class Tally:
    """Counts events by the second in which they happen, and turns finished seconds into rows.

    ``cpu_s`` is the CPU time the process had used before. ``by_name``: rows say what became of each name, too. ``tell``
    hears of each finished second.
    """

    def __init__(
        self, worker: Worker, cpu_s: float = 0.0, *, by_name: bool = False, tell: Tell = lambda _at, _ended: None
    ) -> None:
        self._worker = worker
        self._seconds: defaultdict[int, Second] = defaultdict(Second)
        self._pods: defaultdict[int, defaultdict[str, Histogram]] = defaultdict(lambda: defaultdict(_histogram))
        self._next = 0
        self._seq: Counter[str] = Counter()  # of each kind of row: a hole in either is a lost row
        self._cpu_s = cpu_s
        self._by_name = by_name
        self._tell = tell
        self.in_flight = 0

    def sent(self, now: float, ready: float) -> None:
        """A request leaves at ``now``; it could have left at ``ready``.

        That is when it was due, or in the closed model when the user's previous answer came, if that was later: a
        slow service makes users late, not the generator.
        """
        second = self._seconds[int(now)]
        second.sent += 1
        second.lag[bucket(now - ready)] += 1

    def reported(self, now: float) -> None:
        """A request was sent, of which no more is heard than its end, at ``now``."""
        self._seconds[int(now)].sent += 1

    def unseen(self, now: float, cause: str) -> None:
        """A request was sent of which no end is reported."""
        self._seconds[int(now)].unseen[cause] += 1

    def late(self, now: float, seconds: float) -> None:
        """Something that was due was done so late, at ``now``."""
        self._seconds[int(now)].lag[bucket(seconds)] += 1

    def journey(self, now: float, due: float, name: str, cause: str | None) -> None:
        """A journey that was due at ``due`` has ended; ``cause``: why it failed."""
        index = int(now)
        ended = self._seconds[index].journeys[Kind("", name)]
        if cause is None:
            ended.response[index - int(due)][bucket(now - due)] += 1
        else:
            ended.failed[cause] += 1

    def journey_dropped(self, now: float, name: str) -> None:
        """A journey found no user: the request that would have opened it was not sent."""
        second = self._seconds[int(now)]
        second.dropped += 1
        second.journeys[Kind("", name)].dropped += 1

    def dropped(self, now: float, kind: Kind = ANY) -> None:
        """A request was due and not sent: too many were in flight, or the load was stopped."""
        second = self._seconds[int(now)]
        second.dropped += 1
        second.ended[kind].dropped += 1

    def answered(
        self, now: float, due: float, begun: float, pod: str | None, *, kind: Kind = ANY, length: int = 0
    ) -> None:
        """The expected answer has arrived whole at ``now``, to a request that left at ``begun``."""
        index = int(now)
        second = self._seconds[index]
        age = index - int(due)
        took = now - due
        response = bucket(took)
        ended = second.ended[kind]
        ended.response[age][response] += 1
        ended.add(took, length)
        second.service[age][bucket(now - begun)] += 1
        if pod is not None:
            share = second.by_pod.get(pod) or self._share(index, pod, now)
            share.n += 1
            share.span[response] += 1

    def failed(
        self, now: float, cause: str, pod: str | None, due: float | None = None, *, kind: Kind = ANY, length: int = 0
    ) -> None:
        """A request that was due at ``due`` ended without the expected answer."""
        index = int(now)
        second = self._seconds[index]
        ended = second.ended[kind]
        ended.failed[cause] += 1
        took = 0.0 if due is None else now - due
        ended.lost[bucket(took)] += 1
        ended.add(took, length)
        if pod is not None:
            share = second.by_pod.get(pod) or self._share(index, pod, now)
            share.n += 1
            share.failed += 1

    def _share(self, index: int, pod: str, now: float) -> Share:
        share = Share(now, self._pods[index // POD_SPAN_S][pod])
        self._seconds[index].by_pod[pod] = share
        return share

    def rows(self, now: float, cpu_s: float, *, last: bool = False) -> list[Load | PodLoad]:
        """The rows of all seconds that ended by ``now``; ``cpu_s`` is the process's CPU time so far.

        ``last`` adds the second that is going on if anything happened in it, and what is left of the pods' answers.
        """
        end = math.floor(now)
        if last and end in self._seconds:
            end += 1
        rows: list[Load | PodLoad] = []
        for index in range(self._next, end):
            spent, self._cpu_s = cpu_s - self._cpu_s, cpu_s
            rows.append(self._load_row(index, self._seconds.pop(index, Second()), spent))
            if (index + 1) % POD_SPAN_S == 0:
                rows += self._pod_rows(index // POD_SPAN_S)
        for span in sorted(self._pods) if last else ():
            rows += self._pod_rows(span)
        self._next = max(self._next, end)
        return rows

    def _number(self, kind: str) -> int:
        number = self._seq[kind]
        self._seq[kind] += 1
        return number

    def _load_row(self, index: int, second: Second, cpu_s: float) -> Load:
        at = self._worker.start + index
        self._tell(at, second.ended)
        answered = sum(ended.answered for ended in second.ended.values())
        failed: Counter[str] = sum((ended.failed for ended in second.ended.values()), Counter())
        self.in_flight += second.sent - answered - failed.total()
        row: Load = {
            "k": "load",
            "seq": self._number("load"),
            "shard": self._worker.shard,
            "clk": self._worker.pod,
            "at": round(at, 6),
            "pod": self._worker.pod,
            "planned": second.sent + second.dropped,
            "sent": second.sent,
            "answered": answered,
            "failed": dict(failed),
            "dropped": second.dropped,
            "in_flight": self.in_flight,
            "cpu_s": round(cpu_s, 4),
            "lag": to_json(second.lag),
            "response": _by_age([ended.response for ended in second.ended.values()]),
            "service": _by_age([second.service]),
            "by_pod": {
                pod: {"n": share.n, "failed": share.failed, "first_at": round(self._worker.start + share.first, 6)}
                for pod, share in second.by_pod.items()
            },
        }
        if self._by_name:
            row["by_name"] = _by_name(second.ended)
        if second.journeys:
            row["journeys"] = _by_name(second.journeys)
        if second.unseen:
            row["unseen"] = dict(second.unseen)
        return row

    def _pod_rows(self, span: int) -> list[PodLoad]:
        worker = self._worker
        return [
            {
                "k": "pod_load",
                "seq": self._number("pod_load"),
                "shard": worker.shard,
                "clk": worker.pod,
                "at": round(worker.start + span * POD_SPAN_S, 6),
                "pod": pod,
                "response": to_json(counts),
            }
            for pod, counts in sorted(self._pods.pop(span, {}).items())
            if counts
        ]


def _by_age(parts: list[Ages]) -> dict[str, dict[str, int]]:
    """The sum of some histograms by age, in the form it has in a row."""
    ages = sorted({age for part in parts for age in part})
    return {str(age): to_json(merge(part[age] for part in parts if age in part)) for age in ages}


def _by_name(second: dict[Kind, Ended]) -> dict[str, NameShare]:
    """What became of the requests of each name."""
    names: defaultdict[str, list[Ended]] = defaultdict(list)
    for kind, ended in second.items():
        names[kind.name].append(ended)
    return {
        name: {
            "answered": sum(ended.answered for ended in parts),
            "failed": dict(sum((ended.failed for ended in parts), Counter())),
            "response": _by_age([ended.response for ended in parts]),
            "dropped": sum(ended.dropped for ended in parts),
        }
        for name, parts in sorted(names.items())
    }
