"""Who may speak to the master's page: whoever calls it by an address or by the API server's name, and no other site."""

from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

# No site of the internet is called so: what proxies in front of an API server may call it, and Services.
_INSIDE = (".default", ".svc", ".cluster.local")

REFUSED_NAME = "This page answers to addresses, localhost and the API server's name only (kubectl port-forward works)."
REFUSED_SITE = "A request from another site is refused."


def refusal(header: Callable[[str], str | None], api_host: str) -> str | None:
    """Why a request is refused; None where it may pass. ``header`` looks one up, whatever its case.

    What comes through the API server's proxy keeps the name by which that was asked (``api_host``). Any other name may
    be another site's that leads here (DNS rebinding); an address cannot.
    """
    host = header("Host") or ""
    name = _name(f"//{host}")
    if name != api_host.lower() and not _is_of_here(name):
        return REFUSED_NAME
    origin = header("Origin")
    if origin is not None and _place(origin) != host.lower():
        return REFUSED_SITE
    return None if (header("Sec-Fetch-Site") or "none") in {"same-origin", "none"} else REFUSED_SITE


def _place(origin: str) -> str:
    """Host and port of an origin; "null", and what is none, have no place."""
    return origin.partition("://")[2].lower()


def _name(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _is_of_here(name: str) -> bool:
    """Addresses, and names that only this machine or this cluster gives."""
    if name and ("." not in name or name.endswith(_INSIDE)):
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
