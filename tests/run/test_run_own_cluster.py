"""The embedded cluster of a run: the one that is running where it fits, else one that ends with the run."""

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from autoscale.base.errors import ClusterError, InputError
from autoscale.embedded.launch import process
from autoscale.embedded.launch.folder import folder_of, is_running
from autoscale.embedded.settings import Settings, quick
from autoscale.run.opening import connect_to
from autoscale.run.own_cluster import own_cluster, wanted_settings
from loadtest.models import Embedded
from tests.run.conftest import Desk
from tests.run.imagined import Door, imagined


@dataclass
class Started:
    """What ``process.start`` gives: here an imagined cluster."""

    kubeconfig: Path
    stack: ExitStack

    def stop(self) -> None:
        """End it."""
        self.stack.close()


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, Settings, bool]]]:
    """(name, settings, bound) of every cluster that is started; it is an imagined one, not a process of its own."""
    found: list[tuple[str, Settings, bool]] = []
    with ExitStack() as kept:

        def start(name: str, settings: Settings, *, bound: bool, unwanted: threading.Event | None) -> Started:
            found.append((name, settings, bound))
            stack = ExitStack()
            door = stack.enter_context(imagined(folder_of(name), settings, bound=bound))
            kept.push(stack)
            return Started(door.kubeconfig, stack)

        monkeypatch.setattr(process, "start", start)
        yield found


def test_the_running_one_is_used_and_goes_on(door: Door, desk: Desk, starts: list[object]) -> None:
    """Settings as wanted and nobody else's: it is used, its flags and periods are known, and it lives on."""
    with own_cluster(desk.options(), desk.scenario) as place:
        assert place.cluster.server == door.folder.facts().server  # type: ignore[union-attr]
        assert (place.embedded, place.kubeconfig, place.namespace) == (True, str(door.kubeconfig), "default")
        assert (place.hpa_config["sync_period_s"], place.metrics_period_s) == (0.1, 0.2)
        place.alive()
    assert starts == []
    assert is_running(door.folder)
    assert desk.said == [f"Using the embedded cluster that is running ({door.kubeconfig})"]


def test_its_death_is_told_with_its_log(door: Door, desk: Desk) -> None:
    """``alive`` raises once it has ended, naming the log."""
    with own_cluster(desk.options(), desk.scenario) as place:
        door.die()
        with pytest.raises(ClusterError, match="has died") as caught:
            place.alive()
        assert str(door.folder.log) in caught.value.fix


def test_one_with_other_settings_is_left_alone(
    door: Door, desk: Desk, starts: list[tuple[str, Settings, bool]]
) -> None:
    """Another is started beside it, under a name of its own, with the wanted settings; it ends with the run."""
    other = desk.scenario_with("embedded.settings.hpa_sync_s=0.3")
    with own_cluster(desk.options(), other) as place:
        name, settings, bound = starts[0]
        assert (name, bound) == (f"run-{os.getpid()}", True)
        assert settings == replace(desk.settings, hpa_sync_s=0.3)
        assert place.cluster.server != door.folder.facts().server  # type: ignore[union-attr]
    assert not is_running(folder_of(name))
    assert is_running(door.folder)
    assert "as the one that is running has other settings than this scenario asks for" in desk.said[0]


def test_another_runs_own_is_left_alone(desk: Desk, starts: list[tuple[str, Settings, bool]]) -> None:
    """One that another run has started ends with that run: it is not used, though its settings fit."""
    with imagined(folder_of("embedded"), desk.settings, bound=True):
        with own_cluster(desk.options(), desk.scenario):
            pass
        assert [name for name, _, _ in starts] == [f"run-{os.getpid()}"]
    assert "as the one that is running ends with another run" in desk.said[0]


@pytest.mark.parametrize("keep", [False, True])
def test_where_none_runs_one_is_started(desk: Desk, starts: list[tuple[str, Settings, bool]], keep: bool) -> None:
    """It ends with the run; with --keep it stays, unbound, and the line that ends it is said."""
    with own_cluster(desk.options(keep=keep), desk.scenario):
        assert starts == [("embedded", desk.settings, not keep)]
    assert is_running(folder_of("embedded")) is keep
    said = "It stays (--keep), with all that is in it, until: autoscale cluster stop"
    assert (said in desk.said) is keep


def test_settings_are_a_preset_and_what_is_set_over_it() -> None:
    """Each setting that is named counts, the others are the preset's; one that there is not is an InputError."""
    made = wanted_settings(Embedded(preset="quick", settings={"hpa_sync_s": 9}))
    assert made == replace(quick(), hpa_sync_s=9.0)
    assert wanted_settings(Embedded()) == Settings()
    with pytest.raises(InputError, match="hpa_snyc_s"):
        wanted_settings(Embedded(settings={"hpa_snyc_s": 9}))


def test_commands_that_send_no_load_take_the_running_one(desk: Desk) -> None:
    """It is connected to where it runs; where none does, the line that starts one is named."""
    with pytest.raises(ClusterError, match="no embedded cluster is running") as caught:
        connect_to("embedded")
    assert "autoscale cluster start" in caught.value.fix
    with imagined(folder_of("embedded"), desk.settings), connect_to("embedded") as cluster:
        assert cluster.get("/version")["gitVersion"].endswith("embedded")
