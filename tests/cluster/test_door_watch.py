"""The list+watch loop against an API server with faults."""

import queue
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from fake_api import FakeApi, serving

from autoscale.base.errors import ClusterError
from autoscale.base.steady import SteadyClock
from autoscale.cluster import metrics
from autoscale.cluster.client import connect
from autoscale.cluster.resources import resource_of
from autoscale.cluster.watch import Change, Lost, Watch
from autoscale.observe.fold import Samples
from autoscale.observe.sources import Inbox, sampling
from tests.conftest import eventually


class Heard:
    """What a watch has said so far."""

    def __init__(self) -> None:
        self.all: list[Change | Lost] = []
        self.error: ClusterError | None = None

    def names(self, *types: str) -> list[str]:
        """Names of the pods of changes of these types."""
        return [c.object["metadata"]["name"] for c in self.all if isinstance(c, Change) and c.type in types]

    def lost(self) -> list[Lost]:
        """The gaps."""
        return [item for item in self.all if isinstance(item, Lost)]


@contextmanager
def watching(kubeconfig: Path, silence_s: float = 2.0, patience_s: float = 30.0) -> Iterator[Heard]:
    """A running watch of pods in the namespace shop; ended, and its thread joined, on leaving."""
    heard = Heard()
    with connect("fake", kubeconfig) as cluster:
        watch = Watch(cluster, resource_of("Pod"), "shop", silence_s=silence_s, patience_s=patience_s)

        def work() -> None:
            try:
                for item in watch.changes():
                    heard.all.append(item)
            except ClusterError as error:
                heard.error = error

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield heard
        finally:
            watch.cancel()
            thread.join(10)
            assert not thread.is_alive()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[FakeApi, Path, int]]:
    """A fake API server with one pod."""
    with serving(tmp_path) as (api, kubeconfig, port):
        api.put("a")
        yield api, kubeconfig, port


def test_list_then_changes(served: tuple[FakeApi, Path, int]) -> None:
    """What is there comes as LISTED, then every change in order, from one list and one watch."""
    api, kubeconfig, _ = served
    with watching(kubeconfig, 10.0) as heard:
        eventually(lambda: api.count("watch") == 1)
        api.put("b")
        api.put("a", "Failed")
        api.drop("b")
        eventually(lambda: heard.names("DELETED") == ["b"])
    assert heard.names("LISTED") == ["a"]
    assert (heard.names("ADDED"), heard.names("MODIFIED")) == (["b"], ["a"])
    assert api.count("list") == 1
    assert heard.lost() == []


def test_a_dropped_stream_loses_nothing(served: tuple[FakeApi, Path, int]) -> None:
    """After a break in the middle of a line the watch goes on from the last version: no list, no gap, no event lost."""
    api, kubeconfig, _ = served
    with watching(kubeconfig, 10.0) as heard:
        eventually(lambda: api.count("watch") == 1)
        api.set_fault("drop")
        api.put("b")
        eventually(lambda: api.count("watch") >= 3)
        api.set_fault("")
        eventually(lambda: heard.names("ADDED") == ["b"])
    assert api.count("list") == 1
    assert heard.lost() == []


def test_half_a_surrogate_pair_is_no_broken_line(served: tuple[FakeApi, Path, int]) -> None:
    """A message that was cut between the halves of an emoji is JSON, in a list and in a change."""
    api, kubeconfig, _ = served
    api.put("a", "Cut \ud83d")
    with watching(kubeconfig, 10.0) as heard:
        eventually(lambda: api.count("watch") == 1)
        api.put("b", "Cut \ud83d")
        eventually(lambda: heard.names("ADDED") == ["b"])
    assert heard.names("LISTED") == ["a"]
    assert (api.count("list"), heard.lost()) == (1, [])


@pytest.mark.parametrize("fault", ["http-410", "event-410"])
def test_expired_history_is_listed_anew_and_counted(served: tuple[FakeApi, Path, int], fault: str) -> None:
    """After 410, as status or as event, a new list tells what vanished (GONE) and what is new, and a gap says so."""
    api, kubeconfig, _ = served
    with watching(kubeconfig, 10.0) as heard:
        eventually(lambda: api.count("watch") == 1)
        api.set_fault("drop")
        eventually(lambda: api.count("watch") >= 2)
        api.drop("a")
        api.put("b")
        api.forget()
        api.set_fault(fault)
        eventually(lambda: api.count("list") >= 2)
        api.set_fault("")
        eventually(lambda: heard.names("ADDED") == ["b"] and heard.names("GONE") == ["a"])
        eventually(lambda: bool(heard.lost()))
    gap = heard.lost()[0]
    assert gap.source == "pods"
    assert gap.since <= gap.until


def test_a_server_that_always_says_410_is_not_hammered(served: tuple[FakeApi, Path, int]) -> None:
    """Lists that are followed by 410 again and again come ever more slowly: a list is no progress."""
    api, kubeconfig, _ = served
    api.set_fault("http-410")
    with watching(kubeconfig) as heard:
        eventually(lambda: len(heard.lost()) >= 4)
        pauses = [b.until - a.until for a, b in pairwise(heard.lost()[:4])]
    assert all(pause >= least for pause, least in zip(pauses, (0.4, 0.8, 1.6), strict=True))


def test_a_half_open_connection_is_noticed(served: tuple[FakeApi, Path, int], late: float) -> None:
    """A server that accepts the watch and then says nothing is left after the silence allowed; events arrive, and that
    they are late is told."""
    api, kubeconfig, _ = served
    with watching(kubeconfig, 1.0) as heard:
        eventually(lambda: api.count("watch") == 1)
        api.set_fault("silent")
        api.put("b")
        eventually(lambda: api.count("watch") >= 2)
        api.set_fault("")
        eventually(lambda: heard.names("ADDED") == ["b"])
    spans = [gap.until - gap.since for gap in heard.lost()]
    # On a busy machine the watch that comes after may be late as well.
    assert any(span > 1.0 for span in spans)
    assert all(span > late for span in spans)


def test_forbidden_names_what_is_missing(served: tuple[FakeApi, Path, int]) -> None:
    """A first list that is forbidden ends the watch with an error that names verb, resource and rule."""
    api, kubeconfig, _ = served
    api.set_fault("403")
    with watching(kubeconfig) as heard:
        eventually(lambda: heard.error is not None)
    assert 'resources: ["pods"], verbs: [get, list, watch]' in str(heard.error)


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> float:
    """How long a break may last, in seconds, until it is told: here less than a test can wait for."""
    monkeypatch.setattr("autoscale.cluster.watch.LATE_S", 0.05)
    return 0.05


def test_a_server_that_is_busy_at_first_is_asked_again(served: tuple[FakeApi, Path, int]) -> None:
    """503 to the first list ends nothing: the list comes later, and a gap says from when to when nothing was heard."""
    api, kubeconfig, _ = served
    api.set_fault("503")
    with watching(kubeconfig) as heard:
        eventually(lambda: api.count("list") >= 2)
        api.set_fault("")
        eventually(lambda: heard.names("LISTED") == ["a"] and bool(heard.lost()))
    assert heard.error is None
    assert "starting" in heard.lost()[0].cause


def test_a_server_that_comes_back_is_found_again(tmp_path: Path, late: float) -> None:
    """While the server is away the watch tries on; afterwards it hears what happened meanwhile, late, and says so."""
    with serving(tmp_path) as (api, kubeconfig, port):
        api.put("a")
        running = watching(kubeconfig)
        heard = running.__enter__()
        eventually(lambda: api.count("watch") == 1)
    api.put("b")
    try:
        with serving(tmp_path, port, api):
            eventually(lambda: heard.names("ADDED") == ["b"])
    finally:
        running.__exit__(None, None, None)
    assert heard.lost()[0].until - heard.lost()[0].since > late
    assert heard.all.index(heard.lost()[0]) < [isinstance(item, Change) for item in heard.all].index(True, 1)


def test_an_outage_at_the_end_is_a_gap(tmp_path: Path) -> None:
    """A watch that is cancelled while the server is away says since when it heard nothing."""
    with serving(tmp_path) as (api, kubeconfig, port):
        api.put("a")
        running = watching(kubeconfig)
        heard = running.__enter__()
        eventually(lambda: api.count("watch") == 1)
    with socket.create_server(("127.0.0.1", port)) as away:
        away.settimeout(90)
        for _ in range(2):  # whoever knocks a second time has found nobody at home the first time
            away.accept()[0].close()
        running.__exit__(None, None, None)
    assert [gap.source for gap in heard.lost()] == ["pods"]
    assert re.search("cannot be reached|ends as soon as it begins", heard.lost()[0].cause)


def test_no_server_at_all_is_one_readable_error(tmp_path: Path) -> None:
    """A watch whose first list meets no server for as long as it is patient ends with an error that says so."""
    with serving(tmp_path) as (_, kubeconfig, _port):
        pass
    with watching(kubeconfig, patience_s=0.1) as heard:
        eventually(lambda: heard.error is not None)
    assert "cannot be reached: connection refused" in str(heard.error)


@pytest.mark.parametrize(("fault", "words"), [("metrics-404", "no pod metrics"), ("metrics-503", "no pod metrics")])
def test_a_cluster_without_metrics_is_told_how_to_get_them(
    served: tuple[FakeApi, Path, int], fault: str, words: str
) -> None:
    """Without metrics-server, or with one that does not answer, the error says so and names the cure."""
    api, kubeconfig, _ = served
    with connect("fake", kubeconfig) as cluster:
        metrics.require(cluster, "shop")
        api.set_fault(fault)
        with pytest.raises(ClusterError, match=words) as caught:
            metrics.require(cluster, "shop")
        assert "metrics-server" in caught.value.fix
        api.set_fault("metrics-403")
        with pytest.raises(ClusterError) as caught:
            metrics.require(cluster, "shop")
        assert 'apiGroups: ["metrics.k8s.io"], resources: ["pods"]' in caught.value.fix


def test_samples_are_asked_for_as_often_as_there_are_new_ones(served: tuple[FakeApi, Path, int]) -> None:
    """The period is the one that is given: several come in a time in which a real cluster's period gives one."""
    _, kubeconfig, _ = served
    inbox: Inbox = queue.SimpleQueue()
    with connect("fake", kubeconfig) as cluster, sampling(cluster, "shop", "", inbox, 0.1, SteadyClock()):
        seen = [inbox.get(timeout=4) for _ in range(6)]
    assert all(isinstance(item, Samples) for item in seen)
