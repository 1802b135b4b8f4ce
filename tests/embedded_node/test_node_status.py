"""Phase, conditions and container statuses of a pod, and the counting of probes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscale.base.times import format_time
from autoscale.embedded.kubelet.probes import Count
from autoscale.embedded.kubelet.pulling import Backoff
from autoscale.kube.kinds import Object
from autoscale.plane.podstatus import ContainerState, Placement, phase, pod_status, running, terminated, waiting
from tests.plane.world import START, container

PLACE = Placement("127.99.128.1", "127.99.0.1", START)


def state(kind: str) -> ContainerState:
    """A container in one of the usual states."""
    ended = {"ok": 0, "bad": 1}
    if kind in ended:
        return ContainerState("web", terminated(ended[kind], "x", START, START, "i"), container_id="i", final=True)
    if kind == "back-off":
        return ContainerState("web", waiting("CrashLoopBackOff"), terminated(1, "Error", START, START, "i"))
    if kind == "run":
        return ContainerState("web", running(START), {}, True, True, 0, "i")
    return ContainerState("web")


@pytest.mark.parametrize(
    ("policy", "kinds", "ending", "wanted"),
    [
        ("Always", ["new"], False, "Pending"),
        ("Always", ["run"], False, "Running"),
        ("Always", ["run", "new"], False, "Pending"),
        ("Always", ["back-off"], False, "Running"),
        ("Always", ["bad"], False, "Running"),
        ("Always", ["ok"], True, "Succeeded"),
        ("Always", ["bad", "ok"], True, "Failed"),
        ("Never", ["ok"], False, "Succeeded"),
        ("Never", ["ok", "bad"], False, "Failed"),
        ("Never", ["ok", "run"], False, "Running"),
        ("OnFailure", ["bad"], False, "Running"),
        ("OnFailure", ["ok"], False, "Succeeded"),
    ],
)
def test_the_phase_follows_policy_and_containers(policy: str, kinds: list[str], ending: bool, wanted: str) -> None:
    """As the kubelet's getPhase has it."""
    assert phase(policy, [], [state(kind) for kind in kinds], ending=ending) == wanted


@pytest.mark.parametrize(
    ("init", "policy", "wanted"),
    [
        ("new", "Always", "Pending"),
        ("ok", "Always", "Running"),
        ("bad", "Never", "Failed"),
        ("run", "Never", "Pending"),
    ],
)
def test_init_containers_come_first(init: str, policy: str, wanted: str) -> None:
    """Until they have all ended well the pod is Pending; a failed one may fail it."""
    assert phase(policy, [state(init)], [state("run")], ending=False) == wanted


def test_conditions_keep_the_time_of_their_last_change() -> None:
    """A status written again later moves no transition time; a change moves its own."""
    pod: Object = {"metadata": {"name": "p", "generation": 1}, "spec": {"containers": [container()]}, "status": {}}
    first = pod_status(pod, [], [state("run")], PLACE, START)
    again = pod_status({**pod, "status": first}, [], [state("run")], PLACE, START + 60)
    assert again == first
    unready = ContainerState("web", running(START), {}, False, True, 0, "i")
    changed = pod_status({**pod, "status": first}, [], [unready], PLACE, START + 60)
    times = {c["type"]: c["lastTransitionTime"] for c in changed["conditions"]}
    assert times["Ready"] == format_time(START + 60)
    assert times["Initialized"] == format_time(START)
    ready = next(c for c in changed["conditions"] if c["type"] == "Ready")
    assert ready["message"] == "containers with unready status: [web]"
    back = pod_status({**pod, "status": changed}, [], [state("run")], PLACE, START + 90)
    assert "message" not in next(c for c in back["conditions"] if c["type"] == "Ready")


def results(count: Count, outcomes: str, failures: int = 3, successes: int = 1) -> list[bool | None]:
    """What the count amounts to after each outcome (``+`` or ``-``)."""
    found = []
    for outcome in outcomes:
        count = count.add(outcome == "+", failures, successes)
        found.append(count.result)
    return found


def test_a_probe_changes_its_mind_at_the_threshold() -> None:
    """Three failures in a row, not two with a success between."""
    assert results(Count(True), "--+--") == [True] * 5
    assert results(Count(True), "---") == [True, True, False]
    assert results(Count(False), "+-+", successes=2) == [False] * 3
    assert results(Count(False), "++", successes=2) == [False, True]
    assert results(Count(None), "--+") == [None, None, True]


@given(st.text("+-", min_size=1), st.integers(1, 5), st.integers(1, 5))
def test_a_result_rests_on_a_full_run(outcomes: str, failures: int, successes: int) -> None:
    """Whenever the result changes, the last outcomes were all alike for the whole threshold."""
    before: bool | None = None
    for end, result in enumerate(results(Count(None), outcomes, failures, successes), start=1):
        if result != before:
            needed = successes if result else failures
            assert outcomes[:end].endswith(("+" if result else "-") * needed)
        before = result


def test_the_back_off_doubles_up_to_its_most() -> None:
    """At once, then 10 s, 20 s, ... 300 s; a long run resets it."""
    backoff = Backoff(10, 300)
    assert [backoff.next() for _ in range(8)] == [0, 10, 20, 40, 80, 160, 300, 300]
    backoff.reset()
    assert backoff.next() == 0
