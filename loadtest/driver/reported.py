"""What Locust's ``request`` event tells of a request, as counts: its pod, and short causes."""

import re
from typing import Any
from urllib.parse import unquote

from loadtest.counts import Kind
from loadtest.driver.causes import TIMEOUT, cause_of

MOST_NAMES = 1000  # of requests, in one worker; a name for each item would make rows that nobody can hold
MOST_CAUSES = 100
OTHER = "(others)"
_LONGEST = 120


class Namer:
    """Names and causes, bounded in number: what comes after the first so many is ``(others)``."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str], Kind] = {}
        self._causes: set[str] = set()

    def kind(self, method: object, name: object, url: object = None) -> Kind:
        """The kind of a request; ``url``: where it went, by which a name that nobody gave is known."""
        key = (str(method), _name(str(name), str(url or ""))[:_LONGEST])
        known = self._kinds.get(key)
        if known is None:
            known = Kind(*key) if len(self._kinds) < MOST_NAMES else Kind(key[0], OTHER)
            if known.name != OTHER:
                self._kinds[key] = known
        return known

    def cause(self, exception: object, response: object) -> str:
        """Why a request failed."""
        cause = _cause(exception, response)
        if cause not in self._causes:
            if len(self._causes) >= MOST_CAUSES:
                return OTHER
            self._causes.add(cause)
        return cause


def _name(name: str, url: str) -> str:
    """Names stand in the record. Locust takes the URL for one where the locustfile has none: without its query and
    user then, which may be secrets. A name of the locustfile's own stays as it is."""
    path, _, query = name.partition("?")
    if query and unquote(query) == unquote(url.partition("?")[2]):
        name = path + "?..."
    return re.sub(r"://[^/\s]*@", "://", name) if "@" in name else name


def pod_of(response: object, header: str) -> str | None:
    """The pod that an answer names in a header; None where it has none."""
    try:
        value = getattr(response, "headers", {}).get(header)
    except Exception:  # a client of one's own may hand over anything
        return None
    return str(value) if value else None


def _cause(exception: object, response: object) -> str:
    if isinstance(exception, BaseException):
        for one in _chain(exception):
            if isinstance(one, OSError) and (one.errno is not None or type(one).__module__ == "socket"):
                return cause_of(one)
            if "timeout" in type(one).__name__.lower():
                return TIMEOUT
    if type(exception).__name__ == "CatchResponseError":  # the locustfile's own words
        return _short(exception)
    status = getattr(response, "status_code", None)
    if isinstance(status, int) and status >= 400 and isinstance(exception, BaseException):
        return f"status {status}"
    return type(exception).__name__ if isinstance(exception, BaseException) else _short(exception)


def _short(words: object) -> str:
    return re.sub(r"\s+", " ", str(words))[:_LONGEST] or "failed"


def _chain(error: BaseException) -> list[BaseException]:
    """An error, what it holds and what it came from: libraries wrap what the system said."""
    found: list[BaseException] = []
    todo: list[Any] = [error]
    while todo and len(found) < 20:
        one = todo.pop(0)
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            todo += [*one.args, one.__cause__, one.__context__, getattr(one, "reason", None)]
    return found
