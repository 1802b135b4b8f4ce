"""Query parameters, read as the API server reads them."""

from aiohttp import web

from autoscale.kube.statuses import bad_request


def flag(request: web.Request, name: str) -> bool:
    """A boolean: whatever is given but nothing, ``0`` and ``false`` in any case is true (``True``, ``1``, ``yes``)."""
    return request.query.get(name, "").lower() not in ("", "0", "false")


def number(request: web.Request, name: str) -> int | None:
    """A whole number of at least 0, None where there is none; ``StatusError`` 400 for anything else."""
    text = request.query.get(name)
    if text is not None and not (text.isascii() and text.isdigit() and len(text) < 20):
        raise bad_request(f"{name} must be a whole number of at least 0, found {text!r}")
    return int(text) if text is not None else None
