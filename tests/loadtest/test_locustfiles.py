"""Load by people's own Locust files, through real masters and workers."""

import json
import textwrap
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from autoscale.base.errors import InputError
from autoscale.cli import plan
from autoscale.run import prepare
from autoscale.run.options import RunOptions
from loadtest import lines, locustfile, scenario
from loadtest.errors import ScenarioError
from loadtest.histogram import bucket
from tests.conftest import eventually
from tests.loadtest.loadprocs import fetch, running

pytestmark = pytest.mark.long
# The quickstart of Locust's documentation (docs.locust.io, version 2.47), unchanged.
QUICKSTART = """
import time
from locust import HttpUser, task, between

class QuickstartUser(HttpUser):
    wait_time = between(1, 5)

    @task
    def hello_world(self):
        self.client.get("/hello")
        self.client.get("/world")

    @task(3)
    def view_items(self):
        for item_id in range(10):
            self.client.get(f"/item?id={item_id}", name="/item")
            time.sleep(1)

    def on_start(self):
        self.client.post("/login", json={"username":"foo", "password":"bar"})
"""


def plain(folder: Path, text: str, **load: Any) -> dict[str, Any]:
    """A scenario with this locustfile, resolved, with its files."""
    (folder / "file.py").write_text(textwrap.dedent(text))
    data = {"name": "own", "load": {"locustfile": "file.py", **load}}
    resolved = scenario.resolve(scenario.parse(data, "own.yaml", folder))
    return {**resolved.model_dump(), "files": resolved.files}


def constant(rate: float, duration: float) -> dict[str, Any]:
    """A shape."""
    return {"kind": "constant", "rate": rate, "duration": duration}


def sums(rows: list[dict[str, Any]], part: str) -> dict[str, Counter[str]]:
    """Of each name: answered, dropped, and failures by cause."""
    found: dict[str, Counter[str]] = {}
    for row in rows:
        for name, share in row.get(part, {}).items():
            found.setdefault(name, Counter()).update(answered=share["answered"], dropped=share["dropped"])
            found[name].update(share["failed"])
    return found


def test_the_quickstart_of_locusts_documentation(tmp_path: Path) -> None:
    """Unchanged, with two users: every request is a row's, by its name."""
    with running(tmp_path, plain(tmp_path, QUICKSTART, model="closed", shape=constant(2, 6), stop_timeout=0)) as load:
        assert load.codes() == {"master": 0, "worker-0": 0}, load.errors("worker-0")
        rows = load.rows("worker-0", "load")
        names = sums(rows, "by_name")
        assert names["/login"]["answered"] == 2
        # what was on its way when its user was ended the server has seen, and Locust does not report
        assert 2 < sum(row["sent"] for row in rows) == sum(row["answered"] for row in rows) <= load.count()["requests"]
        assert load.marks()[0] == "load-start"
        assert load.marks()[-1] == "load-end"


ONCE = """
    import time
    from locust import HttpUser, task

    class Once(HttpUser):
        @task
        def go(self):
            for _ in range(6):
                self.client.get("/ok", name="fine")
            for _ in range(4):
                self.client.get("/status/503", name="broken")
            time.sleep(600)
"""


def test_locusts_own_page_shows_the_same_figures(tmp_path: Path) -> None:
    """Of each name and cause what the rows say: the file's requests are in Locust's statistics once."""
    with running(tmp_path, plain(tmp_path, ONCE, model="closed", shape=constant(1, 600))) as load:
        load.until_sending()
        wanted = {"fine": (6, 0), "broken": (4, 4)}
        page = eventually(lambda: shown(load.page, wanted), "Locust's page to show all of them")
        assert [(one["name"], one["error"], one["occurrences"]) for one in page["errors"]] == [
            ("broken", "status 503", 4)
        ]
        names = sums(load.rows("worker-0", "load"), "by_name")
        assert names == {
            "fine": {"answered": 6, "dropped": 0},
            "broken": {"answered": 0, "dropped": 0, "status 503": 4},
        }


def shown(page: str, wanted: dict[str, tuple[int, int]]) -> dict[str, Any] | None:
    """Locust's statistics, once these are the requests and failures of each name."""
    told: dict[str, Any] = json.loads(fetch(f"{page}/stats/requests")[1])
    rows = [one for one in told["stats"] if one["name"] != "Aggregated"]
    return told if {one["name"]: (one["num_requests"], one["num_failures"]) for one in rows} == wanted else None


SHOP = """
    import csv
    from pathlib import Path

    from locust import HttpUser, SequentialTaskSet, User, constant, events, tag, task

    import prices  # a module beside it

    @events.init_command_line_parser.add_listener
    def arguments(parser):
        parser.add_argument("--coupon", env_var="LOCUST_COUPON", default="none")

    class Checkout(SequentialTaskSet):
        @task
        def cart(self):
            self.client.get("/ok", name="cart")

        @task
        def pay(self):
            coupon = self.user.environment.parsed_options.coupon
            with self.client.get("/status/503", name=f"pay {coupon}", catch_response=True) as answer:
                answer.failure(prices.WORDS) if answer.status_code == 503 else answer.success()

    class Shopper(HttpUser):
        wait_time = constant(0)
        tasks = [Checkout]

        def on_start(self):
            self.client.get("/ok", name="login")

    class Admin(User):
        def on_start(self):
            self.rows = list(csv.reader(Path("data/names.csv").open()))

        @task
        def report(self):
            with self.environment.events.request.measure("GRPC", self.rows[0][0]):
                pass

        @tag("slow")
        @task(1000)
        def never(self):
            raise AssertionError("it is excluded")

    class Unwanted(HttpUser):
        @task
        def never(self):
            raise AssertionError("it is not named")
"""


def test_journeys_arrive_at_their_times_on_warm_users(tmp_path: Path) -> None:
    """Open model: the plan's number of journeys, by weight; what warms up is not counted; a sequence is one journey,
    which fails where a request of it does; modules, data, arguments, tags and users are as Locust has them."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/names.csv").write_text("Pay,1")
    (tmp_path / "prices.py").write_text("WORDS = 'too dear'")
    wanted = plain(
        tmp_path,
        SHOP,
        shape=constant(20, 3),
        users={"Shopper": 3, "Admin": 1},
        exclude_tags=["slow"],
        pool=8,
        env={"LOCUST_COUPON": "ten"},
        workers=2,
    )
    with running(tmp_path, wanted, 2) as load:
        assert set(load.codes().values()) == {0}, load.errors("worker-0") + load.errors("master")
        rows = load.rows("worker-0", "load") + load.rows("worker-1", "load")
        journeys, names = sums(rows, "journeys"), sums(rows, "by_name")
        assert names["cart"]["answered"] + names["Pay"]["answered"] + sum(row["dropped"] for row in rows) == 60
        assert names.keys() == {"cart", "pay ten", "Pay"}
        assert 0 < names["pay ten"]["too dear"] == journeys["Checkout"]["too dear"] <= names["cart"]["answered"]
        assert names["Pay"]["answered"] == journeys["report"]["answered"] > 0
        assert all(row["by_pod"].keys() <= {"web-1"} for row in rows)
        assert any(row["by_pod"] for row in rows)
        assert all(row["planned"] == row["sent"] + row["dropped"] for row in rows)


def test_what_a_locustfile_prints_does_not_get_between_the_rows(tmp_path: Path) -> None:
    """Lines without an end too: it stands among the messages, and each line of the output is a row."""
    text = QUICKSTART.replace("def on_start(self):", 'def on_start(self):\n        print("I am", end=" ")')
    text = text.replace('self.client.get("/hello")', 'print("here")\n        self.client.get("/hello")')
    with running(tmp_path, plain(tmp_path, text, model="closed", shape=constant(1, 2), stop_timeout=0)) as load:
        assert load.codes() == {"master": 0, "worker-0": 0}, load.errors("worker-0")
        assert load.rows("worker-0", "load")


BUSY = """
    import time
    from locust import HttpUser, task

    class Slow(HttpUser):
        @task
        def wait(self):
            self.client.get("/ok")
            time.sleep(1)
"""


def test_a_journey_that_finds_no_user_is_dropped_and_counted(tmp_path: Path) -> None:
    """One user whose journeys take a second, forty arrivals: what did not begin was dropped, none waits in secret."""
    with running(tmp_path, plain(tmp_path, BUSY, shape=constant(20, 2), pool=1)) as load:
        assert load.codes() == {"master": 0, "worker-0": 0}, load.errors("worker-0")
        rows = load.rows("worker-0", "load")
        journeys = sums(rows, "journeys")
        begun = sum(row["sent"] for row in rows)
        assert journeys["wait"]["dropped"] == sum(row["dropped"] for row in rows) == 40 - begun
        assert begun < 10


PACED = """
    import time
    from locust import FastHttpUser, constant, constant_pacing, constant_throughput, tag, task

    class Paced(FastHttpUser):
        wait_time = WAIT

        @tag("kept")
        @task
        def slow(self):
            time.sleep(0.2)
            self.client.get("/ok", name="first")
            self.client.get("/ok", name="second")

        @task(1000)
        def never(self):
            raise AssertionError("it has no tag")
"""


@pytest.mark.parametrize(
    ("wait", "intended"),
    [
        ("constant_pacing(0.1)", True),
        ("constant_throughput(10)", True),
        ("constant(0)", False),
    ],
)
def test_where_users_are_paced_latency_counts_from_when_the_task_was_to_begin(
    tmp_path: Path, wait: str, intended: bool
) -> None:
    """Tasks of 0.2 s that were to begin every 0.1 s: each but a user's first begins 0.1 s late, which its first request
    shows, and its second does not. Without a pace all latency is from the sending. Only the tagged task runs."""
    text = PACED.replace("WAIT", wait)
    wanted = plain(tmp_path, text, model="closed", shape=constant(1, 3), stop_timeout=0, tags=["kept"])
    with running(tmp_path, wanted) as load:
        assert load.codes() == {"master": 0, "worker-0": 0}, load.errors("worker-0")
        rows = load.rows("worker-0", "load")
    names = sums(rows, "by_name")
    assert names.keys() == {"first", "second"}
    whole, first = responses(rows), responses([row["by_name"]["first"] for row in rows if "first" in row["by_name"]])
    service: Counter[int] = sum((buckets_of(row["service"]) for row in rows), Counter())
    assert (whole == service) is not intended
    if intended:
        late = sum(n for index, n in first.items() if index >= bucket(0.05))
        assert late >= 2 / 3 * names["first"]["answered"]  # a busy machine may begin some anew


def responses(parts: list[dict[str, Any]]) -> Counter[int]:
    """The response times of rows, or of parts of them, by bucket."""
    return sum((buckets_of(part["response"]) for part in parts), Counter())


def buckets_of(ages: dict[str, dict[str, int]]) -> Counter[int]:
    """Of all ages."""
    found: Counter[int] = Counter()
    for buckets in ages.values():
        found.update({int(index): n for index, n in buckets.items()})
    return found


UNTOLD = """
    from locust import FastHttpUser, HttpUser, constant, task

    class Shopper(USER):
        wait_time = constant(0.01)

        @task
        def go(self):
            for _ in range(3):
                self.client.get("/drop", name="plain")
            self.client.get("/ok", name="without", catch_response=True)
            with self.client.get("/ok", name="told", catch_response=True) as answer:
                answer.success()
            with self.client.get("/ok", name="raises", catch_response=True):
                raise ValueError("a bug in the locustfile")
"""


@pytest.mark.parametrize("user", ["FastHttpUser", "HttpUser"])
def test_what_locusts_clients_send_and_do_not_report_is_counted(tmp_path: Path, user: str) -> None:
    """FastHttpUser's client sends again what was not answered; an exception in a ``with`` block, or ``catch_response``
    without one, leaves the outcome unsaid. With these, all that the server has had is accounted for."""
    wanted = plain(tmp_path, UNTOLD.replace("(USER)", f"({user})"), model="closed", shape=constant(1, 3))
    with running(tmp_path, wanted) as load:
        assert load.codes() == {"master": 0, "worker-0": 0}, load.errors("worker-0")
        rows = load.rows("worker-0", "load")
        unseen: Counter[str] = sum((Counter(row.get("unseen", {})) for row in rows), Counter())
        assert sum(row["sent"] for row in rows) + unseen.total() == load.count()["requests"]
    assert unseen.keys() <= {lines.UNTOLD, lines.AGAIN}
    assert unseen[lines.UNTOLD] > 0
    assert (unseen[lines.AGAIN] > 0) == (user == "FastHttpUser")
    assert sums(rows, "by_name").keys() == {"plain", "told"}


TROUBLE = """
    import os, sys, time
    from locust import HttpUser, task

    class Troubled(HttpUser):
        def on_start(self):
            if os.environ["TROUBLE"] == "on_start":
                raise ValueError("no account")

        @task
        def go(self):
            self.client.get("/ok")
            if os.environ["TROUBLE"] == "quit":
                self.environment.runner.quit()
            if os.environ["TROUBLE"] == "exit":
                sys.exit(3)
            if os.environ["TROUBLE"] == "block":
                end = time.perf_counter() + 0.2
                while time.perf_counter() < end:
                    pass
"""


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("quit", "The locustfile ended the load after"),
        ("exit", "The locustfile ended the process (SystemExit: 3)"),
    ],
)
def test_a_locustfile_that_ends_the_load_leaves_what_was_counted(tmp_path: Path, trouble: str, words: str) -> None:
    """The worker is told as lost, with the cause; its rows so far are there."""
    wanted = plain(tmp_path, TROUBLE, shape=constant(5, 600), pool=2, env={"TROUBLE": trouble})
    with running(tmp_path, wanted) as load:
        assert load.codes() == {"master": 4, "worker-0": 0 if trouble == "quit" else 4}
        assert words in load.errors("worker-0")
        assert "worker-lost" in load.marks()
        assert sum(row["sent"] for row in load.rows("worker-0", "load")) > 0


def test_users_that_cannot_start_are_said_before_any_load(tmp_path: Path) -> None:
    """All of the pool raise in on_start: no load begins, and the reason is theirs."""
    wanted = plain(tmp_path, TROUBLE, shape=constant(5, 600), pool=2, env={"TROUBLE": "on_start"})
    with running(tmp_path, wanted) as load:
        eventually(lambda: "generator-failed" in load.marks(), "the master to give up")
        (mark,) = load.rows("master", "mark")
        assert mark["reason"] == ("no user of the locustfile is left: Troubled.on_start raised ValueError: no account")
        assert load.count().get("requests", 0) == 0


def test_what_blocks_the_event_loop_is_seen_as_lag(tmp_path: Path) -> None:
    """A task that computes for 0.2 s holds all up that long: over a tenth of what was due came later than 50 ms."""
    wanted = plain(tmp_path, TROUBLE, model="closed", shape=constant(1, 2), env={"TROUBLE": "block"}, stop_timeout=0)
    with running(tmp_path, wanted) as load:
        # On a machine with other work its heartbeats may stay away until the master takes it for lost; it goes on.
        assert load.codes()["worker-0"] == 0, load.errors("worker-0")
        lag: Counter[int] = Counter()
        for row in load.rows("worker-0", "load"):
            lag.update({int(index): n for index, n in row["lag"].items()})
        late = sum(n for index, n in lag.items() if index > bucket(0.05))
        assert late > 0.1 * lag.total()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import nothing_like_this\n", "line 1: ModuleNotFoundError: No module named 'nothing_like_this'"),
        ("x = 1\n", "no user class"),
        ("import sys\nsys.exit(3)\n", "ends the process"),
        ("def x(:\n", "SyntaxError"),
        ("from locust import HttpUser\nclass A(HttpUser): pass\n", "the user class A without a task"),
    ],
)
def test_a_locustfile_that_cannot_be_used_is_refused_before_any_load(tmp_path: Path, text: str, found: str) -> None:
    """With its line, where there is one."""
    (tmp_path / "file.py").write_text(text)
    wanted = {"users": None, "tags": None, "exclude_tags": None, "requirements": [], "env": {}}
    with pytest.raises(ScenarioError) as error:
        locustfile.inspect(tmp_path / "file.py", wanted, "own.yaml: load.locustfile")
    assert found in str(error.value)


def test_packages_that_are_missing_are_named_before_the_file_is_imported(tmp_path: Path) -> None:
    """With how they come into the load image; versions and extras may stand behind a name."""
    (tmp_path / "file.py").write_text("import nothing_like_this\n")
    wanted = {"users": None, "tags": None, "exclude_tags": None, "env": {}}
    names = ["locust>=2", "nothing-like-this[all]==1.0"]
    with pytest.raises(ScenarioError) as error:
        locustfile.inspect(tmp_path / "file.py", {**wanted, "requirements": names}, "own.yaml: load.locustfile")
    assert "found nothing-like-this[all]==1.0" in str(error.value)
    assert "make images REQUIREMENTS='nothing-like-this[all]==1.0'" in str(error.value)


@pytest.mark.parametrize(
    ("text", "users", "found"),
    [
        ("import nothing_like_this\n", None, "No module named 'nothing_like_this'"),
        ("x = 1\n", None, "no user class"),
        (BUSY, {"Slwo": 1}, "Did you mean Slow?"),
    ],
)
def test_run_and_plan_refuse_it_also_where_a_plan_is_given(
    tmp_path: Path, text: str, users: dict[str, int] | None, found: str
) -> None:
    """Before a cluster is touched."""
    (tmp_path / "file.py").write_text(textwrap.dedent(text))
    load = {"locustfile": "file.py", "shape": constant(1, 9), **({"users": users} if users else {})}
    path = tmp_path / "own.yaml"
    path.write_text(json.dumps({"name": "own", "load": load}))
    for refusing in (lambda: prepare.resolve(RunOptions(scenario=path)), lambda: plan.resolve(str(path), ())):
        with pytest.raises(InputError) as error:
            refusing()
        assert found in str(error.value)
        assert "own.yaml: load.locustfile" in str(error.value)


def test_a_shape_that_cannot_be_drawn_does_not_matter_beside_a_plan(tmp_path: Path) -> None:
    """Without a plan the same file is refused."""
    shape = """
        from locust import HttpUser, LoadTestShape, task

        class A(HttpUser):
            @task
            def go(self): ...

        class Live(LoadTestShape):
            def tick(self):
                return (self.runner.user_count + 1, 1)
    """
    assert plain(tmp_path, shape, shape=constant(1, 9))["journeys"] == [[0, 1], [9, 1]]
    with pytest.raises(ScenarioError, match="a LoadTestShape that cannot be drawn before the run"):
        plain(tmp_path, shape)


def test_a_shape_of_the_file_is_the_plan_where_the_scenario_has_none(tmp_path: Path) -> None:
    """Asked second by second of an imagined clock, with its spawn rate: ten users at five a second, then none."""
    shape = """
        from locust import HttpUser, LoadTestShape, task

        class A(HttpUser):
            @task
            def go(self): ...

        class Steps(LoadTestShape):
            def tick(self):
                return (10, 5) if self.get_run_time() < 30 else None
    """
    wanted = plain(tmp_path, shape)
    assert wanted["model"] == "closed"
    assert wanted["users"] == [[0, 5], [1, 5], [1, 10], [30, 10]]
    assert wanted["duration_s"] == 30


BY_CLASS = """
    from locust import HttpUser, LoadTestShape, constant, task

    class Early(HttpUser):
        wait_time = constant(0.1)

        @task
        def go(self):
            self.client.get("/ok", name=type(self).__name__)

    class Late(Early): ...

    class Steps(LoadTestShape):
        def tick(self):
            if self.get_run_time() >= 600:
                return None
            return (2, 9, [Early]) if self.get_run_time() < 2 else (4, 9, [Late])
"""


def test_a_shape_of_the_file_may_say_which_classes(tmp_path: Path) -> None:
    """Who is added is of the classes that it names then, as Locust has it."""
    wanted = plain(tmp_path, BY_CLASS, stop_timeout=0)
    assert wanted["users"] == [[0, 2], [2, 2], [2, 4], [600, 4]]
    with running(tmp_path, wanted) as load:
        names = eventually(lambda: late(load.rows("worker-0", "load")), "users of the other class")
    assert names.keys() == {"Early", "Late"}


def late(rows: list[dict[str, Any]]) -> dict[str, Counter[str]] | None:
    """What was asked for by name, once users of the later class did."""
    found = sums(rows, "by_name")
    return found if "Late" in found else None


def test_a_shape_of_the_file_may_ask_how_many_users_run(tmp_path: Path) -> None:
    """Before the run these are as many as it has asked for."""
    shape = """
        from locust import HttpUser, LoadTestShape, task

        class A(HttpUser):
            @task
            def go(self): ...

        class Wait(LoadTestShape):
            reached = 0

            def tick(self):
                self.reached += self.get_current_user_count() == 10
                return (10, 5) if self.reached < 5 else None
    """
    assert plain(tmp_path, shape)["users"] == [[0, 5], [1, 5], [1, 10], [6, 10]]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"load": {"locustfile": "fil.py"}}, "Did you mean file.py?"),
        ({"load": {"locustfile": "file.py", "shape": constant(1, 9)}, "requests": [{}]}, "said once"),
        ({"load": {"users": {"A": 1}, "shape": constant(1, 9)}}, "`locustfile`, where there is `users`"),
        ({"load": {"locustfile": "file.py"}}, "nothing that says how many users when"),
    ],
)
def test_what_does_not_fit_together_is_refused(tmp_path: Path, data: dict[str, Any], words: str) -> None:
    """A scenario of a locustfile says what is sent once, and how much."""
    (tmp_path / "file.py").write_text(textwrap.dedent(BUSY))
    with pytest.raises(ScenarioError) as error:
        scenario.parse({"name": "own", **data}, "own.yaml", tmp_path)
    assert words in str(error.value)
