"""What the shell offers: asked as bash asks, through the environment."""

from pathlib import Path

import pytest
from click.shell_completion import BashComplete

from autoscale.cli import cli

CONFIG = """
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: {token: secret}}]
contexts: [{name: shop-test, context: {cluster: c, user: u}}, {name: other, context: {cluster: c, user: u}}]
"""


def offered(*arguments: str) -> list[str]:
    *before, last = arguments
    return [item.value for item in BashComplete(cli, {}, "autoscale", "_X").get_completions(before, last)]


def test_scenarios_are_offered_and_files_where_none_begins_so() -> None:
    """Built-in names by their beginning; a path is completed by the shell itself."""
    assert offered("run", "sp") == ["spike"]
    items = BashComplete(cli, {}, "autoscale", "_X").get_completions(["plan"], "my/own")
    assert [(item.value, item.type) for item in items] == [("my/own", "file")]


def test_contexts_are_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the kubeconfig and ``embedded``; one that cannot be read takes nothing else away."""
    (tmp_path / "config").write_text(CONFIG)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    assert offered("run", "--context", "") == ["embedded", "shop-test", "other"]
    assert offered("doctor", "--context", "sh") == ["shop-test"]
    (tmp_path / "config").write_text("{")
    assert offered("clean", "--context", "") == ["embedded"]
