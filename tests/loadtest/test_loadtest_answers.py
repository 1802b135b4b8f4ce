"""What the load driver makes of answers: whole and broken, early, endless and huge; on which connections it goes on."""

import json
import subprocess
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, count, repeat
from pathlib import Path
from typing import Any

import pytest
from loadprocs import network, plain_scenario
from rawserver import Raw, Then, answering

ROOT = Path(__file__).parents[2]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Pod: web-1\r\n\r\nhello"
START = b"HTTP/1.1 200 OK\r\nX-Pod: web-1\r\n"
CHUNKED = START + b"Transfer-Encoding: chunked\r\n\r\n"

# Gevent stays out of the test's own process. All cases run side by side, the requests of each one after the
# other; before a case that is to `settle` goes on, its idle connections have ended.
PROBE = """
import json, resource, sys
import gevent
from loadtest.driver.client import Client, prepare
from loadtest.driver.connections import Connections

def run(url, requests, settle):
    connections = Connections(url, {"verify": True, "ca": None, "server_name": None}, "web", 1)
    client = Client(connections)
    for request in requests:
        outcome = client.send(prepare(request, url, "web"), close=False)
        yield [outcome.cause, outcome.pod, outcome.length]
        with gevent.Timeout(20):
            while settle and connections._idle:
                gevent.sleep(0.01)

begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
cases = [gevent.spawn(lambda case: list(run(*case)), case) for case in json.load(sys.stdin)]
outcomes = [case.get() for case in cases]
print(json.dumps([outcomes, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - begun]))
"""


@dataclass
class Case:
    """Some requests, the answer each of them gets, what is made of it, and how many connections that takes."""

    pieces: Iterable[bytes]
    outcome: list[Any]
    connections: int = 1
    then: Then = "keep"
    methods: tuple[str, ...] = ("GET", "GET")
    settle: bool = False
    timeout_s: float = 10.0
    body: str | None = None
    scheme: str = "http"


def raw(*pieces: bytes) -> list[bytes]:
    return list(pieces)


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


HEAD_ONLY = ("HEAD", "HEAD")
CASES = {
    "an answer": Case(raw(OK), [None, "web-1", 5]),
    "an answer in pieces": Case(cut(OK, 7), [None, "web-1", 5]),
    "an empty line before it": Case(raw(b"\r\n" + OK), [None, "web-1", 5]),
    "100 Continue before it": Case(raw(b"HTTP/1.1 100 Continue\r\n\r\n" + OK), [None, "web-1", 5]),
    "103 with headers of its own": Case(
        raw(b"HTTP/1.1 103 Early Hints\r\nX-Pod: other\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n", OK), [None, "web-1", 5]
    ),
    "100 Continue and the end": Case(
        raw(b"HTTP/1.1 100 Continue\r\n\r\n"), ["broken answer", None, 0], 2, then="close"
    ),
    "chunks with extensions and a trailer": Case(
        raw(CHUNKED + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Sum: 1\r\n\r\n"), [None, "web-1", 5]
    ),
    "chunks in pieces": Case(cut(CHUNKED + b"3\r\nabc\r\n0\r\n\r\n", 9), [None, "web-1", 3]),
    "chunks that end early": Case(raw(CHUNKED + b"3\r\nabc\r\n"), ["broken answer", None, 0], 2, then="close"),
    "a chunk without a size": Case(raw(CHUNKED + b"zz\r\nabc\r\n"), ["broken answer", None, 0], 2),
    "until the connection ends": Case(raw(START + b"\r\nhello", b" you"), [None, "web-1", 9], 2, then="close"),
    "a body that is cut": Case(
        raw(START + b"Content-Length: 9\r\n\r\nhello"), ["broken answer", None, 0], 2, then="close"
    ),
    "a head that is cut": Case(raw(START), ["broken answer", None, 0], 2, then="close"),
    "no answer": Case(raw(), ["connection closed", None, 0], 2, then="close"),
    "no answer and no end": Case(raw(), ["timeout", None, 0], 2, then="hold", timeout_s=0.3),
    "no answer to TLS and no end": Case(raw(), ["timeout", None, 0], 2, then="hold", timeout_s=0.3, scheme="https"),
    "an answer without TLS": Case(raw(OK), ["TLS error", None, 0], 2, then="close", scheme="https"),
    "another protocol": Case(raw(b"SSH-2.0-OpenSSH_9.9\r\n"), ["broken answer", None, 0], 2),
    "a switch of protocols": Case(
        raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"),
        ["broken answer", None, 0],
        2,
    ),
    "an offered upgrade": Case(
        raw(START + b"Upgrade: h2c\r\nConnection: Upgrade, Keep-Alive\r\nContent-Length: 2\r\n\r\nok"),
        [None, "web-1", 2],
    ),
    "204": Case(raw(b"HTTP/1.1 204 No Content\r\nX-Pod: web-1\r\n\r\n"), [None, "web-1", 0]),
    "304 with the length of what was not sent": Case(
        raw(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nX-Pod: web-1\r\n\r\n"), [None, "web-1", 0]
    ),
    "an unexpected status": Case(raw(OK.replace(b"200 OK", b"503 No")), ["status 503", "web-1", 5]),
    "HTTP/1.0": Case(raw(OK.replace(b"1.1", b"1.0")), [None, "web-1", 5], 2),
    "HTTP/1.0, kept": Case(
        raw(OK.replace(b"1.1", b"1.0").replace(b"X-", b"Connection: keep-alive\r\nX-")), [None, "web-1", 5]
    ),
    "Connection: close": Case(raw(OK.replace(b"X-", b"Connection: close\r\nX-")), [None, "web-1", 5], 2, then="close"),
    "closed without a word": Case(raw(OK), [None, "web-1", 5], 2, then="close", settle=True),
    "more than was asked for, at once": Case(raw(OK + b"garbage"), ["broken answer", None, 0], 2),
    "two pods": Case(raw(OK.replace(b"X-", b"X-Pod: web-2\r\nX-")), [None, None, 5]),
    "the pod in other letters": Case(raw(OK.replace(b"X-Pod: web-1", b"x-POD:   web-1 ")), [None, "web-1", 5]),
    "what looks like a pod in the body": Case(
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n\r\nX-Pod: web-1\r\n"), [None, None, 16]
    ),
    "HEAD": Case(raw(OK.removesuffix(b"hello")), [None, "web-1", 0], methods=HEAD_ONLY),
    "HEAD in pieces": Case(cut(OK.removesuffix(b"hello"), 11), [None, "web-1", 0], methods=HEAD_ONLY),
    "HEAD without a length": Case(raw(START + b"\r\n"), [None, "web-1", 0], methods=HEAD_ONLY),
    "HEAD with a body": Case(raw(OK), [None, "web-1", 0], 2, methods=HEAD_ONLY),
    "HEAD and GET": Case(
        raw(START + b"Content-Length: 0\r\n\r\n"), [None, "web-1", 0], methods=("HEAD", "GET", "HEAD", "GET")
    ),
    "a header of a million bytes": Case(
        raw(b"HTTP/1.1 200 OK\r\nX-Big: " + b"a" * 1_000_000 + OK.removeprefix(b"HTTP/1.1 200 OK")), [None, "web-1", 5]
    ),
    "twenty thousand headers": Case(
        raw(START + b"".join(b"X-%d: y\r\n" % n for n in range(20_000)) + b"Content-Length: 5\r\n\r\nhello"),
        [None, "web-1", 5],
    ),
    "a huge head and a body until the end": Case(
        raw(START + b"X-Big: " + b"a" * 300_000 + b"\r\n\r\nhello"), [None, "web-1", 5], 2, then="close"
    ),
    "an answer before the end of the request": Case(
        raw(OK.replace(b"X-", b"Connection: close\r\nX-")),
        [None, "web-1", 5],
        2,
        methods=("POST", "POST"),
        body="x" * 9,
    ),
}


def requests(case: Case) -> list[dict[str, Any]]:
    plain = plain_scenario()["requests"][0] | {"timeout": case.timeout_s, "body": case.body, "path": "/"}
    return [plain | {"method": method} for method in case.methods]


def run(cases: Iterable[Case]) -> tuple[list[list[Any]], list[Raw], int]:
    """The outcomes of each case, what its server saw, and by how many KiB the client's memory grew."""
    address = f"{network()}.1"
    servers = [Raw(case.pieces, case.then, (case.body or "").encode()[-1:]) for case in cases]
    with ExitStack() as stack:
        urls = [stack.enter_context(answering(address, server)) for server in servers]
        urls = [url.replace("http", case.scheme, 1) for url, case in zip(urls, cases, strict=True)]
        plan = [[url, requests(case), case.settle] for url, case in zip(urls, cases, strict=True)]
        done = subprocess.run(
            [sys.executable, "-c", PROBE], input=json.dumps(plan), capture_output=True, text=True, check=True, cwd=ROOT
        )
    outcomes, growth = json.loads(done.stdout)
    return outcomes, servers, growth


@pytest.fixture(scope="module")
def results() -> dict[str, tuple[list[Any], Raw]]:
    """What became of all the cases."""
    outcomes, servers, _ = run(CASES.values())
    return dict(zip(CASES, zip(outcomes, servers, strict=True), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_an_answer_has_one_outcome_and_its_connection_goes_on_where_it_can(
    results: dict[str, tuple[list[Any], Raw]], name: str
) -> None:
    """Each request has the outcome of the table, was sent once, and took a new connection only where it had to."""
    outcomes, server = results[name]
    case = CASES[name]
    assert outcomes == [case.outcome] * len(case.methods)
    assert server.connections == case.connections
    if case.then == "hold":  # on a busy machine the time-out may come before the request has left
        assert len(server.requests) <= len(case.methods)
    else:
        assert len(server.requests) == len(case.methods)


ENDLESS = {
    "100 Continue": repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 2000),
    "headers": chain([START], (b"X-%d: y\r\n" % n * 1000 for n in count())),
    "one header": chain([START, b"X-Big: "], repeat(b"a" * 65536)),
    "the name of a header": chain([START], repeat(b"a" * 65536)),
    "a chunk's extension": chain([CHUNKED, b"5;x="], repeat(b"a" * 65536)),
    "small chunks": chain([CHUNKED], repeat(b"1\r\na\r\n" * 10_000)),
    "a trailer": chain([CHUNKED, b"0\r\nX-Big: "], repeat(b"a" * 65536)),
    "a body": chain([START, b"\r\n"], repeat(b"a" * 65536)),
}
ROOM_KIB = 50_000


def test_endless_answers_end_at_the_time_out_and_take_nothing_with_them() -> None:
    """Whatever a server goes on sending costs that request alone, no memory, and no other request its answer."""
    floods = [Case(pieces, ["timeout", None, 0], 1, methods=("GET",), timeout_s=1.0) for pieces in ENDLESS.values()]
    healthy = Case(raw(OK), [None, "web-1", 5], methods=("GET",) * 50, timeout_s=60.0)
    outcomes, servers, growth = run([*floods, healthy])
    assert dict(zip(ENDLESS, outcomes, strict=False)) == {name: [["timeout", None, 0]] for name in ENDLESS}
    assert outcomes[-1] == [healthy.outcome] * 50
    assert [len(server.requests) for server in servers] == [1] * len(ENDLESS) + [50]
    assert growth < ROOM_KIB


@pytest.mark.parametrize("form", ["length", "chunks", "end"])
def test_a_body_of_300_mb_is_counted_and_not_kept(form: str) -> None:
    """Its length is known and the memory does not grow by it: with a length, in chunks, or until the end."""
    block, n = b"a" * 60_000, 5000
    size = str(len(block) * n).encode()
    pieces: dict[str, Iterable[bytes]] = {
        "length": chain([START + b"Content-Length: " + size + b"\r\n\r\n"], repeat(block, n)),
        "chunks": chain([CHUNKED], repeat(b"ea60\r\n" + block + b"\r\n", n), [b"0\r\n\r\n"]),
        "end": chain([START + b"\r\n"], repeat(block, n)),
    }
    case = Case(pieces[form], [None, "web-1", int(size)], methods=("GET",), timeout_s=120.0, then="close")
    outcomes, _, growth = run([case])
    assert outcomes == [[case.outcome]]
    assert growth < ROOM_KIB


def test_a_large_request_goes_out_in_pieces_once() -> None:
    """Two million bytes are more than a socket takes at once: all of them arrive, once, and the answer is heard."""
    case = Case(raw(OK), [None, "web-1", 5], methods=("POST",), body="x" * 2_000_000 + "!")
    outcomes, servers, _ = run([case])
    assert outcomes == [[case.outcome]]
    assert [request.count(b"x") for request in servers[0].requests] == [2_000_000]
