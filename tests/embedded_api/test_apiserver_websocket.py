"""Watches by WebSocket, as fabric8 and browsers ask for them."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
import websocket

from autoscale.plane.store import Create, Remove
from tests.embedded_api.harness import TOKEN, Server

PODS = "/api/v1/namespaces/default/pods"
UPGRADE = {  # and `Connection: close`, which urllib insists on: half a handshake
    "Upgrade": "websocket",
    "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def pod(name: str) -> dict[str, Any]:
    return {"kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [{"name": "c"}]}}


@contextlib.contextmanager
def connected(server: Server, path: str) -> Iterator[websocket.WebSocket]:
    """A WebSocket to a path of the server."""
    url, header = server.url.replace("https", "wss", 1) + path, [f"Authorization: Bearer {TOKEN}"]
    socket = websocket.create_connection(url, timeout=30, header=header, sslopt={"context": server.context})
    try:
        yield socket
    finally:
        socket.close()
        socket.shutdown()


def test_each_event_is_a_message(server: Server) -> None:
    """What is there, and then what happens; a ping is answered meanwhile."""
    server.apply(Create(pod("a")))
    with connected(server, f"{PODS}?watch=true") as socket:
        events = [json.loads(socket.recv())]
        socket.ping("there?")
        assert socket.recv_data(control_frame=True) == (websocket.ABNF.OPCODE_PONG, b"there?")
        server.apply(Remove("Pod", "default", "a"))
        events.append(json.loads(socket.recv()))
    assert [(one["type"], one["object"]["metadata"]["name"]) for one in events] == [("ADDED", "a"), ("DELETED", "a")]


def test_a_version_that_is_too_old_is_an_error_and_the_end(server: Server) -> None:
    """As by HTTP: an ERROR event with a 410 Status, then the server closes."""
    with connected(server, f"{PODS}?watch=true&resourceVersion=999999") as socket:
        said = json.loads(socket.recv())
        assert (said["type"], said["object"]["code"]) == ("ERROR", 410)
        assert socket.recv_data()[0] == websocket.ABNF.OPCODE_CLOSE


@pytest.mark.parametrize(
    ("path", "headers", "code"),
    [
        (f"{PODS}?watch=true&labelSelector=((", UPGRADE, 400),
        (f"{PODS}?watch=true", UPGRADE, 400),
        (f"{PODS}/a/log?follow=true", UPGRADE, 501),
        (f"{PODS}/a/exec?command=ls", UPGRADE, 400),  # without the protocol of its channels
        (f"{PODS}/a/attach", UPGRADE, 400),
        (f"{PODS}/a/binding", UPGRADE, 501),
    ],
)
def test_what_cannot_be_upgraded_is_refused_at_once(
    server: Server, path: str, headers: dict[str, str], code: int
) -> None:
    """With a Status, never with an answer that does not end."""
    server.apply(Create(pod("a")))
    assert (server.call("GET", path, **headers)[0], server.call("GET", path, **headers)[1]["kind"]) == (code, "Status")


@pytest.mark.parametrize(("query", "headers"), [("", UPGRADE), ("?watch=false", UPGRADE)])
def test_a_list_stays_a_list(server: Server, query: str, headers: dict[str, str]) -> None:
    """An upgrade may be passed over where there is nothing to go on with."""
    assert server.call("GET", PODS + query, **headers)[1]["kind"] == "PodList"


def test_another_upgrade_is_passed_over(server: Server) -> None:
    """A client that would rather speak HTTP/2 gets its watch by HTTP/1.1."""
    server.apply(Create(pod("a")))
    with server.open("GET", f"{PODS}?watch=true&timeoutSeconds=5", Upgrade="h2c") as answer:
        assert json.loads(answer.readline())["type"] == "ADDED"
