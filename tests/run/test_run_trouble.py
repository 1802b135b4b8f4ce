"""What goes wrong before, during and after a run: a clear message, an exit code, nothing left behind, nothing lost.

The cluster is an embedded one, but the run knows it by another name and through a relay: like any cluster that is not
its own, with an API server that can go away.
"""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from relay import Relay, relayed

from autoscale.analysis import analyse
from autoscale.cluster import contexts, lock
from autoscale.cluster.apply import delete, made_by_runs
from autoscale.cluster.client import Cluster, connect
from autoscale.embedded.launch import process
from autoscale.embedded.settings import quick
from autoscale.verdict.judging import judge
from tests.conftest import eventually, need

pytestmark = pytest.mark.e2e
SHORT = ["smoke", "--no-web", "--set", "load.duration=12", "--set", "objectives=[]"]


@dataclass(frozen=True)
class Shop:
    """A cluster of somebody's: reached through a relay, by a kubeconfig, with configuration of its own."""

    cluster: Cluster
    relay: Relay
    kubeconfig: Path

    def left(self) -> list[tuple[str, str, str]]:
        """What runs have left there."""
        return made_by_runs(self.cluster, "default")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The cluster ``shop``, allowed to receive load."""
    need(sys.platform == "linux", "the embedded cluster needs Linux")
    home = tmp_path_factory.mktemp("shop")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(home / "state"))
        patch.setenv("XDG_CONFIG_HOME", str(home / "config"))
        running = process.start("shop", quick(), bound=True)
        try:
            with (
                relayed(running.kubeconfig, home, "shop") as (relay, kubeconfig),
                connect("embedded", running.kubeconfig) as cluster,
            ):
                contexts.allow(contexts.find("shop", kubeconfig))
                yield Shop(cluster, relay, kubeconfig)
        finally:
            running.stop()


def command(shop: Shop, *words: str) -> list[str]:
    """``autoscale WORDS`` for the cluster shop."""
    start = [sys.executable, "-c", "from autoscale.cli import main; main()"]
    return [*start, *words, "--context", "shop", "--kubeconfig", str(shop.kubeconfig)]


def start(shop: Shop, folder: Path, *words: str) -> "subprocess.Popen[str]":
    """``autoscale run`` as a process, without a terminal."""
    line = [*command(shop, "run", *words), "--out", str(folder / "runs")]
    return subprocess.Popen(
        line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder
    )


def finish(run: "subprocess.Popen[str]") -> tuple[int, str]:
    """Its exit code and what it said."""
    said, _ = run.communicate(timeout=240)
    return run.returncode, said


def records(folder: Path) -> list[list[dict[str, Any]]]:
    """The rows of every record, oldest first."""
    files = sorted((folder / "runs").glob("*/record.jsonl"))
    return [[json.loads(line) for line in file.read_text().splitlines() if line] for file in files]


def seconds_of_load(folder: Path) -> int:
    """How many rows of load are recorded so far."""
    return sum(file.read_text().count('"k": "load"') + file.read_text().count('"k":"load"')
               for file in (folder / "runs").glob("*/record.jsonl"))  # fmt: skip


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


def test_an_api_server_that_goes_away_leaves_a_gap_and_loses_no_load(shop: Shop, tmp_path: Path) -> None:
    """The run goes on; the samples' gap is in the record, every second of the load too, and nothing stays."""
    run = start(shop, tmp_path, *SHORT, "--set", "load.duration=20")
    eventually(lambda: seconds_of_load(tmp_path) >= 4)
    shop.relay.cut()
    before = seconds_of_load(tmp_path)
    away = time.time()
    eventually(lambda: time.time() - away > 6)
    assert seconds_of_load(tmp_path) <= before + 1
    shop.relay.mend()
    code, said = finish(run)
    assert code in (5, 6), said
    (rows,) = records(tmp_path)
    assert rows[-1]["reason"] == "done", said
    gaps = [row for row in rows if row["k"] == "gap"]
    assert {"usage", "pods", "deployments", "horizontalpodautoscalers"} <= {row["source"] for row in gaps}
    assert all(row["until"] - row["since"] > 5 for row in gaps)
    load = [row["seq"] for row in rows if row["k"] == "load"]
    assert load == list(range(len(load)))
    totals = rows[-1]["totals"]
    assert totals["planned"] == totals["sent"] + totals["dropped"] == pytest.approx(rows[0]["scenario"]["total"], abs=1)
    assert shop.left() == []


def test_an_api_server_that_is_away_while_the_run_tidies_up_is_waited_for(shop: Shop, tmp_path: Path) -> None:
    """It goes as the removal begins and comes back: everything is removed all the same."""
    run = start(shop, tmp_path, *SHORT, "--set", "load.duration=5")
    assert run.stdout is not None
    for line in run.stdout:
        if "Removing what the run made" in line:
            break
    shop.relay.cut()
    away = time.time()
    eventually(lambda: time.time() - away > 3)
    shop.relay.mend()
    code, said = finish(run)
    assert code in (5, 6), said  # no objectives: unknown
    assert "Not everything" not in said
    assert shop.left() == []


def test_a_lost_worker_is_the_generators_failure_and_no_verdict_on_the_service(shop: Shop, tmp_path: Path) -> None:
    """One of two workers is killed: exit code 4; objectives that broke are unknown, for the load was not the plan's."""
    words = [*SHORT[:-2], "--set", "load.workers=2", "--set", "objectives=[p95 < 1ms, ready >= 7]"]
    run = start(shop, tmp_path, *words, "--set", "load.duration=20")
    eventually(lambda: seconds_of_load(tmp_path) >= 8)
    pods = shop.cluster.list("/api/v1/namespaces/default/pods", labelSelector="job-name=loadtest-worker")["items"]
    assert len(pods) == 2
    assert delete(shop.cluster, "Pod", "default", pods[0]["metadata"]["name"])
    code, said = finish(run)
    assert code == 4, said
    (rows,) = records(tmp_path)
    verdict = judge(analyse(rows))
    assert verdict.outcome in ("unknown", "invalid")
    assert {one.outcome for one in verdict.judgements} <= {"unknown", "invalid"}
    assert shop.left() == []


def test_what_a_crashed_run_left_is_told_and_cleaned(shop: Shop, tmp_path: Path) -> None:
    """A killed run leaves its service; the next is refused with the line that removes it, and that line does so."""
    run = start(shop, tmp_path, *SHORT)
    eventually(lambda: any(kind == "Job" for kind, *_ in shop.left()))
    run.send_signal(signal.SIGKILL)
    finish(run)
    (name,) = (path.name for path in (tmp_path / "runs").iterdir())
    code, said = finish(start(shop, tmp_path, *SHORT))
    assert code == 2, said
    assert f"autoscale clean --context shop -n default --run {name}" in said
    line = command(shop, "clean", "-n", "default", "--run", name)
    clean = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    assert clean.returncode == 0, clean.stderr
    assert "removed Deployment/web" in clean.stdout
    assert (shop.left(), lock.holder(shop.cluster, "default")) == ([], None)


def test_kept_service_serves_repeated_runs(shop: Shop, tmp_path: Path) -> None:
    """``--keep --repeat 2``: two whole records from one deployment, which stays and is free for the next; `clean`
    removes it. A dry run beside what stays says that a run would begin."""
    code, said = finish(start(shop, tmp_path, *SHORT, "--set", "load.duration=5", "--keep", "--repeat", "2"))
    assert code in (5, 6), said  # no objectives: unknown
    first, second = records(tmp_path)
    assert (first[-1]["reason"], second[-1]["reason"]) == ("done", "done"), said
    assert first[0]["run"] != second[0]["run"]
    for rows in (first, second):
        assert rows[-1]["totals"]["planned"] == pytest.approx(rows[0]["scenario"]["total"], abs=1)
    assert ("Deployment", "web", first[0]["run"]) in shop.left()
    lock.refuse_held(shop.cluster, "default")
    left = shop.left()
    code, said = finish(start(shop, tmp_path, *SHORT, "--dry-run"))
    assert code == 0, said
    assert "Job/loadtest-master of an earlier run is over and would be replaced" in said
    assert "Nothing was made" in said
    assert shop.left() == left
    clean = subprocess.run(
        command(shop, "clean"), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
    )
    assert (clean.returncode, shop.left()) == (0, []), clean.stderr
