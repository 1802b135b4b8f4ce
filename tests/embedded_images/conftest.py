"""State of a test's own, and packages without a network."""

from pathlib import Path

import pytest

from autoscale.embedded.images import shelf
from autoscale.embedded.images.build import build
from tests.embedded_images import wheels
from tests.embedded_images.seed import blocks


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Flask and all that it needs."""
    folder = tmp_path_factory.mktemp("wheels")
    wheels.make("flask", folder)
    return folder


@pytest.fixture
def state_home(tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Images of a test have a folder of their own, and packages come from the index."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    return tmp_path / "state"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The seed's folder: its app and its Dockerfile, whose CMD names the app, and what it requires."""
    at = tmp_path / "app"
    at.mkdir()
    (at / "app.py").write_text(blocks()["app.py"])
    (at / "Dockerfile").write_text(blocks()["Dockerfile"].replace("agent.py", "app.py"))
    (at / "requirements.txt").write_text("flask\n")
    return at


def built(folder: Path, name: str = "python-app") -> shelf.Built:
    """The folder as an image."""
    return build(name, folder, file=None, arguments={}, say=print)
