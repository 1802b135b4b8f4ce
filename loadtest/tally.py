"""What a load worker counts: its events by the second in which they happen, and rows of finished seconds.

Pure: the time of every event is passed in, in seconds since the load's start (the worker's own clock). Sums hold in
every row: planned = sent + dropped; over a worker's rows, sent = answered + failed + in flight at the end.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable

from loadtest.counts import ANY, Ended, Histogram, Kind, Second, Share, histogram
from loadtest.histogram import bucket
from loadtest.lines import Load, PodLoad
from loadtest.rows import POD_SPAN_S, Worker, load_row, pod_row

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
        self._pods: defaultdict[int, defaultdict[str, Histogram]] = defaultdict(lambda: defaultdict(histogram))
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
        self._tell(self._worker.start + index, second.ended)
        self.in_flight += second.sent - second.answered - second.failed.total()
        return load_row(
            self._worker,
            index,
            second,
            seq=self._number("load"),
            in_flight=self.in_flight,
            cpu_s=cpu_s,
            by_name=self._by_name,
        )

    def _pod_rows(self, span: int) -> list[PodLoad]:
        told = sorted(self._pods.pop(span, {}).items())
        return [
            pod_row(self._worker, span, pod, counts, seq=self._number("pod_load")) for pod, counts in told if counts
        ]
