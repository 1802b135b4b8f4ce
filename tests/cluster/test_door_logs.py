"""Following a log across broken streams."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fake_api import FakeApi, serving

from autoscale.cluster.client import connect
from autoscale.cluster.logs import Line, LogFollower, split_stamp
from autoscale.cluster.watch import Lost
from tests.conftest import eventually


@contextmanager
def following(kubeconfig: Path, container: str | None = None) -> Iterator[tuple[list[Line | Lost], threading.Thread]]:
    """A running follower of the pod ``a``; what it says, and its thread."""
    with connect("fake", kubeconfig) as cluster:
        follower = LogFollower(cluster, "shop", "a", container, silence_s=5.0)
        collected: list[Line | Lost] = []

        def work() -> None:
            for item in follower.lines():
                collected.append(item)  # noqa: PERF402 - one by one, as they come

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield collected, thread
        finally:
            follower.cancel()
            thread.join(10)
            assert not thread.is_alive()


def texts(said: list[Line | Lost]) -> list[str]:
    """The lines' texts."""
    return [item.text for item in said if isinstance(item, Line)]


def pod_with_log(api: FakeApi, *lines: tuple[str, str]) -> None:
    """A running pod ``a`` with these lines in its log."""
    api.put("a")
    for stamp, text in lines:
        api.log(stamp, text)


def test_a_broken_stream_repeats_and_loses_no_line(tmp_path: Path) -> None:
    """Lines of the same second are sent again after a break (sinceTime has whole seconds) and come out once."""
    with serving(tmp_path) as (api, kubeconfig, _):
        pod_with_log(api, ("2026-11-23T06:00:01.1Z", "one"), ("2026-11-23T06:00:01.9Z", "two"))
        with following(kubeconfig) as (said, _thread):
            eventually(lambda: texts(said) == ["one", "two"])
            api.set_fault("drop")
            eventually(lambda: api.count("log") >= 3)
            api.log("2026-11-23T06:00:01.95Z", "three")
            api.log("2026-11-23T06:00:02Z", "four")
            api.set_fault("")
            eventually(lambda: len(said) >= 4)
    assert texts(said) == ["one", "two", "three", "four"]


def test_a_clock_that_is_set_back_loses_no_line(tmp_path: Path) -> None:
    """While the stream lasts every line of it is new, though the node dates it before those that came."""
    with serving(tmp_path) as (api, kubeconfig, _):
        pod_with_log(api, ("2026-11-23T06:00:01Z", "one"), ("2026-11-23T06:00:02Z", "two"))
        with following(kubeconfig) as (said, _thread):
            eventually(lambda: len(said) == 2)
            api.log("2026-11-23T05:00:03Z", "three")
            api.log("2026-11-23T05:00:04Z", "four")
            eventually(lambda: len(said) == 4)
    assert texts(said) == ["one", "two", "three", "four"]


def test_equal_stamps_are_told_apart_by_their_text(tmp_path: Path) -> None:
    """Two lines of the very same nanosecond both come, and neither comes again after a break."""
    with serving(tmp_path) as (api, kubeconfig, _):
        pod_with_log(api, ("2026-11-23T06:00:01.5Z", "one"), ("2026-11-23T06:00:01.5Z", "two"))
        with following(kubeconfig) as (said, _thread):
            eventually(lambda: len(said) == 2)
            api.set_fault("drop")
            eventually(lambda: api.count("log") >= 3)
    assert texts(said) == ["one", "two"]


def test_the_follower_ends_with_its_container(tmp_path: Path) -> None:
    """When the stream ends and the pod has ended, the rest of the log is read and the follower is done."""
    with serving(tmp_path) as (api, kubeconfig, _):
        pod_with_log(api, ("2026-11-23T06:00:01Z", "one"))
        with following(kubeconfig) as (said, thread):
            eventually(lambda: len(said) == 1)
            api.put("a", "Succeeded")
            with api.changed:
                api.log_open = False
                api.logs.append(("2026-11-23T06:00:02Z", "last"))
                api.changed.notify_all()
            eventually(lambda: not thread.is_alive())
    assert texts(said) == ["one", "last"]
    assert [item for item in said if isinstance(item, Lost)] == []


def test_an_injected_container_hides_no_line(tmp_path: Path) -> None:
    """Of a pod of two containers the log is asked for by name, and it ends when that container has, though the other
    goes on."""
    with serving(tmp_path) as (api, kubeconfig, _):
        pod_with_log(api, ("2026-11-23T06:00:01Z", "one"))
        goes_on, ended = {"running": {}}, {"terminated": {"exitCode": 0}}
        containers = [{"name": "worker", "state": goes_on}, {"name": "sidecar", "state": goes_on}]
        api.pods["a"]["status"]["containerStatuses"] = containers
        with following(kubeconfig, "worker") as (said, thread):
            eventually(lambda: texts(said) == ["one"])
            containers[1]["state"] = ended  # somebody else's end is none
            with api.changed:
                api.log_open = False
                api.changed.notify_all()
            eventually(lambda: api.count("log") >= 3)
            assert thread.is_alive()
            containers[1]["state"], containers[0]["state"] = goes_on, ended
            eventually(lambda: not thread.is_alive())
    assert [item for item in said if isinstance(item, Lost)] == []


def test_a_pod_that_vanishes_is_said(tmp_path: Path) -> None:
    """A pod that is removed while its log streams leaves a gap that says so."""
    with serving(tmp_path) as (api, kubeconfig, _):
        pod_with_log(api, ("2026-11-23T06:00:01Z", "one"))
        with following(kubeconfig) as (said, thread):
            eventually(lambda: len(said) == 1)
            api.drop("a")
            api.log_open = False
            eventually(lambda: not thread.is_alive())
    assert [item.cause for item in said if isinstance(item, Lost)] == ["the pod was removed before its log was read"]


def test_stamps_are_read_to_the_nanosecond() -> None:
    """Trailing zeros of a fraction are left out by Kubernetes: .5 is 500,000,000 ns, not 5; other zones are moved."""
    assert split_stamp(b"1970-01-01T00:00:01.5Z x y") == (1_500_000_000, b"x y")
    assert split_stamp(b"1970-01-01T01:00:00.000000001+01:00 x") == (1, b"x")
    assert split_stamp(b"no stamp") == (None, b"no stamp")
