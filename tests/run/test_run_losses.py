"""What goes wrong in the middle of a run: told, and nothing lost (see test_run_trouble)."""

import time
from pathlib import Path

import pytest

from autoscale.analysis import analyse
from autoscale.cluster.apply import delete
from autoscale.cluster.resources import resource_of
from autoscale.verdict.judging import judge
from tests.conftest import eventually
from tests.run.shops import SHORT, Shop, finish, records, seconds_of_load, start

pytestmark = pytest.mark.e2e


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


def test_a_connection_that_stalls_and_does_not_break_leaves_a_gap(shop: Shop, tmp_path: Path) -> None:
    """What was held back is in the record, with a gap that says how long it was, and what is not known by it."""
    run = start(shop, tmp_path, *SHORT)
    eventually(lambda: seconds_of_load(tmp_path) >= 4)
    shop.relay.stall()
    stalled = time.time()
    body = {"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 7}}}}
    path = resource_of("Deployment").path("default", "web")
    shop.cluster.send("PATCH", path, body, content_type="application/merge-patch+json")
    eventually(lambda: time.time() - stalled > 4)
    shop.relay.flow.set()
    code, said = finish(run)
    assert code in (5, 6), said
    (rows,) = records(tmp_path)
    gaps = [row for row in rows if row["k"] == "gap" and row["until"] > stalled + 4]
    assert {"api", "deployments"} & {row["source"] for row in gaps}, rows
    assert all(row["until"] - row["since"] > 2 and row["hides"] for row in gaps)
    assert "not known in them: " in said or code == 6
    assert [row["generation"] for row in rows if row["k"] == "workload" and row["kind"] == "Deployment"][-1] >= 2
    load = [row["seq"] for row in rows if row["k"] == "load"]
    assert load == list(range(len(load)))


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
