"""A request of the scenario as bytes, and which answers to it are expected."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Prepared:
    """A request as bytes, once to keep the connection and once to close it.

    ``causes``: for each status, None where it is expected, else what such a failure is called.
    """

    name: str
    method: str
    keep: bytes
    close: bytes
    timeout_s: float
    causes: dict[int, str | None]


def prepare(request: dict[str, Any], url: str, host_header: str) -> Prepared:
    """A request of the resolved scenario as bytes; the URL's own path goes in front of its path."""
    body = request["body"]
    headers = {"Host": host_header, "User-Agent": "autoscale-loadtest", "Accept": "*/*"}
    if body is not None and not isinstance(body, str):
        body = json.dumps(body, separators=(",", ":"))
        headers["Content-Type"] = "application/json"
    payload = (body or "").encode()
    if payload or request["method"] in ("POST", "PUT", "PATCH"):
        headers["Content-Length"] = str(len(payload))
    given = {name.lower() for name in request["headers"]}
    headers = {name: value for name, value in headers.items() if name.lower() not in given} | request["headers"]
    line = f"{request['method']} {urlsplit(url).path.rstrip('/')}{request['path']} HTTP/1.1\r\n"
    head = line + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return Prepared(
        name=request["name"],
        method=request["method"],
        keep=head.encode("latin-1") + b"\r\n" + payload,
        close=head.encode("latin-1") + b"Connection: close\r\n\r\n" + payload,
        timeout_s=request["timeout"],
        causes=_causes(frozenset(request["expect"])),
    )


def _causes(expect: frozenset[str]) -> dict[int, str | None]:
    return {
        status: None if {str(status), f"{str(status)[0]}xx"} & expect else f"status {status}" for status in range(1000)
    }
