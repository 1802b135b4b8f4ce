"""A small HTTP server for the load driver's tests, a process of its own: ``tinyserver.py ADDRESS [CERT]``.

``/ok`` answers 200 from pod web-1; ``/drop`` answers two of three requests and closes the connection on the third;
``/wait?ms=N`` answers late; ``/status/503`` answers that status; ``/hang`` never answers; ``/count`` tells how many
requests and connections there were.
"""

import asyncio
import json
import ssl
import sys
from collections import Counter

seen: Counter[str] = Counter()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    seen["connections"] += 1
    try:
        while (head := await request(reader)) and await answer(head, writer):
            pass
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def request(reader: asyncio.StreamReader) -> str:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    for line in head.lower().splitlines():
        if line.startswith("content-length:"):
            await reader.readexactly(int(line.split(":")[1]))
    return head


async def answer(head: str, writer: asyncio.StreamWriter) -> bool:
    """Answer one request; whether the connection stays."""
    path = head.split(" ")[1]
    if path == "/count":
        writer.write(page(200, json.dumps(seen), close=True))
        return False
    seen["requests"] += 1
    seen[f"host {head.lower().split('host: ')[1].splitlines()[0]}"] += 1
    if path == "/drop" and seen["requests"] % 3 == 0:
        return False
    if path == "/hang":
        await asyncio.sleep(3600)
    if path.startswith("/wait"):
        await asyncio.sleep(int(path.split("=")[1]) / 1000)
    close = "connection: close" in head.lower()
    writer.write(page(int(path.split("/")[2]) if path.startswith("/status") else 200, "hello", close=close))
    return not close


def page(status: int, body: str, *, close: bool) -> bytes:
    head = f"HTTP/1.1 {status} Because\r\nContent-Length: {len(body)}\r\nX-Pod: web-1\r\n"
    return (head + ("Connection: close\r\n" if close else "") + "\r\n" + body).encode()


async def main(address: str, certificate: str | None) -> None:
    context = None
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
    server = await asyncio.start_server(serve, address, 8080, ssl=context, backlog=1000)
    print("ready", flush=True)
    await server.serve_forever()


asyncio.run(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None))
