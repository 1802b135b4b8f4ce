"""One connection, and the one exchange at a time that is on it: callbacks of gevent's loop, no greenlet.

A connection is read whenever it can be, also while it is idle, so that one that the server has closed is not used
again. Nothing is ever sent twice: a request whose connection breaks has failed.
"""

import select
import socket as plain
from collections.abc import Callable
from ssl import SSLWantReadError
from typing import Any

import gevent
from gevent import get_hub, monkey

from loadtest.driver.answer import BROKEN, Answer, HeadAnswer
from loadtest.driver.causes import BROKEN_ANSWER, CLOSED, cause_of
from loadtest.driver.deadlines import Deadlines
from loadtest.driver.dialing import Dialing
from loadtest.driver.request import Prepared

BLOCK = 65536
READ, WRITE = 1, 2  # libev's
WOULD_BLOCK = (BlockingIOError, SSLWantReadError)

# (cause or None for the expected answer, the pod that gave it, bytes of its body)
Done = Callable[[str | None, str | None, int], object]

_poll = monkey.get_original("select", "poll")


class Connection:
    """A connection that is opened with its first exchange.

    ``keep`` is called when it is idle and good for another exchange, ``gone`` once when it is closed.
    """

    __slots__ = (
        *("_answer", "_close", "_deadlines", "_dialing", "_done", "_gone", "_keep"),
        *("_opening", "_poll", "_reader", "_request", "_rest", "_sock", "_writer"),
    )

    def __init__(
        self, dialing: Dialing, keep: Callable[["Connection"], object], gone: Callable[["Connection"], object]
    ) -> None:
        self._dialing = dialing
        self._keep = keep
        self._gone: Callable[[Connection], object] | None = gone  # None once it is closed
        self._answer: Answer | None = None
        self._close = False
        self._deadlines: Deadlines | None = None
        self._done: Done | None = None  # None while it is idle
        self._opening: Any = None
        self._poll: Any = None
        self._reader: Any = None
        self._request: Prepared | None = None
        self._rest = b""
        self._sock: Any = None
        self._writer: Any = None

    def exchange(self, request: Prepared, done: Done, deadlines: Deadlines, *, close: bool) -> None:
        """Send a request, asking to close the connection or not; ``done`` is called exactly once."""
        self._request, self._done, self._deadlines, self._close = request, done, deadlines, close
        deadlines.add(self)
        head = request.method == "HEAD"
        if self._answer is None or head:
            self._answer = HeadAnswer() if head else Answer()
        else:
            self._answer.expect()
        data = request.close if close else request.keep
        if self._sock is None:
            self._rest = data
            self._open()
        else:
            self._write(data)

    def usable(self) -> bool:
        """Whether an idle connection is still good: what can be read is its end, or what nobody asked for."""
        if self._poll(0):
            self._readable()
        return self._gone is not None

    def fail(self, cause: str) -> None:
        """End the exchange without an answer, and the connection with it."""
        done, self._done = self._done, None
        self.close()
        if done is not None:
            done(cause, None, 0)

    def close(self) -> None:
        """Let go of everything; of a connection that is closed, nothing is left to do."""
        gone, self._gone = self._gone, None
        if gone is None:
            return
        for watcher in (self._reader, self._writer):
            if watcher is not None:
                watcher.close()
        if self._opening is not None:
            self._opening.kill(block=False)
        if self._sock is not None:
            self._sock.close()
        if self._answer is not None:
            self._answer.forget()
        if self._deadlines is not None:
            self._deadlines.remove(self)
        gone(self)

    def _open(self) -> None:
        if not self._dialing.direct:
            self._opening = gevent.spawn(self._open_slowly)
            return
        try:
            sock, connected = self._dialing.begin()
        except OSError as error:
            self.fail(cause_of(error))
            return
        self._sock = sock
        if connected:
            self._opened()
        else:
            self._await_writable(self._connected)

    def _open_slowly(self) -> None:
        try:
            self._sock = self._dialing.open()
        except OSError as error:
            self._opening = None
            self.fail(cause_of(error))
            return
        self._opening = None
        self._opened()

    def _connected(self) -> None:
        self._writer.stop()
        error = self._sock.getsockopt(plain.SOL_SOCKET, plain.SO_ERROR)
        if error:
            self.fail(cause_of(OSError(error, "")))
        else:
            self._opened()

    def _opened(self) -> None:
        poll = _poll()
        poll.register(self._sock.fileno(), select.POLLIN)
        self._poll = poll.poll
        self._reader = get_hub().loop.io(self._sock.fileno(), READ)
        self._reader.start(self._readable_tls if self._dialing.tls else self._readable)
        self._write(self._rest)

    def _write(self, data: bytes) -> None:
        """Send, and wait with the answer until all is sent, as any client does that writes first and then reads."""
        try:
            sent = self._sock.send(data)
        except WOULD_BLOCK:
            sent = 0
        except OSError as error:
            self.fail(cause_of(error))
            return
        if sent < len(data):
            self._rest = data[sent:]
            self._reader.stop()
            self._await_writable(self._write_rest)

    def _write_rest(self) -> None:
        self._writer.stop()
        self._reader.start(self._readable_tls if self._dialing.tls else self._readable)
        self._write(self._rest)

    def _await_writable(self, then: Callable[[], None]) -> None:
        if self._writer is None:
            self._writer = get_hub().loop.io(self._sock.fileno(), WRITE)
        self._writer.start(then)

    def _readable_tls(self) -> None:
        """What TLS has decrypted already makes no socket readable."""
        self._readable()
        while self._gone is not None and self._sock.pending():
            self._readable()

    def _readable(self) -> None:
        try:
            data = self._sock.recv(BLOCK)
        except WOULD_BLOCK:
            return
        except OSError as error:
            unasked = self._answer is None or not self._answer.begun
            self.fail(CLOSED if unasked and isinstance(error, ConnectionResetError) else cause_of(error))
            return
        if self._done is None:
            self.close()
        else:
            self._take(data)

    def _take(self, data: bytes) -> None:
        """Some more of the answer; nothing is the end of the connection."""
        answer = self._answer
        assert answer is not None
        if not (data or answer.begun):
            self.fail(CLOSED)
            return
        try:
            if data:
                answer.feed(data)
            else:
                answer.end()
        except BROKEN:
            self.fail(BROKEN_ANSWER)
            return
        if answer.whole:
            self._finish(answer)

    def _finish(self, answer: Answer) -> None:
        request, done, deadlines = self._request, self._done, self._deadlines
        assert request is not None
        assert done is not None
        assert deadlines is not None
        self._done = None
        if self._close or not answer.keep:
            self.close()
        else:
            deadlines.remove(self)
            if type(answer) is HeadAnswer:
                self._answer = None
            self._keep(self)
        done(request.causes[answer.status], answer.pod, answer.length)
