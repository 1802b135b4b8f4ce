"""Who may speak to the page: this machine's own browser tabs, and no other site's."""

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

# Another site may link to these; everything else is for the page's own scripts.
_PAGES = {"/", "/scaling"}
_HEADERS = {
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what comes by another name (DNS rebinding) or from another site; forbid framing."""
    reason = refusal(request.method, request.path, request.headers)
    if reason is not None:
        return web.Response(status=403, text=reason + "\n", headers=_HEADERS)
    response = await handler(request)
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


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
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
