"""The API server: TLS and a bearer token on loopback, the Kubernetes API over a store."""

import asyncio
import hmac
import logging
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import formatdate
from typing import Protocol

import aiohttp
from aiohttp import web

from autoscale.embedded.apiserver import adapter, discovery, openapi, writes
from autoscale.embedded.apiserver.answers import NOW, answer, negotiate, refusal, view_list, view_one
from autoscale.embedded.apiserver.conversations import Executor, attach_answer, exec_answer
from autoscale.embedded.apiserver.forwards import forward_answer
from autoscale.embedded.apiserver.lists import list_answer
from autoscale.embedded.apiserver.matching import selection
from autoscale.embedded.apiserver.query import flag
from autoscale.embedded.apiserver.registry import Registry
from autoscale.embedded.apiserver.routes import ROUTE, Route, parse
from autoscale.embedded.apiserver.streams import log_answer, proxy_answer
from autoscale.embedded.apiserver.watch import watch_answer
from autoscale.kube.kinds import ABSENT, Object
from autoscale.kube.resource import Resource
from autoscale.kube.scale import scale_of
from autoscale.kube.statuses import StatusError, bad_request, not_found, unsupported
from autoscale.plane.adapter.answers import Answers

HOST = "127.0.0.1"
_LOG = logging.getLogger(__name__)
MAX_BODY = 3 * 1024 * 1024
"""What a request may carry (upstream's limit)."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a client may take, in seconds, until its connection or its request is given up.

    ``head_s``: from the connection's start or the last answer to the end of a request's head. Upstream keeps an idle
    connection for as long and gives a head that has begun 32 s of it (apiserver/pkg/server/secure_serving.go);
    aiohttp has one bound for both. ``body_s``: for the body that follows (upstream's ``--request-timeout``, also 504).
    """

    head_s: float = 90.0
    body_s: float = 60.0


class Node(Executor, Protocol):
    """What the API server asks of the control plane."""

    def pod_metrics(self) -> list[Object]:
        """PodMetrics of all pods."""

    def node_metrics(self) -> list[Object]:
        """NodeMetrics of the node."""

    def answers(self) -> Answers:
        """What the APIs of other metrics say now."""


async def _date(request: web.Request, response: web.StreamResponse) -> None:
    """Answers are dated by the clock that objects are dated by; the library would take the machine's."""
    response.headers["Date"] = formatdate(request.app[NOW](), usegmt=True)


class ApiServer:
    """Serves a registry on a loopback port. ``node`` has logs and metrics; ``token`` is what clients must send."""

    def __init__(self, registry: Registry, node: Node, token: str, patience: Patience = Patience()) -> None:
        self.registry = registry
        self.node = node
        self._patience = patience
        self._token = f"Bearer {token}".encode()
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None

    async def start(self, port: int, tls: ssl.SSLContext) -> int:
        """Listen on 127.0.0.1 (port 0: a free one); returns the port. OSError where it is taken."""
        app = web.Application(client_max_size=MAX_BODY, middlewares=[self._guard])
        app.router.add_route("*", "/{path:.*}", self._handle)
        app[NOW] = self.registry.now
        app.on_response_prepare.append(_date)
        self._session = aiohttp.ClientSession(auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar())
        self._runner = web.AppRunner(
            app,
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=0.2,
            keepalive_timeout=self._patience.head_s,
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, port, ssl_context=tls, backlog=512)
        await site.start()
        found: int = self._runner.addresses[0][1]
        return found

    async def stop(self) -> None:
        """End every request and watch, and stop listening."""
        if self._runner:
            await self._runner.cleanup()
        if self._session:
            await self._session.close()

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """No token, no answer; and every refusal as a ``Status``."""
        given = request.headers.get("Authorization", "").encode(errors="surrogateescape")
        if not hmac.compare_digest(given, self._token):
            return refusal(StatusError(401, "Unauthorized", "Unauthorized"))
        try:
            _refuse_impersonation(request)
            await self._receive(request)
            return await handler(request)
        except StatusError as error:
            return refusal(error)
        except web.HTTPRequestEntityTooLarge:
            return refusal(StatusError(413, "RequestEntityTooLarge", f"limit is {MAX_BODY}"))
        except web.RequestPayloadError as error:  # packed as it says it is not, or chunks that are none
            return refusal(bad_request(f"the request's body cannot be read: {' '.join(str(error).split())}"))
        except web.HTTPException as error:  # the library's own, of what has no path: `OPTIONS *`, `CONNECT x:1`
            return refusal(StatusError(error.status, error.reason.replace(" ", ""), error.reason))
        except Exception as error:
            _LOG.exception("%s %s", request.method, request.path)
            return refusal(StatusError(500, "InternalError", f"Internal error occurred: {error!r}"))

    async def _receive(self, request: web.Request) -> None:
        """Have the whole body (the request keeps it), so that nothing waits for a client that stopped half-way."""
        try:
            async with asyncio.timeout(self._patience.body_s):
                await request.read()
        except TimeoutError:
            text = f"the request's body did not arrive within {self._patience.body_s:g} s"
            raise StatusError(504, "Timeout", text) from None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        parts = request.rel_url.raw_path.strip("/").split("/")
        if parts[0] == "apis" and len(parts) > 1 and parts[1] in adapter.VERSIONS:
            return self._adapter(request, parts)
        route = parse(request.rel_url.raw_path, self.registry.store.objects.catalogue)
        if route is None:
            return self._about(request)
        request[ROUTE] = route
        if route.resource.group == "metrics.k8s.io":
            return self._metrics(request, route)
        if not route.resource.served:
            return answer(_none_of(request, route, self.registry.store.version))
        if route.subresource:
            return await self._subresource(request, route)
        if request.method in ("GET", "HEAD"):
            return await self._read(request, route)
        return await writes.write(request, route, self.registry)

    def _about(self, request: web.Request) -> web.Response:
        """What is about the server itself."""
        if request.method not in ("GET", "HEAD"):
            raise StatusError(
                405, "MethodNotAllowed", "the server does not allow this method on the requested resource"
            )
        parts, table = request.path.strip("/").split("/"), self.registry.store.objects.catalogue.table
        match parts:
            case ["version"]:
                return answer(discovery.version())
            case ["api"]:
                return answer(discovery.core_versions())
            case ["apis"]:
                more = [adapter.described(name) for name in adapter.groups(self.node.answers())]
                return answer(discovery.groups((*table, *ABSENT), more))
            case ["healthz" | "livez" | "readyz", *_]:
                return web.Response(text="ok")
            case ["accepted"]:
                items = self.registry.accepted()
                return answer({"kind": "AcceptedFieldList", "apiVersion": "embedded/v1", "items": items})
            case ["openapi", "v3"]:
                return answer(openapi.index(table))
            case ["openapi", "v2"]:
                return _older(request)
        found = _document(parts, table)
        if found is None:
            text = f"the server could not find the requested resource: {request.path}"
            raise StatusError(404, "NotFound", text)
        return answer(found)

    def _adapter(self, request: web.Request, parts: list[str]) -> web.Response:
        """The APIs of other metrics, which are there while a ConfigMap holds rules."""
        if request.method != "GET":
            raise StatusError(405, "MethodNotAllowed", "metrics can only be read")
        found = adapter.document(parts, request.query, self.node.answers(), self.registry.store.objects)
        if found is None:
            raise StatusError(404, "NotFound", "the server could not find the requested resource")
        return answer(found)

    async def _read(self, request: web.Request, route: Route) -> web.StreamResponse:
        if "get" not in route.resource.verbs:
            raise StatusError(405, "MethodNotAllowed", f"{route.resource.qualified} can only be created")
        if flag(request, "watch"):
            return await watch_answer(request, route, self.registry.store)
        if not route.name:
            return list_answer(request, route, self.registry.store)
        obj = self.registry.get(writes.place_of(route))
        version, now = self.registry.store.version, self.registry.now()
        return answer(view_one(negotiate(request, route.form), route.resource, obj, version, now))

    async def _subresource(self, request: web.Request, route: Route) -> web.StreamResponse:
        name = route.subresource
        if name not in route.resource.subresources:
            known = ", ".join(route.resource.subresources) or "none"
            raise unsupported(f"the embedded cluster has no {route.resource.plural}/{name} (it has: {known})")
        if name == "proxy":
            assert self._session is not None
            return await proxy_answer(request, route, self.registry.store.objects, self._session)
        if name in ("exec", "attach"):
            talk = exec_answer if name == "exec" else attach_answer
            return await talk(request, route, self.registry.store.objects, self.node)
        if name == "portforward":
            return await forward_answer(request, route, self.registry.store.objects)
        if name == "log":
            return await log_answer(request, route, self.registry.store.objects, self.node)
        if request.method != "GET":
            return await writes.write_subresource(request, route, self.registry)
        whole = self.registry.get(writes.place_of(route))
        obj = scale_of(whole, route.resource) if name == "scale" else whole
        version, now = self.registry.store.version, self.registry.now()
        view = negotiate(request, None if name == "scale" else route.form)
        return answer(view_one(view, _SCALE if name == "scale" else route.resource, obj, version, now))

    def _metrics(self, request: web.Request, route: Route) -> web.Response:
        if request.method != "GET":
            raise StatusError(405, "MethodNotAllowed", "metrics can only be read")
        found = self.node.pod_metrics() if route.resource.kind == "PodMetrics" else self.node.node_metrics()
        wanted, view = selection(request, route).matcher(), negotiate(request)
        items = [one for one in found if wanted(one)]
        if view.as_:
            return answer(view_list(view, route.resource, items, self.registry.store.version, self.registry.now()))
        if route.name:
            if not items:
                raise not_found((route.resource.kind, route.namespace or "", route.name))
            return answer(items[0])
        head = {"kind": f"{route.resource.kind}List", "apiVersion": route.resource.api_version, "metadata": {}}
        return answer({**head, "items": items})


_SCALE = Resource(group="autoscaling", plural="scales", kind="Scale")


def _refuse_impersonation(request: web.Request) -> None:
    """There is one user, whose token may do everything; nobody else could be refused what he asks for."""
    named = [f"{name}: {value}" for name, value in request.headers.items() if name.lower().startswith("impersonate-")]
    if named:
        text = f"the embedded cluster has one user and impersonates nobody ({', '.join(named)}); leave out --as"
        raise StatusError(403, "Forbidden", text)


def _none_of(request: web.Request, route: Route, version: int) -> Object:
    """An empty list of a kind that every real cluster has; StatusError for whatever else is asked of it."""
    row = route.resource
    if request.method not in ("GET", "HEAD") or flag(request, "watch"):
        raise unsupported(f"the embedded cluster has no {row.qualified}, and none can be made")
    if route.name:
        raise StatusError(404, "NotFound", f'{row.qualified} "{route.name}" not found')
    head = {"kind": row.list_kind, "apiVersion": row.api_version}
    return {**head, "metadata": {"resourceVersion": str(version)}, "items": []}


def _older(request: web.Request) -> web.Response:
    """OpenAPI v2, in the one form that kubectl reads, or as JSON."""
    if not any(one in request.headers.get("Accept", "") for one in openapi.OLDER_PROTOBUF):
        return answer(openapi.older())
    return web.Response(body=openapi.older_protobuf(), headers={"Content-Type": openapi.OLDER_PROTOBUF[0]})


def _document(parts: list[str], table: discovery.Table) -> Object | None:
    match parts:
        case ["api", version]:
            return discovery.resources((*table, *ABSENT), "", version)
        case ["apis", group]:
            return discovery.group((*table, *ABSENT), group)
        case ["apis", group, version]:
            return discovery.resources((*table, *ABSENT), group, version)
        case ["openapi", "v3", "api", version]:
            return openapi.document(table, "", version)
        case ["openapi", "v3", "apis", group, version]:
            return openapi.document(table, group, version)
    return None
