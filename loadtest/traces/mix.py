"""What was asked for, by share: methods and templates of paths, with nothing private in them."""

import re
from collections import Counter
from typing import Any

MOST = 10_000  # different templates that are counted
_SENT = 100  # a scenario's most requests
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_ID = re.compile(
    r"\d+|[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}|(?=.*\d)[0-9a-fA-F]{8,}|(?=.*\d)(?=.*[A-Za-z])[\w~%=.-]{16,}"
    r"|[^/]*(?:@|%40)[^/]*"
)


def template(path: str) -> str:
    """``/users/4711?token=x`` -> ``/users/{id}``: parts that name one thing or person, and the query, are dropped."""
    plain = re.sub(r"^[a-z]+://[^/]*", "", path.partition("?")[0].partition("#")[0]) or "/"
    return "/".join("{id}" if part and _ID.fullmatch(part) else part for part in plain.split("/"))[:200]


def requests(mix: Counter[str]) -> list[dict[str, Any]]:
    """The requests of a scenario, by share: the most frequent templates, ``1`` in the place of what was dropped."""
    known = [(key.split(" ", 1), n) for key, n in mix.most_common() if key.split(" ", 1)[0] in _METHODS]
    return [
        {"name": f"{method} {path}", "weight": float(n), "method": method, "path": path.replace("{id}", "1")}
        for (method, path), n in known[:_SENT]
        if re.fullmatch(r"/(?!/)[\x21-\x7e]*", path)
    ]
