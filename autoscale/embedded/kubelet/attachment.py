"""Somebody at a container (``kubectl attach``, ``run -i``, ``debug``): hears what it says from then on, and types."""

import asyncio
from collections.abc import AsyncIterator

from autoscale.embedded.kubelet.execution import STDOUT
from autoscale.embedded.kubelet.process import Process

_AHEAD = 4096
"""How many chunks may wait for a client; one that takes none for so long is let go, for the container does not wait."""


class Attachment:
    """One client at one run of a container.

    ``once``: with this client's end the container gets no more input (``stdinOnce``, of a client that types);
    ``ahead``: how many chunks may wait for it.
    """

    def __init__(self, process: Process, *, once: bool, ahead: int = _AHEAD) -> None:
        self.process = process
        self._once = once
        self._chunks: asyncio.Queue[bytes] = asyncio.Queue(ahead)
        self.deaf = False

    def hear(self, data: bytes) -> None:
        """The container has said something; nothing more (b"") where it has ended."""
        try:
            self._chunks.put_nowait(data)
        except asyncio.QueueFull:
            self.deaf = True

    async def output(self) -> AsyncIterator[tuple[int, bytes]]:
        """What it says; stdout and stderr are one stream here."""
        while not (self.deaf and self._chunks.empty()) and (data := await self._chunks.get()):
            yield STDOUT, data

    async def write(self, data: bytes) -> None:
        """Type; nothing happens where the container takes no input."""
        if not self.process.ended:
            await self.process.input.write(data)

    def end_input(self) -> None:
        """The client types no more; the container reads on from the next one, where there may be one."""
        if self._once:
            self.process.input.end()

    def resize(self, width: int, height: int) -> None:
        """The client's terminal has another size."""
        self.process.input.resize(width, height)

    async def wait(self) -> int:
        """Who is attached is not told how it ended: the pod's status says that."""
        return 0

    async def close(self) -> int:
        """The client goes; the container runs on."""
        self.deaf = True
        self.end_input()
        return 0
