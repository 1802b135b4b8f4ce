"""What a run leaves: what it made goes even where the API server is away, what was killed is told, what is kept serves
the next (see test_run_trouble)."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

from autoscale.cluster import lock
from tests.conftest import eventually
from tests.run.shops import SHORT, Shop, command, finish, records, start

pytestmark = pytest.mark.e2e


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
