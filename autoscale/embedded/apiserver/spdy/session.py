"""One SPDY connection: the client opens streams, both sides write to them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from autoscale.embedded.apiserver.spdy.frames import Data, Frame, Opened, Ping, Reader, Reset, Writer

_AHEAD = 64
"""Pieces of a stream that nobody has taken yet; then the connection waits."""
_PIECE = 32 * 1024


class Wire(Protocol):
    """What bytes come and go by."""

    async def read(self) -> bytes:
        """The next bytes; none at the end."""

    async def write(self, data: bytes) -> None:
        """Send bytes; ConnectionError where the client has gone."""


class Stream:
    """A stream that the client has opened."""

    def __init__(self, number: int, headers: dict[str, str], session: "Session") -> None:
        self.number, self.headers = number, headers
        self._session = session
        self._pieces: asyncio.Queue[bytes] = asyncio.Queue(_AHEAD)
        self.ended = False

    async def read(self) -> AsyncIterator[bytes]:
        """What the client writes, until it ends its side, or the stream or the connection is broken off."""
        while piece := await self._pieces.get():
            yield piece

    async def take(self, piece: bytes) -> None:
        """A piece from the client; none: there will be no more."""
        if not self.ended:
            self.ended = not piece
            await self._pieces.put(piece)

    async def write(self, data: bytes) -> None:
        """Send to the client."""
        for at in range(0, len(data), _PIECE):
            await self._session.send(self._session.writer.data(self.number, data[at : at + _PIECE]))

    async def finish(self) -> None:
        """This side will write no more."""
        await self._session.send(self._session.writer.data(self.number, b"", fin=True))

    async def reset(self) -> None:
        """Break it off."""
        self._session.streams.pop(self.number, None)
        await self._session.send(self._session.writer.reset(self.number))

    def forget(self) -> None:
        """What has not been read and what still comes is dropped; who reads it is at its end."""
        self.ended = True
        self._session.streams.pop(self.number, None)
        while not self._pieces.empty():
            self._pieces.get_nowait()
        self._pieces.put_nowait(b"")


class Session:
    """A connection over a wire. ``opened`` is told of each stream."""

    def __init__(self, wire: Wire, opened: Callable[[Stream], None]) -> None:
        self.writer = Writer()
        self.streams: dict[int, Stream] = {}
        self._wire, self._opened = wire, opened
        self._lock = asyncio.Lock()

    async def send(self, data: bytes) -> None:
        """One frame, whole."""
        async with self._lock:
            await self._wire.write(data)

    async def run(self) -> None:
        """Hear the client until it goes, or says what is no SPDY."""
        reader = Reader()
        try:
            while data := await self._wire.read():
                for frame in reader.feed(data):
                    await self._hear(frame)
        except ValueError:
            return
        finally:
            for stream in list(self.streams.values()):
                stream.forget()

    async def _hear(self, frame: Frame) -> None:
        stream = self.streams.get(frame.stream)
        match frame:
            case Opened(number, headers, fin):
                stream = self.streams[number] = Stream(number, dict(headers), self)
                await self.send(self.writer.accepted(number))
                self._opened(stream)
                if fin:
                    await stream.take(b"")
            case Data(_, data, fin) if stream:
                if data:
                    await stream.take(data)
                if fin:
                    await stream.take(b"")
            case Reset() if stream:
                await stream.take(b"")
                self.streams.pop(frame.stream, None)
            case Ping(_, number) if number % 2:
                await self.send(self.writer.ping(number))
