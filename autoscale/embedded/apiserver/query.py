"""Query parameters, read as the API server reads them."""

import json
import re

from aiohttp import web

from autoscale.kube.statuses import bad_request


def flag(request: web.Request, name: str) -> bool:
    """A boolean: whatever is given but nothing, ``0`` and ``false`` in any case is true (``True``, ``1``, ``yes``)."""
    return request.query.get(name, "").lower() not in ("", "0", "false")


def integer(request: web.Request, name: str) -> int:
    """A whole number, 0 where nothing is given; ``StatusError`` 400 in Go's words for anything else."""
    text = request.query.get(name) or "0"
    if not re.fullmatch(r"[+-]?[0-9]+", text, re.ASCII):
        raise bad_request(f"strconv.ParseInt: parsing {json.dumps(text)}: invalid syntax")
    if not -(2**63) <= (found := int(text) if len(text) < 30 else 2**63) < 2**63:
        raise bad_request(f"strconv.ParseInt: parsing {json.dumps(text)}: value out of range")
    return found


def number(request: web.Request, name: str) -> int | None:
    """A whole number of at least 0, None where there is none; ``StatusError`` 400 for anything else."""
    text = request.query.get(name)
    if text is not None and not (text.isascii() and text.isdigit() and len(text) < 20):
        raise bad_request(f"{name} must be a whole number of at least 0, found {text!r}")
    return int(text) if text is not None else None
