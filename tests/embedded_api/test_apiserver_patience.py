"""Requests that are begun and not ended: they are given up, and nothing else is."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import pytest

from autoscale.embedded.addresses import claim_block
from autoscale.embedded.apiserver.registry import Registry
from autoscale.embedded.apiserver.server import ApiServer, Patience
from autoscale.embedded.launch.folder import Folder
from autoscale.plane.store import Create, Store
from tests.conftest import eventually
from tests.embedded_api.harness import NOW, TOKEN, Node, Server, serving

PODS = "/api/v1/namespaces/default/pods"
HEAD = f"POST {PODS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n"
HALVES = {
    "nothing": "",
    "a request line": f"GET {PODS} HT",
    "a head": HEAD,
    "a header": HEAD + "X-Long: aaa",
}


@contextmanager
def patient_for(folder: Path, patience: Patience) -> Iterator[Server]:
    """A fresh API server with this patience."""
    block, store, node = claim_block(), Store(), Node()
    store.apply(Create({"kind": "Namespace", "metadata": {"name": "default"}}), NOW)
    api = ApiServer(Registry(store, block), node, TOKEN, patience)
    with serving(Folder(folder / "embedded"), api) as (url, loop, context):
        yield Server(store, node, url, folder / "embedded" / "kubeconfig", loop, context)
    block.release()


@contextmanager
def connection(server: Server) -> Iterator[ssl.SSLSocket]:
    """A connection to it, for bytes of one's own."""
    address = urlsplit(server.url)
    assert address.hostname
    with (
        socket.create_connection((address.hostname, address.port or 443), timeout=60) as plain,
        server.context.wrap_socket(plain, server_hostname=address.hostname) as secure,
    ):
        yield secure


def header_of(answer: BinaryIO, name: bytes) -> bytes:
    """The value of a header; the answer is read up to its body."""
    lines = iter(answer.readline, b"\r\n")
    return dict(line.rstrip().split(b": ", 1) for line in lines)[name]


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
def test_a_head_that_does_not_end_ends_its_connection(tmp_path: Path, half: str) -> None:
    """However much of it was sent; not a byte is answered."""
    with patient_for(tmp_path, Patience(head_s=0.2)) as server, connection(server) as client:
        client.sendall(half.encode())
        assert client.recv(1) == b""


def test_a_body_that_does_not_end_is_answered(tmp_path: Path) -> None:
    """With a Status, as every refusal; and nothing is created of what came."""
    with patient_for(tmp_path, Patience(body_s=0.2)) as server:
        with connection(server) as client, client.makefile("rb") as answer:
            client.sendall(f'{HEAD}Content-Length: 100\r\n\r\n{{"metadata": '.encode())
            assert b" 504 " in answer.readline()
            assert b'"reason":"Timeout"' in answer.read(int(header_of(answer, b"Content-Length")))
        assert server.call("GET", PODS)[1]["items"] == []


@pytest.mark.parametrize(
    ("request_line", "more", "code"),
    [
        (f"POST {PODS}", "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", b"400"),
        (f"POST {PODS}", "Content-Encoding: deflate\r\nContent-Length: 2\r\n\r\n{}", b"400"),
        (f"POST {PODS}", "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n", b"400"),
        ("OPTIONS *", "\r\n", b"404"),
        ("CONNECT x:1", "\r\n", b"404"),
        ("GET http://elsewhere/version", "\r\n", b"200"),
    ],
)
def test_what_the_library_refuses_is_no_mistake_of_ours(
    server: Server, request_line: str, more: str, code: bytes
) -> None:
    """A body that is not packed as it says, and targets that are no paths: 4xx, and never 500."""
    head = f"{request_line} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n"
    with connection(server) as client, client.makefile("rb") as answer:
        client.sendall((head + more).encode())
        assert answer.readline().split()[1] == code


def test_a_request_in_two_halves_is_one(server: Server) -> None:
    """As long as the second comes: within the patience that a server has when nothing else is said."""
    pod = b'{"kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}'
    whole = f"{HEAD}Content-Length: {len(pod)}\r\nConnection: close\r\n\r\n".encode() + pod
    for cut in (len(HEAD) // 2, len(whole) - len(pod) // 2):
        with connection(server) as client, client.makefile("rb") as answer:
            client.sendall(whole[:cut])
            assert server.call("GET", PODS)[0] == 200  # others are served meanwhile
            client.sendall(whole[cut:])
            assert answer.readline().split()[1] in (b"201", b"409")
    assert [each["metadata"]["name"] for each in server.call("GET", PODS)[1]["items"]] == ["a"]


def test_a_watch_outlasts_the_patience_with_heads(tmp_path: Path) -> None:
    """A request that was heard whole is answered for as long as it takes."""
    with patient_for(tmp_path, Patience(head_s=0.5)) as server:

        def opened() -> Any:
            try:  # on a slow machine the head itself may come too late
                return server.open("GET", f"{PODS}?watch=true&timeoutSeconds=60")
            except OSError:
                return None

        with eventually(opened, "a watch") as events:
            with connection(server) as later:
                assert later.recv(1) == b""
            server.apply(Create({"kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{"name": "c"}]}}))
            assert b'"ADDED"' in events.readline()
