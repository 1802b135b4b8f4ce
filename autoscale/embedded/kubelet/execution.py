"""A command that somebody runs in a container (``kubectl exec``, ``cp``): its input, its output, its end."""

import asyncio
import contextlib
import os
import subprocess
from collections.abc import AsyncIterator

from autoscale.embedded.kubelet.process import Command, Input, Process, at_terminal, start

STDOUT, STDERR = 1, 2
_CHUNK = 32 * 1024
_AHEAD = 16
"""How many chunks are read that nobody has taken yet; then the command waits."""


class Execution:
    """A running command. ``output`` has (STDOUT or STDERR, data) until both have ended."""

    def __init__(self, process: Process, outputs: dict[int, int]) -> None:
        self.process = process
        self._chunks: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue(_AHEAD)
        self._readers = [asyncio.create_task(self._read(*pair)) for pair in outputs.items()]

    async def _read(self, channel: int, descriptor: int) -> None:
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: protocol, os.fdopen(descriptor, "rb", buffering=0)
        )
        try:
            # A terminal whose other side is gone is no file any more (EIO), which is its end.
            with contextlib.suppress(OSError):
                while data := await reader.read(_CHUNK):
                    await self._chunks.put((channel, data))
        finally:
            transport.close()
            await self._chunks.put((channel, b""))

    async def output(self) -> AsyncIterator[tuple[int, bytes]]:
        """What it writes, as it comes."""
        left = len(self._readers)
        while left:
            channel, data = await self._chunks.get()
            if data:
                yield channel, data
            else:
                left -= 1

    async def write(self, data: bytes) -> None:
        """Give it input; nothing happens where it has ended or takes none."""
        if not self.process.ended:
            await self.process.input.write(data)

    def end_input(self) -> None:
        """It gets no more input."""
        self.process.input.end()

    def resize(self, width: int, height: int) -> None:
        """Its terminal has another size."""
        self.process.input.resize(width, height)

    async def wait(self) -> int:
        """Its exit code, once it has ended."""
        return await self.process.wait()

    async def close(self) -> int:
        """End it, where it has not ended, and everything of it; its exit code."""
        self.process.kill()
        code = await self.process.wait()
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)
        self.process.input.close()
        return code


def execute(command: Command, *, stdin: bool, terminal: bool) -> Execution:
    """Start a command that somebody talks to. OSError where it cannot be started."""
    if terminal:
        popen, master = at_terminal(command)
        return Execution(Process(popen, -1, Input(master, terminal=True)), {STDOUT: os.dup(master)})
    given = os.pipe2(os.O_CLOEXEC) if stdin else None
    out, err = os.pipe2(os.O_CLOEXEC), os.pipe2(os.O_CLOEXEC)
    try:
        popen = start(command, given[0] if given else subprocess.DEVNULL, out[1], err[1])
    except BaseException:
        for end in (out[0], err[0], *(given[1:] if given else ())):
            os.close(end)
        raise
    finally:
        for end in (out[1], err[1], *(given[:1] if given else ())):
            os.close(end)
    process = Process(popen, -1, Input(given[1] if given else -1))
    return Execution(process, {STDOUT: out[0], STDERR: err[0]})
