"""What runs are tried on."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from autoscale.cluster import contexts
from autoscale.cluster.client import connect
from autoscale.embedded.launch import process
from autoscale.embedded.launch.folder import folder_of
from autoscale.embedded.settings import Settings, quick
from autoscale.run.options import RunOptions
from autoscale.run.own_cluster import wanted_settings
from autoscale.run.prepare import resolve
from loadtest.models import Resolved
from tests.conftest import need
from tests.run.imagined import SCENARIO, Door, imagined
from tests.run.relay import relayed
from tests.run.shops import Shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The cluster ``shop``, allowed to receive load."""
    need(sys.platform == "linux", "the embedded cluster needs Linux")
    home = tmp_path_factory.mktemp("shop")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(home / "state"))
        patch.setenv("XDG_CONFIG_HOME", str(home / "config"))
        running = process.start("shop", quick(), bound=True)
        try:
            with (
                relayed(running.kubeconfig, home, "shop") as (relay, kubeconfig),
                connect("embedded", running.kubeconfig) as cluster,
            ):
                contexts.allow(contexts.find("shop", kubeconfig))
                yield Shop(cluster, relay, kubeconfig)
        finally:
            running.stop()


@dataclass
class Desk:
    """Where a run is asked for: its scenario, the folder for its records, and what it says."""

    folder: Path
    said: list[str] = field(default_factory=list)

    def options(self, **changes: Any) -> RunOptions:
        """A run of two seconds on the embedded cluster."""
        given = {"scenario": str(self.folder / "short.yaml"), "out": self.folder / "runs", "say": self.said.append}
        return RunOptions(**{**given, **changes})

    @property
    def scenario(self) -> Resolved:
        """Its scenario."""
        return resolve(self.options())

    def scenario_with(self, *overrides: str) -> Resolved:
        """The same with fields of it changed."""
        return resolve(self.options(overrides=overrides))

    @property
    def settings(self) -> Settings:
        """The settings that the scenario asks for."""
        return wanted_settings(self.scenario.embedded)

    def runs(self) -> list[str]:
        """The names of the folders of runs."""
        return sorted(path.name for path in (self.folder / "runs").glob("*"))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk with state and configuration of its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "short.yaml").write_text(SCENARIO)
    return Desk(tmp_path)


@pytest.fixture
def door(desk: Desk) -> Iterator[Door]:
    """An imagined cluster that stands where the running embedded one does, with the settings of the scenario."""
    need(sys.platform == "linux", "the embedded cluster needs Linux")
    with imagined(folder_of("embedded"), desk.settings) as running:
        yield running
