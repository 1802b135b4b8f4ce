"""Who may speak to the page: this machine's own browser tabs, no other site's, and where a token is set who has it."""

import secrets
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

# Another site may link to these; everything else is for the page's own scripts.
_PAGES = {"/", "/scaling"}
TOKEN_HEADER = "X-Autoscale-Token"
_HEADERS = {
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


_NO_TOKEN = "This page asks for its token: open the whole address that `autoscale ui` printed, with ?token= at its end."


def guard(token: str | None) -> Middleware:
    """Refuse what comes by another name (DNS rebinding), from another site, or without the ``token``; forbid framing.

    The token comes once in the address of a page, as Jupyter has it, and then as a cookie; or as X-Autoscale-Token.
    """

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        reason = refusal(request.method, request.path, request.headers)
        if reason is None and token is not None:
            if request.path in _PAGES and _same(request.query.get("token"), token):
                return _admitted(request, token)
            reason = None if _has(request, token) else _NO_TOKEN
        if reason is not None:
            return web.Response(status=403, text=reason + "\n", headers=_HEADERS)
        response = await handler(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return guarded


def _admitted(request: web.Request, token: str) -> web.Response:
    """The same page without the token in its address, which history and screen shares would show."""
    rest = request.rel_url.without_query_params("token")
    response = web.Response(status=303, headers={**_HEADERS, "Location": str(rest)})
    response.set_cookie(_cookie(request), token, httponly=True, samesite="Lax", path="/")
    return response


def _has(request: web.Request, token: str) -> bool:
    return _same(request.cookies.get(_cookie(request)), token) or _same(request.headers.get(TOKEN_HEADER), token)


def _cookie(request: web.Request) -> str:
    """One name a port: browsers keep cookies by host alone, and several pages may be open."""
    return f"autoscale-{request.url.port}"


def _same(given: str | None, token: str) -> bool:
    return given is not None and secrets.compare_digest(given.encode("utf-8", "replace"), token.encode())


def refusal(method: str, path: str, headers: Mapping[str, str]) -> str | None:
    """Why a request is refused; None where it may pass. ``headers`` are looked up whatever their case."""
    host = headers.get("Host", "")
    if not is_loopback(host):
        return f"This page answers to 127.0.0.1 and localhost only, not to {host[:80]!r}."
    origin = headers.get("Origin")
    if origin is not None and origin != f"http://{host}":
        return "A request from another site is refused."
    site = headers.get("Sec-Fetch-Site", "none")
    opened = method == "GET" and path in _PAGES and headers.get("Sec-Fetch-Mode") == "navigate"
    if site not in {"same-origin", "none"} and not opened:
        return "A request from another site is refused."
    return None


def is_loopback(host: str) -> bool:
    """Whether a Host header names this machine itself; any port, so that a forwarded one works too."""
    try:
        parts = urlsplit(f"//{host}")
        name, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
