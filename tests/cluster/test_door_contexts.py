"""Which clusters there are, and which may receive load."""

import base64
import json
import socket
import ssl
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml

from autoscale.base.errors import ClusterError, InputError
from autoscale.cluster import contexts
from autoscale.cluster.client import connect
from autoscale.cluster.contexts import guard
from autoscale.cluster.kubeconfig import Context, contexts_of, read
from autoscale.embedded.launch import certs

SHOP = Context("shop", "https://192.0.2.1:6443", "aa", "default")


@pytest.fixture(autouse=True)
def _own_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An allow-list of the test's own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def test_an_unknown_cluster_is_refused_without_a_terminal() -> None:
    """Without a terminal there is nobody to ask: the error names the command that allows."""
    with pytest.raises(InputError, match="never allowed") as caught:
        guard(SHOP, 1, None)
    assert "autoscale contexts allow shop" in caught.value.fix


def test_the_embedded_cluster_needs_no_allowance() -> None:
    """It is ours: it passes without a list and without a question."""
    guard(Context("embedded", "https://127.0.0.1:1", "", "default"), None, None)


def test_allowed_is_the_cluster_not_its_name() -> None:
    """A renamed context of an allowed cluster passes; another cluster (address or CA) of the same name does not."""
    contexts.allow(SHOP)
    guard(SHOP, 1, None)
    guard(Context("renamed", SHOP.server, SHOP.ca, "default"), 1, None)
    for other in (Context("shop", SHOP.server, "bb", "d"), Context("shop", "https://192.0.2.2:6443", SHOP.ca, "d")):
        with pytest.raises(InputError):
            guard(other, 1, None)


def test_the_name_typed_at_a_terminal_lets_a_run_begin() -> None:
    """Typing the context's name is enough once; typing `y` is not."""
    guard(SHOP, 1, lambda _: "shop")
    with pytest.raises(InputError):
        guard(SHOP, 1, lambda _: "y")
    assert not contexts.is_allowed(SHOP)


@pytest.mark.parametrize(
    ("name", "nodes", "asks"),
    [
        ("shop-prod", 1, True),
        ("production", 1, True),
        ("product-team", 1, False),
        ("shop", 21, True),
        ("shop", 20, False),
    ],
)
def test_production_and_large_clusters_ask_again(name: str, nodes: int, asks: bool) -> None:
    """An allowed cluster that looks like production, or has many nodes, asks all the same; its near miss does not."""
    context = Context(name, SHOP.server, SHOP.ca, "default")
    contexts.allow(context)
    asked: list[str] = []
    guard(context, nodes, lambda prompt: asked.append(prompt) or name)  # type: ignore[func-returns-value]
    assert bool(asked) is asks


def test_revoked_is_refused_again() -> None:
    """What was taken off the list is refused; taking it off twice says that it was not there."""
    contexts.allow(SHOP)
    assert contexts.revoke("shop")
    assert not contexts.is_allowed(SHOP)
    assert not contexts.revoke("shop")


def test_a_cluster_that_is_no_more_goes_by_its_address() -> None:
    """What was allowed at that address goes, whatever it was called; another cluster of the same name stays."""
    other = Context("shop", "https://192.0.2.2:6443", "bb", "default")
    for context in (SHOP, Context("old", SHOP.server, "cc", "default"), other):
        contexts.allow(context)
    assert contexts.revoke_server(SHOP.server)
    assert contexts.allowed() == [{"name": "shop", "server": other.server, "ca": "bb"}]
    assert not contexts.revoke_server(SHOP.server)


def test_a_broken_list_is_one_readable_error() -> None:
    """A list that is no JSON is an error that names the file: refusing silently would look like never allowed."""
    contexts.allow(SHOP)
    contexts.allow_file().write_text("{")
    with pytest.raises(InputError, match=r"contexts\.json"):
        contexts.is_allowed(SHOP)


def test_contexts_of_several_files(tmp_path: Path) -> None:
    """Files joined as in $KUBECONFIG: the first definition of a name counts; CA files are found beside their file."""
    for number, folder in enumerate(("one", "two")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "ca.pem").write_text(f"ca {number}")
        cluster = {"server": f"https://192.0.2.{number}:6443/", "certificate-authority": "ca.pem"}
        config = {
            "clusters": [{"name": "c" + folder, "cluster": cluster}],
            "contexts": [
                {"name": "both", "context": {"cluster": "c" + folder}},
                {"name": folder, "context": {"cluster": "c" + folder, "namespace": "shop"}},
            ],
        }
        (tmp_path / folder / "config").write_text(yaml.safe_dump(config))
    found = {c.name: c for c in contexts_of(read(f"{tmp_path}/one/config:{tmp_path}/two/config:{tmp_path}/none"))}
    assert set(found) == {"both", "one", "two"}
    assert found["both"].identity == found["one"].identity != found["two"].identity
    assert (found["two"].namespace, found["both"].namespace) == ("shop", "default")
    assert found["one"].server == "https://192.0.2.0:6443"


@pytest.mark.parametrize("text", [":", "- a", "clusters: {x: 1}", "users: text", "\x00"])
def test_a_broken_kubeconfig_is_one_readable_error(tmp_path: Path, text: str) -> None:
    """What is no kubeconfig ends as an InputError, never as a traceback."""
    file = tmp_path / "kubeconfig"
    file.write_text(text)
    with pytest.raises(InputError):
        read(str(file))
    with pytest.raises(InputError, match="no kubeconfig"):
        read(str(tmp_path / "absent"))


VERSION = "client.authentication.k8s.io/v1"
CONFIG: dict[str, Any] = {
    "clusters": [{"name": "cl", "cluster": {"server": "https://127.0.0.1:6443"}}],
    "users": [{"name": "u", "user": {}}],
    "contexts": [{"name": "c1", "context": {"cluster": "cl", "user": "u"}}],
}


def written(folder: Path, **changes: Any) -> str:
    """A kubeconfig of one context c1, with changes."""
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump({**CONFIG, **changes}))
    return str(file)


@pytest.mark.parametrize(
    "changes",
    [
        {"contexts": [*CONFIG["contexts"], None]},
        {"contexts": [{"context": {"cluster": "cl"}}, *CONFIG["contexts"]]},
        {"contexts": [*CONFIG["contexts"], {"name": 1234, "context": {}}]},
        {"contexts": [*CONFIG["contexts"], {"name": "other", "context": {"cluster": "gone"}}]},
        {"clusters": [*CONFIG["clusters"], {"name": "x", "cluster": {"certificate-authority": "none.pem"}}]},
        {"clusters": [*CONFIG["clusters"], {"name": "x", "cluster": "text"}]},
        {"users": [*CONFIG["users"], {"name": "x", "user": {"tokenFile": "none"}}]},
        {"users": None, "contexts": [{"name": "c1", "context": {"cluster": "cl"}}]},
    ],
)
def test_what_is_broken_elsewhere_does_not_spoil_the_context(tmp_path: Path, changes: dict[str, Any]) -> None:
    """Only what the chosen context names has to be right, as for kubectl."""
    with connect("c1", written(tmp_path, **changes)) as cluster:
        assert cluster.server == "https://127.0.0.1:6443"


@pytest.mark.parametrize(
    ("cluster", "user", "place"),
    [
        ({"server": "https://127.0.0.1:6443", "certificate-authority": "none.pem"}, {}, "certificate-authority"),
        ({"server": "127.0.0.1"}, {}, "server"),
        ({}, {}, "server"),
        ({"server": "https://somebody:secret@127.0.0.1:6443"}, {}, "server"),
        ({"server": "https://127.0.0.1:6443", "proxy-url": "socks5://127.0.0.1:9"}, {}, "proxy-url"),
        ({"server": "https://127.0.0.1:6443", "proxy-url": "http://a b:9"}, {}, "proxy-url: found no address"),
        ({"server": "https://127.0.0.1:6443", "proxy-url": "http://127.0.0.1:9:9"}, {}, "proxy-url: found no address"),
        ({"server": "https://127.0.0.1:x"}, {}, "server: found no address"),
        ({"server": "https://a b:1"}, {}, "server: found no address"),
        ({"server": "https://127.0.0.1:6443"}, {"tokenFile": "none"}, "tokenFile"),
        ({"server": "https://127.0.0.1:6443"}, {"tokenFile": "two-lines"}, "tokenFile"),
        ({"server": "https://127.0.0.1:6443"}, {"token": "secret", "as": "admin"}, "user: as"),
        ({"server": "https://127.0.0.1:6443"}, {"auth-provider": {"config": {"id": "secret"}}}, "user: auth-provider"),
    ],
)
def test_what_is_broken_in_the_context_itself_is_named(
    tmp_path: Path, cluster: dict[str, str], user: dict[str, str], place: str
) -> None:
    """By its place, before anything is sent, and without a word of what could be secret."""
    (tmp_path / "two-lines").write_text("secret\nsecret")
    path = written(tmp_path, clusters=[{"name": "cl", "cluster": cluster}], users=[{"name": "u", "user": user}])
    with pytest.raises(InputError) as refused:
        connect("c1", path)
    assert f"context c1: {place}" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_token_file_is_read_as_kubectl_reads_it(tmp_path: Path) -> None:
    """Beside its kubeconfig, without the line end, and in no message."""
    (tmp_path / "token").write_text("secret\n")
    with connect("c1", written(tmp_path, users=[{"name": "u", "user": {"tokenFile": "token"}}])) as cluster:
        assert cluster._token() == {"authorization": "Bearer secret"}


def test_a_token_that_is_none_is_not_printed(tmp_path: Path) -> None:
    """A line break in it would be refused by the HTTP library, which shows what it refuses."""
    path = written(tmp_path, users=[{"name": "u", "user": {"token": "sec\nret"}}])
    with connect("c1", path) as cluster, pytest.raises(InputError) as refused:
        cluster.get("/version")
    assert "c1" in str(refused.value)
    assert "sec" not in str(refused.value).replace("second", "")


def test_a_broken_file_is_not_quoted(tmp_path: Path) -> None:
    """PyYAML's errors hold the line, and the line may hold a token."""
    (tmp_path / "kubeconfig").write_text("users:\n- {name: u, user: {token: secret]}\n")
    with pytest.raises(InputError, match="line 2") as refused:
        read(str(tmp_path / "kubeconfig"))
    assert "secret" not in str(refused.value)


def test_a_proxy_of_the_kubeconfig_is_used(tmp_path: Path) -> None:
    """Also to this machine, where a proxy of the environment is not; an error names it, without its password."""
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        url = f"http://user:secret@127.0.0.1:{proxy.getsockname()[1]}"
        cluster = {"server": "https://127.0.0.1:1", "proxy-url": url}
        path = written(tmp_path, clusters=[{"name": "cl", "cluster": cluster}])

        def answer() -> None:
            connection, _ = proxy.accept()
            with connection:
                asked.append(connection.recv(1000))
                connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")

        asked: list[bytes] = []
        thread = threading.Thread(target=answer)
        thread.start()
        with connect("c1", path) as opened, pytest.raises(ClusterError) as refused:
            opened.get("/version")
        thread.join()
    assert asked[0].startswith(b"CONNECT 127.0.0.1:1 ")
    assert f"through the proxy {url.replace('user:secret@', '')}, " in str(refused.value)


def test_an_unknown_context_gets_a_suggestion(tmp_path: Path) -> None:
    """The closest one there is, the embedded cluster among them; all of them where none is close."""
    path = written(tmp_path)
    with pytest.raises(InputError, match="did you mean embedded"):
        connect("embeded", path)
    with pytest.raises(InputError, match=r"contexts there: c1"):
        connect("zzz", path)


@pytest.mark.parametrize(("command", "answer"), [("false", None), ("./plugin", "Bearer of-the-plugin")])
def test_a_plugin_that_gives_no_credentials_is_named(tmp_path: Path, command: str, answer: str | None) -> None:
    """The client library would go on without any; one that gives a token, beside its kubeconfig, is used."""
    status = {"apiVersion": VERSION, "kind": "ExecCredential", "status": {"token": "of-the-plugin"}}
    (tmp_path / "plugin").write_text(f"#!/bin/sh\necho '{json.dumps(status)}'\n")
    (tmp_path / "plugin").chmod(0o755)
    plugin = {"apiVersion": VERSION, "command": command, "interactiveMode": "Never"}
    path = written(tmp_path, users=[{"name": "u", "user": {"exec": plugin}}])
    if answer is None:
        with pytest.raises(InputError, match="the plugin false of context c1 gave no credentials"):
            connect("c1", path)
        return
    with connect("c1", path) as cluster:
        assert cluster._token() == {"authorization": answer}


def test_no_file_of_a_key_is_there_while_a_context_is_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is killed leaves none: a client's certificate and key are used from memory alone."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    crt, key = certs.self_signed("both sides")
    (tmp_path / "crt").write_bytes(crt)
    (tmp_path / "key").write_bytes(key)
    encoded = {name: base64.b64encode(data).decode() for name, data in (("crt", crt), ("key", key))}
    context = certs.server_context(tmp_path / "crt", tmp_path / "key")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(tmp_path / "crt")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        cluster = {
            "server": f"https://127.0.0.1:{listener.getsockname()[1]}",
            "certificate-authority-data": encoded["crt"],
        }
        user = {"client-certificate-data": encoded["crt"], "client-key-data": encoded["key"]}
        path = written(tmp_path, clusters=[{"name": "cl", "cluster": cluster}], users=[{"name": "u", "user": user}])

        def answer() -> None:
            connection, _ = listener.accept()
            with context.wrap_socket(connection, server_side=True) as secure:
                shown.append(secure.getpeercert(binary_form=True) or b"")
                secure.recv(10_000)
                secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

        shown: list[bytes] = []
        thread = threading.Thread(target=answer)
        thread.start()
        with connect("c1", path), connect("c1", path) as opened:  # a second one in the same process, too
            left = list((tmp_path / "tmp").rglob("*"))
            found = opened.get("/version")
        thread.join()
    assert (left, found, shown) == ([], {}, [ssl.PEM_cert_to_DER_cert(crt.decode())])
