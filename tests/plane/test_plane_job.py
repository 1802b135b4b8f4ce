"""Jobs under a virtual clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscale.base.times import format_time
from autoscale.hpa.config import Config
from autoscale.kube.kinds import Object
from autoscale.plane.controllers.job import finished_as
from autoscale.plane.controllers.job_pods import INDEX, format_indexes, parse_indexes
from autoscale.plane.loop import Loop
from autoscale.plane.store import Delete, UpdateStatus
from tests.plane.world import World, job


def exits(code: int) -> "type[int] | object":
    """Every pod ends at once with the code."""
    return lambda pod: code


def conditions(world: World) -> dict[str, str]:
    """{type: reason} of the Job load."""
    return {c["type"]: c["reason"] for c in world.get("Job", "load")["status"].get("conditions", [])}


def test_an_indexed_job_runs_every_index_once() -> None:
    """Five completions, two at a time: each index has one pod with its number as variable, label and annotation."""
    world = World()
    born: dict[str, float] = {}
    world.outcome = lambda pod: 0 if world.now - born.setdefault(pod["metadata"]["name"], world.now) >= 2 else None
    world.create(job(completions=5, parallelism=2, completionMode="Indexed"))

    def check() -> None:
        assert sum(p["status"]["phase"] not in ("Succeeded", "Failed") for p in world.all("Pod")) <= 2

    world.run(20, check)
    pods = world.all("Pod")
    assert sorted(p["metadata"]["annotations"][INDEX] for p in pods) == ["0", "1", "2", "3", "4"]
    for pod in pods:
        index = pod["metadata"]["annotations"][INDEX]
        assert pod["metadata"]["name"].startswith(f"load-{index}-")
        assert pod["metadata"]["labels"][INDEX] == index
        assert pod["spec"]["containers"][0]["env"][0]["name"] == "JOB_COMPLETION_INDEX"
        assert pod["metadata"]["finalizers"] == []
    found = world.get("Job", "load")
    assert (found["status"]["succeeded"], found["status"]["completedIndexes"]) == (5, "0-4")
    assert conditions(world) == {"SuccessCriteriaMet": "CompletionsReached", "Complete": "CompletionsReached"}
    assert world.events("Completed") == ["Job completed"]


def test_a_failing_job_stops_at_its_backoff_limit() -> None:
    """With two retries there are three pods, the second 10 s and the third 20 s after a failure."""
    world = World()
    world.outcome = lambda pod: 1
    world.create(job(backoffLimit=2))
    counts = []
    world.run(40, lambda: counts.append(len(world.all("Pod"))))
    assert (counts.index(2), counts.index(3)) == (10, 30)
    assert counts[-1] == 3
    assert world.get("Job", "load")["status"]["failed"] == 3
    assert conditions(world) == {"FailureTarget": "BackoffLimitExceeded", "Failed": "BackoffLimitExceeded"}
    assert world.events("BackoffLimitExceeded") == ["Job has reached the specified backoff limit"]


def test_without_retries_one_failed_worker_ends_the_others() -> None:
    """backoffLimit 0: the first failure deletes what still runs; the Job has failed when that is gone."""
    world = World(end_s=4.0)
    first: list[str] = []

    def outcome(pod: Object) -> int | None:
        first.append(pod["metadata"]["name"])
        return 7 if pod["metadata"]["name"] == first[0] and world.now > world_start + 3 else None

    world_start = world.now
    world.outcome = outcome
    world.create(job(completions=3, parallelism=3, completionMode="Indexed", backoffLimit=0))
    world.run(5)
    assert conditions(world) == {"FailureTarget": "BackoffLimitExceeded"}
    world.run(6)
    assert finished_as(world.get("Job", "load")) == "Failed"
    assert [p["status"]["phase"] for p in world.all("Pod")] == ["Failed"]


def test_a_deleted_pod_counts_as_failed() -> None:
    """It keeps its finalizer until it is counted, so no work is silently done twice."""
    world = World()
    world.create(job(backoffLimit=0))
    world.run(3)
    world.store.apply(Delete("Pod", "default", world.all("Pod")[0]["metadata"]["name"]), world.now)
    world.run(5)
    assert finished_as(world.get("Job", "load")) == "Failed"
    assert world.all("Pod") == []


def test_a_job_over_its_deadline_fails() -> None:
    """activeDeadlineSeconds counts from the Job's start."""
    world = World()
    world.create(job(activeDeadlineSeconds=10))
    world.run(8)
    assert conditions(world) == {}
    world.run(6)
    assert conditions(world)["Failed"] == "DeadlineExceeded"
    assert world.all("Pod") == []


@pytest.mark.parametrize(("ttl", "there"), [(None, True), (5, False), (3600, True)])
def test_a_finished_job_lives_as_long_as_it_may(ttl: int | None, there: bool) -> None:
    """ttlSecondsAfterFinished deletes it and its pods; without one it stays."""
    world = World()
    world.outcome = lambda pod: 0
    world.create(job(ttlSecondsAfterFinished=ttl))
    world.run(12)
    assert bool(world.all("Job")) == there
    assert bool(world.all("Pod")) == there


def test_a_suspended_job_has_no_pods() -> None:
    """It starts when it is resumed."""
    world = World()
    world.create(job(suspend=True))
    world.run(3)
    assert world.all("Pod") == []
    world.change("Job", "load", suspend=False)
    world.run(3)
    assert len(world.all("Pod")) == 1


@pytest.mark.parametrize("change", [{"parallelism": 1}, {"suspend": True}])
def test_pods_that_the_job_itself_takes_away_are_no_failures(change: dict[str, object]) -> None:
    """Fewer at a time, or none for now: with no retries allowed the Job goes on, and ends well later."""
    world = World()
    world.create(job(parallelism=3, completions=3, backoffLimit=0))
    world.run(3)
    world.change("Job", "load", **change)
    world.run(5)
    status = world.get("Job", "load")["status"]
    assert (status.get("failed", 0), len(world.all("Pod"))) == (0, change.get("parallelism", 0))
    assert (status.get("active", 0), status["ready"], status["terminating"]) == (len(world.all("Pod")),) * 2 + (0,)
    world.change("Job", "load", parallelism=3, suspend=False)
    world.outcome = lambda pod: 0
    world.run(5)
    assert finished_as(world.get("Job", "load")) == "Complete"


def test_a_suspended_job_says_so_and_starts_anew_when_it_is_resumed() -> None:
    """Condition and events as upstream; its deadline counts from the resumption, and not while it is suspended."""
    world = World()
    world.create(job(activeDeadlineSeconds=10))
    world.run(5)
    first = world.get("Job", "load")["status"]["startTime"]
    world.change("Job", "load", suspend=True)
    world.run(20)
    assert conditions(world) == {"Suspended": "JobSuspended"}
    world.change("Job", "load", suspend=False)
    world.run(5)
    found = world.get("Job", "load")["status"]
    assert [(c["reason"], c["status"]) for c in found["conditions"]] == [("JobResumed", "False")]
    assert found["startTime"] == format_time(world.now - 5) != first
    assert (world.events("Suspended"), world.events("Resumed")) == (["Job suspended"], ["Job resumed"])
    assert found["active"] == 1
    world.run(10)
    assert conditions(world)["Failed"] == "DeadlineExceeded"


def test_a_pod_deleted_before_it_had_a_node_counts_as_failed_too() -> None:
    """No kubelet ends it; the Job without retries is over. A pending pod that nobody deletes waits on."""
    world = World(cpu="50m")
    world.create(job(backoffLimit=0))
    world.run(3)
    (pod,) = world.all("Pod")
    assert (pod["status"]["phase"], finished_as(world.get("Job", "load"))) == ("Pending", None)
    world.store.apply(Delete("Pod", "default", pod["metadata"]["name"]), world.now)
    world.run(3)
    assert finished_as(world.get("Job", "load")) == "Failed"
    assert world.all("Pod") == []


def test_restarts_in_place_count_with_on_failure() -> None:
    """restartPolicy OnFailure: as many restarts as the backoff limit end the Job; one fewer does not."""
    world = World()
    made = job(backoffLimit=2)
    made["spec"]["template"]["spec"]["restartPolicy"] = "OnFailure"
    world.create(made)
    for restarts, ended in ((1, False), (2, True)):
        world.run(1)
        pod = world.all("Pod")[0]
        statuses = [{**s, "restartCount": restarts} for s in pod["status"]["containerStatuses"]]
        world.store.apply(UpdateStatus({**pod, "status": {**pod["status"], "containerStatuses": statuses}}), world.now)
        Loop(world.store, Config()).run(world.now)
        assert ("FailureTarget" in conditions(world)) == ended


@given(st.sets(st.integers(0, 60)))
def test_indexes_are_written_in_runs_and_read_again(indexes: set[int]) -> None:
    """Reading what was written gives the same indexes."""
    assert parse_indexes(format_indexes(indexes)) == indexes


def test_only_runs_of_three_are_shortened() -> None:
    """As upstream: 0,1 stays, 0-2 is a run."""
    assert format_indexes({0, 1, 3, 4, 5, 7}) == "0,1,3-5,7"
