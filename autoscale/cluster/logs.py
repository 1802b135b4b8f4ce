"""Following a container's log across broken streams, without a line twice."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from autoscale.base.errors import ClusterError
from autoscale.base.times import format_time
from autoscale.cluster.answers import Stream
from autoscale.cluster.client import Cluster
from autoscale.cluster.failures import Refused
from autoscale.cluster.resources import resource_of
from autoscale.cluster.watch import FIRST_DELAY_S, LONGEST_DELAY_S, Lost
from autoscale.kube.conditions import is_finished

_STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d) ?")


@dataclass(frozen=True)
class Line:
    """One line of a log: ``at`` its time on the node's clock, ``t`` when it was received."""

    pod: str
    text: str
    at: float
    t: float


class LogFollower:
    """One container's log. ``lines()`` runs in one thread; ``cancel()`` may be called from another.

    ``container``: its name, which a pod of several must be asked by (an admission webhook may have added one).

    A broken stream is resumed from the last line's second (``sinceTime`` knows no less); lines seen before are
    dropped by their nanosecond stamp, up to the first that is new.
    What the kubelet rotated away in between cannot be had back: rows carry
    sequence numbers of their own, so that such a hole shows.
    """

    def __init__(
        self,
        cluster: Cluster,
        namespace: str,
        pod: str,
        container: str | None = None,
        *,
        silence_s: float = 30.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.pod = pod
        self.source = f"log/{pod}"
        self._cluster = cluster
        self._path = resource_of("Pod").path(namespace, pod)
        self._container = container
        self._query = {"container": container, "timestamps": True}
        self._silence_s = silence_s
        self._clock = clock
        self._stop = threading.Event()
        self._stream: Stream | None = None
        self._last = 0  # nanoseconds of the newest line
        self._same: set[bytes] = set()  # lines of that very nanosecond
        self._heard = clock()
        self._connected = False

    def cancel(self) -> None:
        """End ``lines()`` soon, wherever it waits."""
        self._stop.set()
        stream = self._stream
        if stream is not None:
            stream.cancel()

    def lines(self) -> Iterator[Line | Lost]:
        """Every line until the container has ended and its log is read, or until cancelled."""
        delay, failing = FIRST_DELAY_S, ""
        while not self._stop.is_set():
            before, self._connected = self._last, False
            try:
                yield from self._read(follow=True)
                failing = ""
                if self._ended():
                    yield from self._read(follow=False)  # what came between the end of the stream and of the container
                    return
            except ClusterError as error:
                if self._stop.is_set() and self._connected:
                    return  # broken off by `cancel`, while it was heard
                if isinstance(error, Refused) and error.code == 404 and self._gone():
                    yield Lost(self.source, self._heard, self._clock(), "the pod was removed before its log was read")
                    return
                failing = error.what
            delay = FIRST_DELAY_S if self._last != before else min(delay * 2, LONGEST_DELAY_S)
            self._stop.wait(delay)
        if failing:
            yield Lost(self.source, self._heard, self._clock(), failing)

    def _read(self, *, follow: bool) -> Iterator[Line]:
        """One request for the log from the last known line on."""
        since = format_time(self._last / 1e9) if self._last else None
        query = {**self._query, "follow": follow, "sinceTime": since}
        with self._cluster.stream(self._path + "/log", query=query, read_s=self._silence_s) as stream:
            self._stream, self._connected = stream, True
            if self._stop.is_set():
                return
            again = since is not None  # it begins with what was seen before the break
            for raw in stream:
                self._heard = self._clock()
                stamp, text = split_stamp(raw)
                if stamp is None or (again and self._is_old(stamp, raw)):
                    continue
                again = False  # from here on every line is new, whatever its time: the node's clock may be set
                self._remember(stamp, raw)
                yield Line(self.pod, text.decode("utf-8", "replace"), stamp / 1e9, self._heard)

    def _is_old(self, stamp: int, raw: bytes) -> bool:
        """Whether a line was seen before the stream broke."""
        return stamp < self._last or (stamp == self._last and raw in self._same)

    def _remember(self, stamp: int, raw: bytes) -> None:
        """The newest line, and those of its very nanosecond."""
        if stamp != self._last:
            self._last, self._same = stamp, set()
        self._same.add(raw)

    def _gone(self) -> bool:
        """Whether the pod is no more (a 404 of its log alone may mean that it has not written anything yet)."""
        try:
            self._cluster.get(self._path)
        except Refused as error:
            return error.code == 404
        except ClusterError:
            return False
        return False

    def _ended(self) -> bool:
        """Whether the container has ended for good: its pod has, or it alone where others go on beside it."""
        pod = self._cluster.get(self._path)
        return is_finished(pod) or any(
            item["name"] == self._container and "terminated" in (item.get("state") or {})
            for item in (pod.get("status") or {}).get("containerStatuses") or []
        )


def split_stamp(raw: bytes) -> tuple[int | None, bytes]:
    """``b"2026-11-23T06:20:30.5Z text"`` -> (nanoseconds since the epoch, b"text"); None where there is no stamp."""
    match = _STAMP.match(raw)
    if match is None:
        return None, raw
    seconds, fraction, zone = match.groups()
    whole = int(datetime.fromisoformat((seconds + zone).decode()).timestamp())
    return whole * 10**9 + int((fraction or b"0").ljust(9, b"0")), raw[match.end() :]
