"""The target does not behave."""

from collections.abc import Iterator

from tests.faults.fault import Fault
from tests.faults.hostile import HEALTHY, Hostile
from tests.loadtest.rawserver import Raw

HEAD = b"HTTP/1.1 200 OK\r\n"
MANY = 2000


class Endless:
    """The same piece again and again, for each request anew."""

    def __init__(self, first: bytes, piece: bytes, times: int = MANY) -> None:
        self.first, self.piece, self.times = first, piece, times

    def __iter__(self) -> Iterator[bytes]:
        yield self.first
        for _ in range(self.times):
            yield self.piece


BLOCK = b"x" * 65536

FAULTS: list[Fault] = [
    Hostile("nobody listens", None),
    Hostile("it closes without a word", Raw([], "close")),
    Hostile("it says nothing", Raw([], "hold")),
    Hostile("it answers with half a head", Raw([b"HTTP/1.1 200 O"], "hold")),
    Hostile("it breaks off in the body", Raw([HEAD + b"Content-Length: 100\r\n\r\nhalf"], "close")),
    Hostile("it holds in the body", Raw([HEAD + b"Content-Length: 100\r\n\r\nhalf"], "hold")),
    Hostile("it is no HTTP", Raw([b"SSH-2.0-OpenSSH_9.9\r\n"], "close")),
    Hostile("bodies without an end", Raw(Endless(HEAD + b"Connection: close\r\n\r\n", BLOCK, 20_000), "close")),
    Hostile("headers without an end", Raw(Endless(HEAD, b"X-More: " + b"y" * 1000 + b"\r\n"), "hold")),
    Hostile("100 Continue without an end", Raw(Endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 20_000), "hold")),
    Hostile(
        "chunk extensions without an end",
        Raw(Endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a=b;" * 200), "hold"),
    ),
    Hostile("two lengths", Raw([HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok"], "close")),
    Hostile("a length below 0", Raw([HEAD + b"Content-Length: -1\r\n\r\nok"], "close")),
    Hostile("a status that is none", Raw([b"HTTP/1.1 999999 What\r\n\r\n"], "close")),
    Hostile(
        "redirects without an end",
        Raw([b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"]),
        fails=False,
    ),
    Hostile("two answers to each request", Raw([HEALTHY + HEALTHY]), fails=False),
]
