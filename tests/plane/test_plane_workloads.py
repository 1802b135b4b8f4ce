"""StatefulSets, DaemonSets and CronJobs: which pods they make, in which order, and what they say."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscale.base.times import parse_time
from autoscale.embedded.kubelet.node import node_object
from autoscale.embedded.settings import Settings
from autoscale.kube.cron import ScheduleError, parse_schedule
from autoscale.kube.kinds import Object
from autoscale.plane.store import Create, Delete
from tests.plane.world import BLOCK, START, World, container, pods_of, template


def stateful_set(name: str = "db", replicas: int = 3, image: str = "autoscale-app:v1", **spec: Any) -> Object:
    """A StatefulSet of one container."""
    made = template({"app": name}, container(image))
    selector = {"matchLabels": {"app": name}}
    whole = {"replicas": replicas, "serviceName": name, "selector": selector, "template": made, **spec}
    return {"kind": "StatefulSet", "metadata": {"name": name, "namespace": "default"}, "spec": whole}


def daemon_set(image: str = "autoscale-app:v1", **pod: Any) -> Object:
    """A DaemonSet of one container."""
    spec = {
        "selector": {"matchLabels": {"app": "agent"}},
        "template": template({"app": "agent"}, container(image), **pod),
    }
    return {"kind": "DaemonSet", "metadata": {"name": "agent", "namespace": "default"}, "spec": spec}


def cron_job(schedule: str = "*/5 * * * *", **spec: Any) -> Object:
    """A CronJob of one container."""
    pod = template({}, container("autoscale-load:v1"), restartPolicy="Never")
    whole = {"schedule": schedule, "jobTemplate": {"spec": {"template": pod}}, **spec}
    return {"kind": "CronJob", "metadata": {"name": "tick", "namespace": "default"}, "spec": whole}


def names(world: World, **labels: str) -> list[str]:
    """The names of the pods that are not ending."""
    return [pod["metadata"]["name"] for pod in pods_of(world, **labels)]


def test_a_stateful_sets_pods_come_one_after_the_other_and_go_from_the_last() -> None:
    """Each waits until the one before is ready; scaling down ends the highest first, and waits until it has gone."""
    world, seen = World(start_s=2.0, end_s=2.0), []
    world.create(stateful_set())
    world.run(10, every=lambda: seen.append(tuple(names(world, app="db"))))
    assert list(dict.fromkeys(seen)) == [("db-0",), ("db-0", "db-1"), ("db-0", "db-1", "db-2")]
    status = world.get("StatefulSet", "db")["status"]
    assert (status["replicas"], status["readyReplicas"], status["availableReplicas"]) == (3, 3, 3)
    assert status["currentRevision"] == status["updateRevision"]
    world.change("StatefulSet", "db", replicas=1)
    world.run(1)
    assert names(world, app="db") == ["db-0", "db-1"]
    world.run(6)
    assert [pod["metadata"]["name"] for pod in world.all("Pod")] == ["db-0"]
    assert world.events("SuccessfulDelete") == [f"Delete Pod db-{n} in StatefulSet db successful" for n in (2, 1)]


def test_a_pod_of_a_stateful_set_has_a_name_of_its_own_and_comes_back_with_it() -> None:
    """Hostname, subdomain, index and revision are in it; deleted, it is made again under the same name."""
    world = World()
    world.create(stateful_set(replicas=2, podManagementPolicy="Parallel"))
    world.run(1)
    pods = {pod["metadata"]["name"]: pod for pod in world.all("Pod")}
    assert (pods["db-1"]["spec"]["hostname"], pods["db-1"]["spec"]["subdomain"]) == ("db-1", "db")
    labels = pods["db-1"]["metadata"]["labels"]
    assert labels["apps.kubernetes.io/pod-index"] == "1"
    (revision,) = world.all("ControllerRevision")
    assert labels["controller-revision-hash"] == revision["metadata"]["name"]
    world.store.apply(Delete("Pod", "default", "db-0"), world.now)
    world.run(5)
    again = world.get("Pod", "db-0")
    assert again["metadata"]["uid"] != pods["db-0"]["metadata"]["uid"]


def test_a_stateful_set_is_updated_from_the_last_pod_down_to_its_partition() -> None:
    """One pod at a time, the highest first; those below the partition keep the old template, also when made anew."""
    world = World()
    world.create(stateful_set())
    world.run(10)
    newer = template({"app": "db"}, container("autoscale-app:v2"))
    world.change("StatefulSet", "db", template=newer, updateStrategy={"rollingUpdate": {"partition": 1}})
    world.run(12)
    images = {pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"] for pod in world.all("Pod")}
    assert images == {"db-0": "autoscale-app:v1", "db-1": "autoscale-app:v2", "db-2": "autoscale-app:v2"}
    assert [text.split()[2] for text in world.events("SuccessfulDelete")] == ["db-2", "db-1"]
    world.store.apply(Delete("Pod", "default", "db-0"), world.now)
    world.run(5)
    assert world.get("Pod", "db-0")["spec"]["containers"][0]["image"] == "autoscale-app:v1"
    world.change("StatefulSet", "db", updateStrategy={"rollingUpdate": {"partition": 0}})
    world.run(8)
    status = world.get("StatefulSet", "db")["status"]
    assert status["currentRevision"] == status["updateRevision"]
    assert status["updatedReplicas"] == status["currentReplicas"] == 3
    assert [one["revision"] for one in world.all("ControllerRevision")].count(2) == 1


def test_a_broken_pod_stops_an_ordered_stateful_set() -> None:
    """No pod follows one that never gets ready; a scale-down waits as well."""
    world = World()
    world.broken = {"autoscale-app:bad"}
    world.create(stateful_set(image="autoscale-app:bad"))
    world.run(10)
    assert names(world, app="db") == ["db-0"]


def test_a_stateful_set_says_in_upstreams_words_what_a_quota_refuses() -> None:
    """The event names the pod and the API server's reason."""
    world = World()
    quota = {
        "kind": "ResourceQuota",
        "metadata": {"name": "few", "namespace": "default"},
        "spec": {"hard": {"pods": "1"}},
    }
    world.create(quota)
    world.create(stateful_set())
    world.run(5)
    (text,) = world.events("FailedCreate")
    why = "exceeded quota: few, requested: pods=1, used: pods=1, limited: pods=1"
    assert text == f'Create Pod db-1 in StatefulSet db failed error: pods "db-1" is forbidden: {why}'


def test_a_daemon_set_has_one_pod_on_every_node_that_it_selects() -> None:
    """A node that joins gets one, a node that does not match gets none; the status counts them."""
    world = World()
    world.create(daemon_set())
    world.run(3)
    second = node_object(Settings(), BLOCK, world.now, "second")
    world.store.apply(Create(second), world.now)
    world.run(3)
    assert sorted(pod["spec"]["nodeName"] for pod in pods_of(world, app="agent")) == ["embedded", "second"]
    status = world.get("DaemonSet", "agent")["status"]
    assert (status["desiredNumberScheduled"], status["numberReady"], status["numberAvailable"]) == (2, 2, 2)
    chosen = template({"app": "agent"}, container(), nodeSelector={"kubernetes.io/hostname": "second"})
    world.change("DaemonSet", "agent", template=chosen)
    world.run(6)
    assert [pod["spec"]["nodeName"] for pod in pods_of(world, app="agent")] == ["second"]


def test_a_daemon_set_is_updated_one_node_after_the_other() -> None:
    """With one that may be unavailable, there is never more than one node without a ready pod."""
    world, ready = World(), []
    for name in ("second", "third"):
        world.store.apply(Create(node_object(Settings(), BLOCK, world.now, name)), world.now)
    world.create(daemon_set())
    world.run(4)
    world.change("DaemonSet", "agent", template=template({"app": "agent"}, container("autoscale-app:v2")))
    world.run(20, every=lambda: ready.append(world.get("DaemonSet", "agent")["status"]["numberReady"]))
    assert min(ready[1:]) >= 2
    assert {pod["spec"]["containers"][0]["image"] for pod in world.all("Pod")} == {"autoscale-app:v2"}
    assert world.get("DaemonSet", "agent")["status"]["updatedNumberScheduled"] == 3


def test_a_cron_job_makes_a_job_at_each_time_and_keeps_the_last_three() -> None:
    """The Job is named after its minute; those that have ended are cleared away beyond the limit, and told of."""
    world = World()
    world.outcome = lambda pod: 0
    world.create(cron_job("* * * * *"))
    world.run(5 * 60 + 5)
    kept = [job["metadata"]["name"] for job in world.all("Job")]
    minutes = [int(START) // 60 + n for n in (3, 4, 5)]
    assert kept == [f"tick-{minute}" for minute in minutes]
    status = world.get("CronJob", "tick")["status"]
    assert parse_time(status["lastScheduleTime"]) == minutes[-1] * 60
    assert "active" not in status
    assert f"Saw completed job: {kept[0]}, condition: Complete" in world.events("SawCompletedJob")


@pytest.mark.parametrize(("policy", "count"), [("Allow", 3), ("Forbid", 1), ("Replace", 1)])
def test_what_a_cron_job_does_while_a_job_still_runs(policy: str, count: int) -> None:
    """Allow: another beside it; Forbid: none, and it says so; Replace: the new one in its place."""
    world = World()
    world.create(cron_job("* * * * *", concurrencyPolicy=policy))
    world.run(3 * 60 + 5)
    jobs = [job["metadata"]["name"] for job in world.all("Job")]
    first = int(START) // 60 + 1
    assert len(jobs) == count
    assert (f"tick-{first}" in jobs) == (policy != "Replace")
    assert bool(world.events("JobAlreadyActive")) == (policy == "Forbid")
    assert bool(world.events("SuccessfulDelete")) == (policy == "Replace")


def test_a_suspended_cron_job_starts_nothing() -> None:
    """Not at its times, and not afterwards for those that passed before its deadline."""
    world = World()
    world.create(cron_job("* * * * *", suspend=True, startingDeadlineSeconds=10))
    world.run(90)
    assert world.all("Job") == []
    world.change("CronJob", "tick", suspend=False)
    world.run(1)
    assert world.all("Job") == []
    assert len(world.events("MissSchedule")) == 1


@pytest.mark.parametrize(
    ("schedule", "zone", "wanted"),
    [
        ("*/15 * * * *", "UTC", "2027-01-15T08:15:00Z"),
        ("@daily", "UTC", "2027-01-16T00:00:00Z"),
        ("0 9 * * mon-fri", "Europe/Vienna", "2027-01-18T08:00:00Z"),
        ("30 4 1,20 * 3", "UTC", "2027-01-20T04:30:00Z"),
        ("0 0 29 2 *", "UTC", "2028-02-29T00:00:00Z"),
        ("0 0 30 2 *", "UTC", None),
        ("5/20 * * * *", "UTC", "2027-01-15T08:05:00Z"),
    ],
)
def test_when_a_schedule_comes_next(schedule: str, zone: str, wanted: str | None) -> None:
    """From Friday 2027-01-15 08:00 UTC, by the clocks of the zone."""
    found = parse_schedule(schedule).after(START, zone)
    assert found == (parse_time(wanted) if wanted else None)


@pytest.mark.parametrize(
    ("schedule", "why"),
    [
        ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
        ("60 * * * *", "end of range (60) above maximum (59): 60"),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("@never", "unrecognized descriptor: @never"),
        ("x * * * *", 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'),
    ],
)
def test_what_is_no_schedule_is_said(schedule: str, why: str) -> None:
    """In the words of the parser that Kubernetes uses."""
    with pytest.raises(ScheduleError) as caught:
        parse_schedule(schedule)
    assert str(caught.value) == why


@given(st.text("0123456789*/-,? @ay", max_size=14), st.floats(START, START + 1e7))
def test_any_text_is_a_schedule_or_is_refused(text: str, moment: float) -> None:
    """The next time is later, and is the last one up to itself."""
    try:
        schedule = parse_schedule(text)
    except ScheduleError:
        return
    following = schedule.after(moment)
    if following is not None:
        assert following > moment
        assert schedule.last(moment, following) == following


def test_every_namespace_has_a_default_service_account() -> None:
    """A new namespace gets one, a removed one comes back; a namespace that is ending gets none any more."""
    world = World()
    world.create({"kind": "Namespace", "metadata": {"name": "shop"}})
    world.create({"kind": "Namespace", "metadata": {"name": "going", "finalizers": ["example.com/hold"]}})
    world.run(1)
    assert accounts(world) == ["going/default", "shop/default"]
    world.store.apply(Delete("Namespace", "", "going"), world.now)
    for namespace in ("shop", "going"):
        world.store.apply(Delete("ServiceAccount", namespace, "default"), world.now)
    world.run(1)
    assert accounts(world) == ["shop/default"]


def accounts(world: World) -> list[str]:
    """All ServiceAccounts, as ``namespace/name``."""
    return sorted(f"{one['metadata']['namespace']}/{one['metadata']['name']}" for one in world.all("ServiceAccount"))
