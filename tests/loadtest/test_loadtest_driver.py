"""The driver as it runs in pods: a master and workers against a small server, all real processes."""

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from loadprocs import Load, fetch, network, plain_scenario, running

from loadtest import histogram
from tests.conftest import eventually

pytestmark = pytest.mark.long


def total(rows: list[dict[str, Any]], key: str) -> int:
    return sum(row[key] for row in rows)


def failures(rows: list[dict[str, Any]]) -> Counter[str]:
    return sum((Counter(row["failed"]) for row in rows), Counter())


def merged(rows: list[dict[str, Any]], key: str) -> histogram.Counts:
    return histogram.merge(histogram.from_json(b) for row in rows for b in row[key].values())


def lag(rows: list[dict[str, Any]]) -> histogram.Counts:
    return histogram.merge(histogram.from_json(row["lag"]) for row in rows)


def test_two_workers_send_exactly_the_plan_and_say_so(tmp_path: Path) -> None:
    """200 arrivals in 5 s over two workers: all answered, spread over the seconds, one start, stages marked, exit codes
    0; Locust's page shows the load to who has its token, and refuses to start anything."""
    with running(tmp_path, plain_scenario(seconds=5), workers=2) as load:
        eventually(lambda: "steady" in load.marks(), "the load to begin")
        load.until_sending()
        assert fetch(load.page)[0] == 200
        assert [fetch(load.page + path, token=other)[0] for path, other in [("/", ""), ("/stop", "other")]] == [
            403,
            403,
        ]
        assert fetch(f"{load.page}/swarm", "POST")[0] == 409
        page = eventually(lambda: seen(load.page, at_least=20), "Locust's page to show the load")
        assert load.codes() == {"master": 0, "worker-0": 0, "worker-1": 0}
        workers = [load.rows(f"worker-{n}", "load") for n in (0, 1)]
        assert (
            [total(rows, "planned") for rows in workers] == [total(rows, "answered") for rows in workers] == [100, 100]
        )
        assert all(10 <= row["planned"] <= 30 for rows in workers for row in rows[:5])
        assert {row["shard"] for row in workers[1]} == {1}
        begin = load.rows("master", "mark")[0]["at"]
        assert all(abs(rows[0]["at"] - begin) < 0.1 for rows in workers)
        assert load.marks() == ["load-start", "steady", "load-end"]
        assert {row["clk"] for row in load.rows("master", "clock")} == {"worker-0", "worker-1"}
        assert [row["seq"] for row in load.rows("master")] == list(range(5))
        assert sum(row["by_pod"]["web-1"]["n"] for rows in workers for row in rows if row["by_pod"]) == 200
        assert histogram.count(merged(workers[0], "response")) == 100
        count = load.count()
        assert (count["requests"], count["host web.shop:8080"]) == (200, 200)
        assert 10 < count["connections"] < 80  # ten are kept, a tenth of the requests closes one
        assert page["stats"][0]["name"] == "probe"


def seen(page: str, at_least: int) -> Any:
    statistics = json.loads(fetch(f"{page}/stats/requests")[1])
    rows = [row for row in statistics["stats"] if row["name"] == "probe"]
    return statistics if rows and rows[0]["num_requests"] >= at_least else None


def test_a_server_that_stalls_does_not_stop_the_arrivals_and_the_wait_is_counted(tmp_path: Path) -> None:
    """The server is frozen for a second or more of 8: every second goes on sending, dozens of responses are late."""
    with running(tmp_path, plain_scenario(seconds=8)) as load:
        load.until_sending()
        load.server.send_signal(signal.SIGSTOP)
        load.until_a_second_later()
        load.server.send_signal(signal.SIGCONT)
        assert load.codes() == {"master": 0, "worker-0": 0}
        rows = load.rows("worker-0", "load")
        assert min(row["planned"] for row in rows[:5]) >= 20  # 40 each, but for what slips into the next second
        assert total(rows, "sent") == total(rows, "answered") == 320
        assert max(row["in_flight"] for row in rows) >= 40
        response = merged(rows, "response")
        late = histogram.count(response) - sum(n for index, n in response.items() if index <= histogram.bucket(0.2))
        assert late >= 40
        assert any(int(age) >= 1 for row in rows for age in row["response"])


def test_a_dropped_request_is_a_failed_request_and_is_not_sent_again(tmp_path: Path) -> None:
    """The server closes every third GET without an answer: it sees each request once, and we count a third failed."""
    with running(tmp_path, plain_scenario("/drop")) as load:
        assert load.codes() == {"master": 0, "worker-0": 0}
        rows = load.rows("worker-0", "load")
        assert total(rows, "sent") == load.count()["requests"] == 120
        assert failures(rows) == {"connection closed": 40}
        assert total(rows, "answered") == 80


def test_a_full_pool_drops_and_counts_and_never_queues(tmp_path: Path) -> None:
    """With four in flight at most and answers after half a second, about eight a second go out and the rest drop."""
    with running(tmp_path, plain_scenario("/wait?ms=500", ("load.max_in_flight=4",))) as load:
        assert load.codes() == {"master": 0, "worker-0": 0}
        rows = load.rows("worker-0", "load")
        assert total(rows, "planned") == 120
        assert total(rows, "dropped") > 80
        assert total(rows, "planned") == total(rows, "sent") + total(rows, "dropped")
        assert total(rows, "sent") == total(rows, "answered") > 8
        assert max(row["in_flight"] for row in rows) <= 4


def test_failures_are_told_apart_by_cause(tmp_path: Path) -> None:
    """An unexpected status and a timeout are failures; a 404 that was expected is an answer."""
    requests = [
        {"name": "unexpected", "path": "/status/503"},
        {"name": "expected", "path": "/status/404", "expect": [404]},
        {"name": "silent", "path": "/hang", "timeout": "500ms"},
    ]
    with running(tmp_path, plain_scenario(sets=(f"requests={json.dumps(requests)}",))) as load:
        assert load.codes() == {"master": 0, "worker-0": 0}
        rows = load.rows("worker-0", "load")
        assert set(failures(rows)) == {"status 503", "timeout"}
        assert min(failures(rows)["status 503"], failures(rows)["timeout"], total(rows, "answered")) >= 20
        assert total(rows, "sent") == total(rows, "answered") + failures(rows).total() == 120


def test_nobody_listening_is_counted_as_refused(tmp_path: Path) -> None:
    """The server is killed before the load: every request is refused and none is lost from the books."""
    with running(tmp_path, plain_scenario(seconds=1)) as load:
        load.server.kill()
        assert load.codes() == {"master": 0, "worker-0": 0}
        assert failures(load.rows("worker-0", "load")) == {"connection refused": 40}


def test_a_killed_worker_is_named_and_the_other_goes_on(tmp_path: Path) -> None:
    """SIGKILL to one of two workers: the other sends its whole share, the master says who was lost and exits 4."""
    with running(tmp_path, plain_scenario(seconds=5), workers=2) as load:
        load.until_sending("worker-1")
        load.processes["worker-1"].kill()
        assert load.codes() == {"master": 4, "worker-0": 0, "worker-1": -signal.SIGKILL}
        assert total(load.rows("worker-0", "load"), "answered") == 100
        lost = [row for row in load.rows("master", "mark") if row["name"] == "worker-lost"]
        assert [row["pod"] for row in lost] == ["worker-1"]
        assert "worker-1 (shard 1) was lost" in load.errors("master")
        assert load.marks()[-1] == "load-end"


def test_a_worker_told_to_end_writes_its_last_rows(tmp_path: Path) -> None:
    """SIGTERM: nothing more is sent, what is in flight is waited for, the sums hold, exit 0; the master exits 4."""
    with running(tmp_path, plain_scenario("/wait?ms=300", seconds=20)) as load:
        load.until_sending()
        load.processes["worker-0"].terminate()
        assert load.codes() == {"master": 4, "worker-0": 0}
        rows = load.rows("worker-0", "load")
        assert total(rows, "sent") == total(rows, "answered") < 400
        assert rows[-1]["in_flight"] == 0
        assert "worker-lost" in load.marks()


def test_a_worker_told_to_end_before_it_has_a_master_leaves_at_once(tmp_path: Path) -> None:
    """SIGTERM while it still looks for the master: exit 0, no rows."""
    load = Load(tmp_path, network(), plain_scenario(), workers=1, deadline_s=60)
    with load.role("worker"):
        pid = load.processes["worker-0"].pid
        caught = eventually(lambda: handled_signals(pid) & 1 << (signal.SIGTERM - 1), "the worker to listen to signals")
        load.processes["worker-0"].terminate()
        assert caught
        assert load.codes() == {"worker-0": 0}
        assert load.rows("worker-0") == []


def handled_signals(pid: int) -> int:
    """The signals a process has handlers for, as a mask."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(r"SigCgt:\s+(\w+)", status)[0], 16)


def test_stop_on_the_page_ends_the_load_cleanly(tmp_path: Path) -> None:
    """POST /stop: everyone writes what they have and exits 0, and the load is marked as interrupted."""
    with running(tmp_path, plain_scenario("/wait?ms=300", seconds=30), workers=2) as load:
        load.until_sending("worker-0")
        load.until_sending("worker-1")
        assert fetch(f"{load.page}/stop", "POST")[0] == 200
        assert load.codes() == {"master": 0, "worker-0": 0, "worker-1": 0}
        rows = load.rows("worker-0", "load") + load.rows("worker-1", "load")
        assert total(rows, "sent") == total(rows, "answered") < 1200
        assert load.marks()[-2:] == ["interrupted", "load-end"]


def test_a_master_told_to_end_stops_the_load(tmp_path: Path) -> None:
    """SIGTERM to the master is the same as Stop on its page."""
    with running(tmp_path, plain_scenario(seconds=30)) as load:
        load.until_sending()
        load.processes["master"].terminate()
        assert load.codes() == {"master": 0, "worker-0": 0}
        assert load.marks()[-2:] == ["interrupted", "load-end"]


def test_a_worker_whose_master_died_finishes_its_plan(tmp_path: Path) -> None:
    """SIGKILL to the master: the worker's rows are complete all the same."""
    with running(tmp_path, plain_scenario(seconds=4)) as load:
        load.until_sending()
        load.processes["master"].kill()
        # On a busy machine the last answers belong to a fifth second.
        eventually(lambda: total(load.rows("worker-0", "load"), "answered") == 160, "rows of all 160 answers")


def test_workers_that_do_not_come_are_named(tmp_path: Path) -> None:
    """Two wanted, one there: the master says so after the deadline and exits 4; nothing was sent."""
    with running(tmp_path, plain_scenario(), workers=2, came=1, deadline_s=4) as load:
        assert load.codes()["master"] == 4
        assert "1 of 2 load workers came within 4 s; missing: 1" in load.errors("master")
        assert load.marks() == ["generator-failed"]
        assert load.rows("worker-0") == []


def test_a_slow_server_makes_users_late_and_the_lateness_is_counted(tmp_path: Path) -> None:
    """Answers after 500 ms to users who would ask every 250 ms: half is sent, half is dropped, responses grow."""
    sets = ("load.model=closed", "load.pacing=250ms", "load.shape.rate=4")
    with running(tmp_path, plain_scenario("/wait?ms=500", sets)) as load:
        assert load.codes() == {"master": 0, "worker-0": 0}
        rows = load.rows("worker-0", "load")
        assert total(rows, "planned") == 48
        assert total(rows, "sent") <= 28
        assert total(rows, "planned") == total(rows, "sent") + total(rows, "dropped")
        assert (histogram.quantile(merged(rows, "response"), 1.0) or 0) > 1.0
        assert (histogram.quantile(merged(rows, "service"), 0.5) or 0) < 1.0
        assert (histogram.quantile(lag(rows), 0.5) or 0) < 0.1  # they wait for the service, not for the generator


def test_a_worker_that_stands_still_has_lag_in_the_closed_model_too(tmp_path: Path) -> None:
    """One of two workers is frozen for a second or more: its users' requests were ready and left late."""
    sets = ("load.model=closed", "load.pacing=250ms", "load.shape.rate=8")
    with running(tmp_path, plain_scenario(sets=sets, seconds=8), workers=2) as load:
        load.until_sending("worker-0")
        load.processes["worker-0"].send_signal(signal.SIGSTOP)
        load.until_a_second_later("worker-1")
        load.processes["worker-0"].send_signal(signal.SIGCONT)
        assert load.codes()["worker-0"] == 0
        assert (histogram.quantile(lag(load.rows("worker-0", "load")), 1.0) or 0) > 0.5


def test_bad_settings_are_named_all_at_once() -> None:
    """Every missing or wrong variable in one message, exit 2, no traceback."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LOADTEST_", "POD_"))}
    wrong = {"LOADTEST_SCENARIO": "{", "LOADTEST_URL": "web", "LOADTEST_WORKERS": "none"}
    done = subprocess.run(
        [sys.executable, "-m", "loadtest.driver", "worker"], env=environment | wrong, capture_output=True, text=True
    )
    assert done.returncode == 2
    for name in (*wrong, "POD_NAME", "POD_IP", "JOB_COMPLETION_INDEX", "LOADTEST_MASTER_SERVICE_HOST"):
        assert name in done.stderr
    assert "Traceback" not in done.stderr
