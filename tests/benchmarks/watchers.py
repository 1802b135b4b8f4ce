"""Many watches in one process: ``python -m tests.benchmarks.watchers URL TOKEN CA VERSION COUNT PATH...``.

Each path is watched by COUNT connections. Prints a line when all are open; at the end of its input, the ages of all
events in ms, as JSON.
"""

import asyncio
import json
import ssl
import sys
import time
from urllib.parse import urlsplit

AGES: list[float] = []


async def watch(url: str, token: str, trust: ssl.SSLContext, path: str, opened: asyncio.Semaphore) -> None:
    """One watch, for ever. A change carries when it was made."""
    parts = urlsplit(url)
    async with opened:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port, ssl=trust, limit=1 << 20)
        head = f"GET {path}?watch=true&resourceVersion={VERSION} HTTP/1.1\r\nHost: x\r\n"
        writer.write(f"{head}Authorization: Bearer {token}\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
    OPENED.append(path)
    while True:
        size = int(await reader.readline(), 16)
        chunk = await reader.readexactly(size + 2)
        now = time.time()
        for line in chunk.split(b"\n"):
            at = line.find(b'"sent":"')
            if at >= 0:
                AGES.append((now - float(line[at + 8 : line.index(b'"', at + 8)])) * 1000)


OPENED: list[str] = []
VERSION = "0"


async def main(url: str, token: str, ca: str, version: str, count: str, *paths: str) -> None:
    """Open all watches, listen until the input ends, and print."""
    global VERSION
    VERSION = version
    trust, few = ssl.create_default_context(cafile=ca), asyncio.Semaphore(20)
    tasks = [asyncio.create_task(watch(url, token, trust, path, few)) for path in paths for _ in range(int(count))]
    while len(OPENED) < len(tasks):
        await asyncio.sleep(0.1)
    print("open", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    print(json.dumps(AGES), flush=True)
    for task in tasks:
        task.cancel()


asyncio.run(main(*sys.argv[1:]))
