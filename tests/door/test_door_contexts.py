"""Which clusters may receive load."""

from pathlib import Path

import pytest
import yaml

from autoscale.base.errors import InputError
from autoscale.cluster import contexts
from autoscale.cluster.contexts import Context, guard

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
    found = {c.name: c for c in contexts.read_contexts(f"{tmp_path}/one/config:{tmp_path}/two/config:{tmp_path}/none")}
    assert set(found) == {"both", "one", "two"}
    assert found["both"].identity == found["one"].identity != found["two"].identity
    assert (found["two"].namespace, found["both"].namespace) == ("shop", "default")
    assert found["one"].server == "https://192.0.2.0:6443"


@pytest.mark.parametrize("text", [":", "- a", "", "clusters: [{name: x, cluster: {certificate-authority: none.pem}}]"])
def test_a_broken_kubeconfig_is_one_readable_error(tmp_path: Path, text: str) -> None:
    """What is no kubeconfig ends as an InputError, never as a traceback."""
    file = tmp_path / "config"
    file.write_text(text)
    with pytest.raises(InputError):
        contexts.read_contexts(str(file))
    with pytest.raises(InputError, match="no kubeconfig"):
        contexts.read_contexts(str(tmp_path / "absent"))
