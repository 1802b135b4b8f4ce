"""What goes through a pod or a Service: logs, and HTTP by way of the API server (``proxy``)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Protocol

import aiohttp
from aiohttp import web
from yarl import URL

from autoscale.base.times import parse_time
from autoscale.embedded.apiserver.answers import NOW
from autoscale.embedded.apiserver.events_out import wants_websocket
from autoscale.embedded.apiserver.query import flag, number
from autoscale.embedded.apiserver.routes import Route
from autoscale.kube.kinds import Object
from autoscale.kube.statuses import StatusError, bad_request, not_found, unsupported
from autoscale.plane.store import Objects

FIRST_S = 0.2
"""How long the first piece of a log may take before the answer begins without it: an error comes at once."""

HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "host",
        "content-length",
        "authorization",
    }
)


class LogReader(Protocol):
    """Whoever has the logs (the control plane)."""

    def logs(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        follow: bool,
        tail: int | None,
        since: float | None,
        timestamps: bool,
        previous: bool,
    ) -> AsyncIterator[bytes]:
        """A container's log in chunks; ``since`` in seconds since the epoch."""


async def log_answer(request: web.Request, route: Route, objects: Objects, reader: LogReader) -> web.StreamResponse:
    """``pods/NAME/log``."""
    if wants_websocket(request):
        raise unsupported("the embedded cluster gives logs by HTTP, not by WebSocket")
    pod = objects.get("Pod", route.namespace or "", route.name)
    if pod is None:
        raise not_found(("Pod", route.namespace or "", route.name))
    chunks = _limited(_open(request, pod, reader), number(request, "limitBytes"))
    first = asyncio.ensure_future(anext(chunks, b""))
    await asyncio.wait((first,), timeout=FIRST_S)
    if first.done() and (error := first.exception()):
        raise error
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        await response.write(await first)
        async for chunk in chunks:
            await response.write(chunk)
        await response.write_eof()
    return response


def _open(request: web.Request, pod: Object, reader: LogReader) -> AsyncIterator[bytes]:
    query, since = request.query, None
    if (seconds := number(request, "sinceSeconds")) is not None:
        since = request.app[NOW]() - seconds
    elif "sinceTime" in query:
        try:
            since = parse_time(query["sinceTime"])
        except ValueError:
            raise bad_request(f"sinceTime is not a time: {query['sinceTime']}") from None
    return reader.logs(
        pod["metadata"]["namespace"],
        pod["metadata"]["name"],
        container_of(pod, query.get("container", "")),
        follow=flag(request, "follow"),
        tail=number(request, "tailLines"),
        since=since,
        timestamps=flag(request, "timestamps"),
        previous=flag(request, "previous"),
    )


def container_of(pod: Object, asked: str) -> str:
    """The container that is meant, by default the only one; ``StatusError`` 400 where that is not clear."""
    name = pod["metadata"]["name"]
    names = [one["name"] for one in pod["spec"]["containers"]]
    others = [*(pod["spec"].get("initContainers") or []), *(pod["spec"].get("ephemeralContainers") or [])]
    known = names + [one["name"] for one in others]
    if asked and asked not in known:
        raise bad_request(f"container {asked} is not valid for pod {name}")
    if not asked and len(names) > 1:
        raise bad_request(f"a container name must be specified for pod {name}, choose one of: [{' '.join(known)}]")
    return asked or names[0]


async def _limited(chunks: AsyncIterator[bytes], limit: int | None) -> AsyncIterator[bytes]:
    left = limit
    async for chunk in chunks:
        yield chunk if left is None else chunk[:left]
        if left is not None and (left := left - len(chunk)) <= 0:
            return


def upstream(route: Route, objects: Objects) -> tuple[str, str, int]:
    """Scheme, address and port behind ``pods/NAME/proxy`` or ``services/NAME/proxy``; NAME is
    ``[SCHEME:]NAME[:PORT]``, the port a number or a name."""
    match route.name.split(":"):
        case [scheme, name, port]:
            pass
        case [name, port]:
            scheme = ""
        case _:
            scheme, name, port = "", route.name, ""
    kind, namespace = route.resource.kind, route.namespace or ""
    obj = objects.get(kind, namespace, name)
    if obj is None:
        raise not_found((kind, namespace, name))
    if kind == "Pod":
        address, number = obj.get("status", {}).get("podIP", ""), _pod_port(obj, port)
    else:
        address, number = obj["spec"].get("clusterIP", ""), _service_port(obj, port)
    if not address or address == "None":
        raise StatusError(503, "ServiceUnavailable", f"{kind.lower()} {name} has no address yet")
    return scheme or "http", address, number


def _pod_port(pod: Object, asked: str) -> int:
    ports = [port for one in pod["spec"]["containers"] for port in one.get("ports") or []]
    if asked.isascii() and asked.isdigit():
        return int(asked)
    found = [port["containerPort"] for port in ports if not asked or port.get("name") == asked]
    if asked and not found:
        raise bad_request(f"pod {pod['metadata']['name']} has no port {asked!r}")
    return int(found[0]) if found else 80


def _service_port(service: Object, asked: str) -> int:
    ports = service["spec"].get("ports") or []
    found = [port["port"] for port in ports if not asked or asked in (str(port["port"]), port.get("name"))]
    if not found or (not asked and len(ports) > 1):
        text = f"no service port {asked!r} found for service {service['metadata']['name']!r}"
        raise StatusError(503, "ServiceUnavailable", text)
    return int(found[0])


async def proxy_answer(
    request: web.Request, route: Route, objects: Objects, session: aiohttp.ClientSession
) -> web.StreamResponse:
    """Hand the request on, without our credentials, and the answer back as it comes."""
    scheme, address, port = upstream(route, objects)
    query = f"?{request.url.raw_query_string}" if request.url.raw_query_string else ""
    url = URL(f"{scheme}://{address}:{port}{route.rest or '/'}{query}", encoded=True)
    headers = [(name, value) for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP]
    try:
        async with session.request(
            request.method, url, headers=headers, data=await request.read(), allow_redirects=False, ssl=False
        ) as answer:
            return await _hand_back(request, answer)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        text = f"error trying to reach service: {error}"
        raise StatusError(503, "ServiceUnavailable", text) from error


async def _hand_back(request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, reason=answer.reason)
    for name, value in answer.headers.items():
        if name.lower() not in HOP_BY_HOP:
            response.headers.add(name, value)
    if (length := answer.headers.get("Content-Length")) is not None and request.method != "HEAD":
        response.content_length = int(length)
    await response.prepare(request)
    async for chunk in answer.content.iter_any():
        await response.write(chunk)
    await response.write_eof()
    return response
