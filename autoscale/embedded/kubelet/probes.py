"""Single probes over plain sockets, and the counting of their results. The words are the kubelet's."""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from autoscale.kube.kinds import Object
from autoscale.kube.ports import port_number
from autoscale.kube.release import MINOR

_BODY_BYTES = 10 * 1024


@dataclass(frozen=True)
class Outcome:
    """What one probe found; ``output`` says why it failed."""

    ok: bool
    output: str = ""


@dataclass(frozen=True)
class Count:
    """Results in a row, and what they amount to: ``result`` is None until the first threshold is reached."""

    result: bool | None
    last: bool | None = None
    run: int = 0

    def add(self, ok: bool, failure_threshold: int, success_threshold: int) -> "Count":
        """The count after one more result; it changes its mind only when a threshold is reached."""
        run = self.run + 1 if ok == self.last else 1
        enough = run >= (success_threshold if ok else failure_threshold)
        return replace(self, result=ok if enough else self.result, last=ok, run=run)


Exec = Callable[[list[str], float], Awaitable[Outcome]]
"""Runs a command in the container: (argv, timeout in seconds)."""


async def checked(work: Awaitable[Outcome]) -> Outcome:
    """The outcome of a probe or a hook: whatever goes wrong with it is its failure, and nobody else's."""
    try:
        return await work
    except Exception as error:
        return Outcome(False, f"{type(error).__name__}: {error}")


async def probe(spec: Object, container: Object, pod_ip: str, run: Exec) -> Outcome:
    """Do one probe (httpGet, tcpSocket or exec) within its timeout."""
    timeout = float(spec.get("timeoutSeconds") or 1)
    if "exec" in spec:
        return await run([str(part) for part in spec["exec"].get("command") or []], timeout)
    action = spec.get("httpGet") or spec.get("tcpSocket") or {}
    port = port_number(action.get("port", 0), [container])
    if port is None:
        return Outcome(False, f"couldn't find port {action.get('port')}")
    host = action.get("host") or pod_ip
    if "httpGet" in spec:
        return await http_get(action, host, port, timeout)
    return await _connect(host, port, timeout)


async def _connect(host: str, port: int, timeout: float) -> Outcome:
    try:
        async with asyncio.timeout(timeout):
            _, writer = await asyncio.open_connection(host, port)
    except TimeoutError:
        return Outcome(False, f"dial tcp {host}:{port}: i/o timeout")
    except OSError as error:
        return Outcome(False, _refusal(host, port, error))
    await _close(writer)
    return Outcome(True)


async def http_get(action: Object, host: str, port: int, timeout: float) -> Outcome:
    """GET a path; a status from 200 to 399 is a success."""
    scheme, path = action.get("scheme", "HTTP").lower(), action.get("path") or "/"
    path = path if path.startswith("/") else f"/{path}"
    url = f'Get "{scheme}://{host}:{port}{path}"'
    try:
        async with asyncio.timeout(timeout):
            status = await _status(action, host, port, path)
    except TimeoutError:
        return Outcome(False, f"{url}: context deadline exceeded (Client.Timeout exceeded while awaiting headers)")
    except ConnectionResetError:
        return Outcome(False, f"{url}: read tcp {host}:{port}: read: connection reset by peer")
    except OSError as error:
        return Outcome(False, f"{url}: {_refusal(host, port, error)}")
    except (ValueError, asyncio.LimitOverrunError):
        return Outcome(False, f"{url}: net/http: HTTP/1.x transport connection broken: malformed HTTP response")
    except EOFError:
        return Outcome(False, f"{url}: EOF")
    return Outcome(200 <= status < 400, "" if 200 <= status < 400 else f"HTTP probe failed with statuscode: {status}")


async def _status(action: Object, host: str, port: int, path: str) -> int:
    """Send the request and read the status; the body is read up to a bound, so that the server can finish."""
    reader, writer = await asyncio.open_connection(host, port, ssl=_tls() if action.get("scheme") == "HTTPS" else None)
    try:
        writer.write(_request(action, host, port, path))
        line = await reader.readuntil(b"\r\n")
        version, code = line.split(None, 2)[:2]
        if not version.startswith(b"HTTP/"):
            raise ValueError(line)
        await reader.read(_BODY_BYTES)
        return int(code)
    finally:
        await _close(writer)


def _request(action: Object, host: str, port: int, path: str) -> bytes:
    headers = {"Host": f"{host}:{port}", "User-Agent": f"kube-probe/{MINOR}", "Accept": "*/*", "Connection": "close"}
    headers |= {header["name"]: header["value"] for header in action.get("httpHeaders") or []}
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError, ssl.SSLError):
        await writer.wait_closed()


def _tls() -> ssl.SSLContext:
    """Probes do not verify certificates."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _refusal(host: str, port: int, error: OSError) -> str:
    why = (error.strerror or str(error)).lower()
    if isinstance(error, ConnectionRefusedError) or "connect call failed" in why:
        why = "connection refused"
    return f"dial tcp {host}:{port}: connect: {why}"
