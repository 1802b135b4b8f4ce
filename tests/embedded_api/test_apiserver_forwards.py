"""``port-forward`` and ``attach``, and ``exec`` by SPDY: as kubectl, older ones and Python's library speak them."""

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import urllib3
from hypothesis import given
from hypothesis import strategies as st
from kubernetes import client, config
from kubernetes.stream import portforward
from websocket import WebSocket, WebSocketBadStatusException

from autoscale.embedded.apiserver.spdy.frames import DICTIONARY, Data, Opened, Ping, Reader, Reset, Writer
from autoscale.plane.store import Create, UpdateStatus
from tests.conftest import eventually
from tests.embedded_api.harness import TOKEN, Kubectl, Server

POD = "/api/v1/namespaces/default/pods/web-1"


class Page(BaseHTTPRequestHandler):
    """A page of a megabyte."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"x" * 1_000_000)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def port(server: Server) -> Iterator[int]:
    """The port of a page in a running pod."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as web:
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        spec = {"containers": [{"name": "web", "image": "i"}], "nodeName": "n"}
        pod = server.apply(Create({"kind": "Pod", "metadata": {"name": "web-1", "namespace": "default"}, "spec": spec}))
        server.apply(UpdateStatus({**pod, "status": {"phase": "Running", "podIP": "127.0.0.1"}}))
        yield web.server_address[1]
        web.shutdown()
        thread.join()


@pytest.fixture(params=["websocket", "spdy"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The two ways in which kubectl talks: newer ones first by WebSocket, older ones by SPDY alone."""
    for name in ("PORT_FORWARD", "REMOTE_COMMAND"):
        monkeypatch.setenv(f"KUBECTL_{name}_WEBSOCKETS", str(request.param == "websocket").lower())
    return str(request.param)


@pytest.mark.usefixtures("way")
def test_kubectl_forwards_ports(port: int, kubectl: Kubectl) -> None:
    """Several connections one after the other and side by side; each byte arrives."""
    with kubectl.open("port-forward", "pod/web-1", f":{port}") as process:
        assert process.stdout
        said = process.stdout.readline()
        found = re.search(r":(\d+) ->", said)
        assert found, said
        with urllib3.PoolManager(maxsize=4, retries=False) as pool:
            for _ in range(3):
                assert len(pool.request("GET", f"http://127.0.0.1:{found[1]}/").data) == 1_000_000
            asked = [threading.Thread(target=pool.request, args=("GET", f"http://127.0.0.1:{found[1]}/")) for _ in "ab"]
            for one in asked:
                one.start()
            for one in asked:
                one.join()


@pytest.mark.usefixtures("way")
def test_kubectl_is_told_where_nothing_listens(port: int, kubectl: Kubectl, free_port: int) -> None:
    """The connection is closed, and kubectl prints why."""
    assert port
    with kubectl.open("port-forward", "pod/web-1", f":{free_port}") as process:
        assert process.stdout
        found = re.search(r":(\d+) ->", process.stdout.readline())
        assert found
        with socket.create_connection(("127.0.0.1", int(found[1]))) as one, contextlib.suppress(ConnectionError):
            assert one.recv(1) == b""


@pytest.fixture
def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_the_python_library_forwards_ports(server: Server, port: int) -> None:
    """By the channels of a WebSocket, two for each port."""
    config.load_kube_config(str(server.kubeconfig))
    api = client.CoreV1Api()
    forward = portforward(api.connect_get_namespaced_pod_portforward, "web-1", "default", ports=str(port))
    one = forward.socket(port)
    one.setblocking(True)
    one.sendall(b"GET / HTTP/1.0\r\n\r\n")
    got = b""
    while piece := one.recv(65536):
        got += piece
    assert got.endswith(b"x" * 1_000_000)
    assert forward.error(port) is None
    one.close()
    eventually(lambda: not forward.connected)
    forward.websocket.shutdown()  # the library leaves that to the garbage collector
    api.api_client.close()


@pytest.mark.usefixtures("way", "port")
def test_kubectl_runs_commands_either_way(kubectl: Kubectl) -> None:
    """Output, input, exit code; and a command that cannot be run."""
    assert kubectl("exec", "web-1", "--", "echo", "hello") == "hello\n"
    assert kubectl("exec", "-i", "web-1", "--", "tr", "a-z", "A-Z", stdin="typed\n") == "TYPED\n"
    assert "exit code 3" in kubectl("exec", "web-1", "--", "sh", "-c", "exit 3", fails=True)
    assert "failed to exec in container" in kubectl("exec", "web-1", "--", "no-such-program", fails=True)


@pytest.mark.usefixtures("way", "port")
def test_kubectl_attaches(server: Server, kubectl: Kubectl) -> None:
    """It hears the container until that ends, and types where it is asked to."""
    assert kubectl("attach", "-i", "web-1", stdin="typed\n") == "now\ngot typed\n"
    assert kubectl("attach", "web-1") == "now\ngot\n"
    assert [one["stdin"] for one in server.node.asked] == [True, False]


def opened(server: Server, path: str) -> None:
    """Ask for the channels of a WebSocket."""
    url, header = server.url.replace("https", "wss", 1) + path, [f"Authorization: Bearer {TOKEN}"]
    one = WebSocket(sslopt={"context": server.context})
    try:
        one.connect(url, header=header, subprotocols=["v4.channel.k8s.io"])
    finally:
        one.shutdown()


def test_what_cannot_be_forwarded_is_a_status(server: Server, port: int) -> None:
    """No upgrade, no protocol in common, no port, a pod that does not run, none at all."""
    path = f"{POD}/portforward"
    assert server.call("POST", path)[1]["message"] == "Upgrade request required"
    spdy = {"Upgrade": "SPDY/3.1", "Connection": "Upgrade"}
    code, status = server.call("POST", path, **spdy, X_Stream_Protocol_Version="v9.io")
    assert (code, "unable to negotiate protocol" in status["message"]) == (403, True)
    for query, why in (("", 'parameter \\"ports\\" is required'), ("?ports=x", 'parse \\"x\\" as a port')):
        with pytest.raises(WebSocketBadStatusException, match=re.escape(why)):
            opened(server, path + query)
    pod = server.call("GET", POD)[1]
    server.apply(UpdateStatus({**pod, "status": {"phase": "Succeeded", "podIP": "127.0.0.1"}}))
    assert "Current status=Succeeded" in server.call("POST", path, **spdy)[1]["message"]
    assert server.call("POST", path.replace("web-1", "nobody"), **spdy)[0] == 404
    assert port


names = st.dictionaries(st.text("abc", min_size=1), st.text(max_size=9), max_size=3)


@given(headers=st.lists(names, max_size=3), data=st.binary(max_size=99), cut=st.integers(1, 9))
def test_frames_come_back_as_they_were_sent(headers: list[dict[str, str]], data: bytes, cut: int) -> None:
    """However the bytes are cut; the dictionary of the headers is the protocol's."""
    writer, reader = Writer(), Reader()
    sent = b"".join(writer.opened(2 * n + 1, one) for n, one in enumerate(headers))
    sent += writer.data(1, data, fin=True) + writer.reset(3) + writer.ping(7)
    got = [frame for at in range(0, len(sent), cut) for frame in reader.feed(sent[at : at + cut])]
    opened = [Opened(2 * n + 1, one, False) for n, one in enumerate(headers)]
    assert got == [*opened, Data(1, data, True), Reset(3), Ping(0, 7)]
    assert len(DICTIONARY) == 1423


@given(st.binary(min_size=1, max_size=60))
def test_what_is_no_spdy_is_refused_or_passed_over(data: bytes) -> None:
    """Whatever comes, it is frames, the beginning of one, or a ValueError."""
    with contextlib.suppress(ValueError):
        Reader().feed(b"\x80\x03\x00\x01" + data)
