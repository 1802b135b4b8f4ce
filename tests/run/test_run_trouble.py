"""What goes wrong before, during and after a run: a clear message, an exit code, nothing left behind, nothing lost.

The cluster is an embedded one, but the run knows it by another name and through a relay: like any cluster that is not
its own, with an API server that can go away.
"""

import subprocess
from pathlib import Path

import pytest

from autoscale.cluster import contexts, lock
from tests.run.shops import SHORT, Shop, command, finish, records, start

pytestmark = pytest.mark.e2e


def test_a_cluster_that_was_not_allowed_is_refused(shop: Shop, tmp_path: Path) -> None:
    """Without allowance and without a terminal: exit code 2, the command that allows, and nothing made."""
    allowed = contexts.find("shop", shop.kubeconfig)
    contexts.revoke("shop")
    try:
        code, said = finish(start(shop, tmp_path, *SHORT))
    finally:
        contexts.allow(allowed)
    assert (code, shop.left()) == (2, []), said
    assert "autoscale contexts allow shop" in said
    assert records(tmp_path) == []


def test_what_looks_like_production_asks_again(shop: Shop, tmp_path: Path) -> None:
    """An allowed cluster whose context is called production is refused where nobody can answer."""
    text = shop.kubeconfig.read_text().replace("name: shop", "name: shop-production")
    (tmp_path / "config").write_text(text)
    line = [*command(shop, "run", *SHORT)[:-4], "--context", "shop-production", "--kubeconfig", f"{tmp_path}/config"]
    done = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert (done.returncode, shop.left()) == (2, [])
    assert "looks like production" in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "wanted"),
    [
        (["--set", "limits.pods=3"], 2, "spec.maxReplicas"),
        (["--set", "limits.rate=10"], 2, "limits.rate"),
        (["--set", "limits.duration=5"], 2, "limits.duration"),
        (["--target", "deployment/none", "--url", "http://none:80", "-n", "default"], 2, "there is no deployment/none"),
        (["--target", "deployment/none", "--url", "http://none:80", "-n", "absent"], 2, "there is no deployment/none"),
        (["-n", "absent"], 3, "kubectl create namespace"),
    ],
)
def test_a_run_that_cannot_be_is_refused_before_any_load(
    shop: Shop, tmp_path: Path, words: list[str], code: int, wanted: str
) -> None:
    """A limit that would be exceeded, a target or a namespace that is not there: told, and nothing is left."""
    found, said = finish(start(shop, tmp_path, *SHORT, *words))
    assert found == code, said
    assert wanted in said
    assert "Traceback" not in said
    assert (shop.left(), lock.holder(shop.cluster, "default"), records(tmp_path)) == ([], None, [])


def test_an_image_that_cannot_be_pulled_ends_the_run(shop: Shop, tmp_path: Path) -> None:
    """The error names pod and image, long before a deadline; exit code 3; no load was sent; nothing is left."""
    scenario = tmp_path / "image.yaml"
    scenario.write_text(
        "name: image\nload: {plan: [{name: only, duration: 5s, rate: 1}]}\nrequests: [{name: work, path: /}]\n"
        "patches: [{kind: Deployment, name: web, patch: {spec: {template: {spec: "
        "{containers: [{name: web, image: 'nobodys/web:9'}]}}}}}]\n"
    )
    code, said = finish(start(shop, tmp_path, str(scenario), "--no-web"))
    assert code == 3, said
    assert "nobodys/web:9" in said
    (rows,) = records(tmp_path)
    assert rows[-1]["reason"] == "failed"
    assert not [row for row in rows if row["k"] == "load"]
    assert shop.left() == []


def test_a_held_namespace_is_left_alone(shop: Shop, tmp_path: Path) -> None:
    """While a run lives, a second one, a dry run and a general `clean` are refused by name: its objects stay
    untouched."""
    with lock.held(shop.cluster, "default", "first"):
        code, said = finish(start(shop, tmp_path, *SHORT))
        assert (code, "another run (first" in said) == (2, True), said
        clean = subprocess.run(command(shop, "clean"), stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert (clean.returncode, "another run (first" in clean.stderr) == (2, True), clean.stderr
        code, said = finish(start(shop, tmp_path, *SHORT, "--dry-run"))
        assert (code, "another run (first" in said) == (2, True), said
        assert [name for _, name, _ in shop.left()] == [lock.NAME]
