"""A server that does next to nothing, for the generator's benchmark: ``python echo_server.py ADDRESS``."""

import asyncio
import sys
from typing import Any

import uvloop

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX-Pod: web-1\r\n"


class Echo(asyncio.Protocol):
    """Answers whatever arrives in one piece as one request."""

    def connection_made(self, transport: Any) -> None:
        """Keep the transport (uvloop's own is no asyncio.Transport)."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer, and close where that was asked for."""
        if b"Connection: close" in data:
            self.transport.write(PAGE + b"Connection: close\r\n\r\nok\n")
            self.transport.close()
        else:
            self.transport.write(PAGE + b"\r\nok\n")


async def main(address: str) -> None:
    """Listen until killed."""
    server = await asyncio.get_running_loop().create_server(Echo, address, 8080, backlog=1000)
    print("ready", flush=True)
    await server.serve_forever()


uvloop.run(main(sys.argv[1]))
