"""What an API server answers: a whole answer, or a stream of lines."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import orjson
import urllib3

from autoscale.cluster.failures import unreachable


def parsed(text: bytes) -> Any:
    """The value of a JSON text; ValueError for what is none.

    The quick decoder does not read half a surrogate pair, in which a message that was cut may end.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)


@dataclass(frozen=True)
class Answer:
    """One HTTP answer: status, headers (names in lower case), body."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return parsed(self.body)


class Stream:
    """An open answer that is read line by line; ``cancel`` may be called from any thread."""

    def __init__(self, response: urllib3.BaseHTTPResponse, server: str) -> None:
        self._response = response
        self._server = server

    def __iter__(self) -> Iterator[bytes]:
        """Lines without their end, as they come; a last line without an end too. Raises Unreachable when it breaks."""
        rest = b""
        try:
            for chunk in self._response.stream(65536):
                *lines, rest = (rest + chunk).split(b"\n")
                yield from lines
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise unreachable(self._server, error) from error
        if rest:
            yield rest

    def cancel(self) -> None:
        """End the stream: a thread that waits in it returns."""
        try:
            self._response.shutdown()
        except (ValueError, OSError, AttributeError, RuntimeError):
            return  # already ended, or never began

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._response.close()
        self._response.release_conn()
