"""What a load worker writes: counts of each second, folded into the ``load`` and ``pod_load`` rows of the record.

Pure: the time of every event is passed in, in seconds since the load's start (the worker's own clock). Sums hold in
every row: planned = sent + dropped; over a worker's rows, sent = answered + failed + in flight at the end.
``response`` and ``service`` hold the answered requests, by age; ``lag`` the sent ones: how long each could have been
sent and was not.
"""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from loadtest.histogram import bucket, to_json

POD_SPAN_S = 10  # a pod_load row covers this many seconds

Ages = defaultdict[int, Counter[int]]


def _ages() -> Ages:
    return defaultdict(Counter)


@dataclass
class Share:
    """One pod's answers within a second."""

    first: float
    n: int = 0
    failed: int = 0


@dataclass
class Second:
    """The counts of one second."""

    sent: int = 0
    answered: int = 0
    dropped: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    lag: Counter[int] = field(default_factory=Counter)
    response: Ages = field(default_factory=_ages)
    service: Ages = field(default_factory=_ages)
    by_pod: dict[str, Share] = field(default_factory=dict)


@dataclass(frozen=True)
class Worker:
    """Who writes: shard, pod (and clock) name, and the load's start on the worker's clock, seconds since the epoch."""

    shard: int
    pod: str
    start: float


class Recorder:
    """Counts events by the second in which they happen, and turns finished seconds into rows.

    ``cpu_s`` is the CPU time the process had used before.
    """

    def __init__(self, worker: Worker, cpu_s: float = 0.0) -> None:
        self._worker = worker
        self._seconds: defaultdict[int, Second] = defaultdict(Second)
        self._pods: defaultdict[int, defaultdict[str, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
        self._next = 0
        self._seq: Counter[str] = Counter()  # of each kind of row: a hole in either is a lost row
        self._cpu_s = cpu_s
        self.in_flight = 0

    def sent(self, now: float, ready: float) -> None:
        """A request leaves at ``now``; it could have left at ``ready``.

        That is when it was due, or in the closed model when the user's previous answer came, if that was later: a
        slow service makes users late, not the generator.
        """
        second = self._seconds[int(now)]
        second.sent += 1
        second.lag[bucket(now - ready)] += 1

    def dropped(self, now: float) -> None:
        """A request was due and not sent: too many were in flight, or the load was stopped."""
        self._seconds[int(now)].dropped += 1

    def answered(self, now: float, due: float, begun: float, pod: str | None) -> None:
        """The expected answer has arrived whole at ``now``, to a request that left at ``begun``."""
        second = self._seconds[int(now)]
        second.answered += 1
        age = int(now) - int(due)
        response = bucket(now - due)
        second.response[age][response] += 1
        second.service[age][bucket(now - begun)] += 1
        if pod is not None:
            self._share(second, pod, now).n += 1
            self._pods[int(now) // POD_SPAN_S][pod][response] += 1

    def failed(self, now: float, cause: str, pod: str | None) -> None:
        """A request ended without the expected answer."""
        second = self._seconds[int(now)]
        second.failed[cause] += 1
        if pod is not None:
            share = self._share(second, pod, now)
            share.n += 1
            share.failed += 1

    @staticmethod
    def _share(second: Second, pod: str, now: float) -> Share:
        if pod not in second.by_pod:
            second.by_pod[pod] = Share(first=now)
        return second.by_pod[pod]

    def rows(self, now: float, cpu_s: float, *, last: bool = False) -> list[dict[str, Any]]:
        """The rows of all seconds that ended by ``now``; ``cpu_s`` is the process's CPU time so far.

        ``last`` adds the second that is going on if anything happened in it, and what is left of the pods' answers.
        """
        end = math.floor(now)
        if last and end in self._seconds:
            end += 1
        rows: list[dict[str, Any]] = []
        for index in range(self._next, end):
            spent, self._cpu_s = cpu_s - self._cpu_s, cpu_s
            rows.append(self._load_row(index, self._seconds.pop(index, Second()), spent))
            if (index + 1) % POD_SPAN_S == 0:
                rows += self._pod_rows(index // POD_SPAN_S)
        for span in sorted(self._pods) if last else ():
            rows += self._pod_rows(span)
        self._next = max(self._next, end)
        return rows

    def _head(self, kind: str, second: int) -> dict[str, Any]:
        worker = self._worker
        head = {"k": kind, "seq": self._seq[kind], "shard": worker.shard, "clk": worker.pod}
        self._seq[kind] += 1
        return head | {"at": round(worker.start + second, 6)}

    def _load_row(self, index: int, second: Second, cpu_s: float) -> dict[str, Any]:
        self.in_flight += second.sent - second.answered - second.failed.total()
        return self._head("load", index) | {
            "pod": self._worker.pod,
            "planned": second.sent + second.dropped,
            "sent": second.sent,
            "answered": second.answered,
            "failed": dict(second.failed),
            "dropped": second.dropped,
            "in_flight": self.in_flight,
            "cpu_s": round(cpu_s, 4),
            "lag": to_json(second.lag),
            "response": {str(age): to_json(counts) for age, counts in sorted(second.response.items())},
            "service": {str(age): to_json(counts) for age, counts in sorted(second.service.items())},
            "by_pod": {
                pod: {"n": share.n, "failed": share.failed, "first_at": round(self._worker.start + share.first, 6)}
                for pod, share in second.by_pod.items()
            },
        }

    def _pod_rows(self, span: int) -> list[dict[str, Any]]:
        return [
            self._head("pod_load", span * POD_SPAN_S) | {"pod": pod, "response": to_json(counts)}
            for pod, counts in sorted(self._pods.pop(span, {}).items())
        ]
