"""Images are built whole or not at all, listed, replaced and removed."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from autoscale.base.errors import InputError
from autoscale.cli.image import command
from autoscale.embedded.images import known, shelf
from autoscale.embedded.settings import Settings
from tests.conftest import eventually
from tests.embedded_images.conftest import built

pytestmark = pytest.mark.long


def image(*arguments: str) -> str:
    """``autoscale image ...``; its output. Errors come through."""
    done = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def plain(folder: Path) -> Path:
    """A folder whose image needs no package."""
    (folder / "Dockerfile").write_text(
        'FROM python\nWORKDIR /srv\nCOPY app.py .\nENV A=1\nENTRYPOINT ["x"]\nCMD ["y"]\n'
    )
    return folder


def test_an_images_life(state_home: Path, plain: Path) -> None:
    """Built, listed, known to the cluster by each form of its name, replaced by a newer one, removed."""
    assert "No image" in image("ls")
    assert "Built python-app:latest" in image("build", "-t", "python-app", str(plain))
    assert "python-app:latest" in image("ls")
    first = shelf.find("docker.io/library/python-app")
    assert first
    assert (first.root / "srv" / "app.py").is_file()
    run = known.find_image("python-app:latest", Settings())
    assert run
    assert (run.workdir, run.entrypoint, run.command, run.env) == ("/srv", ("x",), ("y",), {"A": "1"})
    assert run.path.startswith(str(first.programs))
    assert known.find_image("python-app:v2", Settings()) is None
    image("build", "-t", "python-app:latest", str(plain))
    assert [one.name for one in shelf.built()] == ["python-app:latest"]
    assert not first.folder.exists(), "nobody ran the older one"
    assert "Removed" in image("rm", "python-app")
    assert shelf.built() == []
    with pytest.raises(InputError, match="no image"):
        shelf.remove("python-app")


def test_an_image_that_runs_is_not_removed(state_home: Path, plain: Path) -> None:
    """Neither by ``rm`` nor by a newer one of its name; once its process has ended the next build clears it."""
    one = built(plain)
    running = subprocess.Popen(["sleep", "600"], env={"PATH": f"{one.programs}:/usr/bin:/bin"})
    try:
        eventually(lambda: shelf.users(one.folder))
        with pytest.raises(InputError, match=f"in use by process {running.pid}"):
            shelf.remove("python-app")
        second = built(plain)
        assert one.programs.exists()
        assert shelf.find("python-app") == second
    finally:
        running.kill()
        running.wait()
    shelf.clear_rests()
    assert not one.folder.exists()
    assert shelf.find("python-app") == second


@pytest.mark.parametrize(
    ("requirements", "said"), [("no-such-package-here\n", "no-such-package-here"), ("===\n", "Invalid requirement")]
)
def test_a_build_that_fails_says_why_and_leaves_nothing(
    state_home: Path, folder: Path, requirements: str, said: str
) -> None:
    """The last lines of what failed are the message; the image that had the name keeps it."""
    whole = (folder / "Dockerfile").read_text()
    (folder / "Dockerfile").write_text("FROM python\nCMD true")
    before = built(folder)
    (folder / "Dockerfile").write_text(whole)
    (folder / "requirements.txt").write_text(requirements)
    with pytest.raises(InputError, match=said) as raised:
        built(folder)
    assert "line 11" in str(raised.value)
    assert shelf.find("python-app") == before
    assert list(shelf.images_root().iterdir()) == [before.folder]


@pytest.mark.parametrize("name", ["Web", "a b", "web:", "web:a b", "", "autoscale-app:dev", "../x"])
def test_names_that_are_none(state_home: Path, plain: Path, name: str) -> None:
    """Refused before anything is made; the names of the project's own images too."""
    with pytest.raises(InputError):
        built(plain, name)
    assert not shelf.images_root().exists()


def test_a_folder_without_a_dockerfile(state_home: Path, tmp_path: Path) -> None:
    """Is said."""
    with pytest.raises(InputError, match="Dockerfile cannot be read"):
        built(tmp_path)


def test_another_python_is_said(state_home: Path, plain: Path) -> None:
    """An image that asks for a Python that is not here runs on this one, and the build says so."""
    (plain / "Dockerfile").write_text("FROM python:2.6-alpine\n")
    own = ".".join(map(str, sys.version_info[:3]))
    assert f"Python 2.6; this machine has {own}" in image("build", "-t", "old", str(plain))
    major, minor = sys.version_info[:2]
    (plain / "Dockerfile").write_text(f"FROM python:{major}.{minor}\n")
    assert "this machine has" not in image("build", "-t", "same", str(plain))
