"""What the wheel installs works without the clone."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from autoscale import report

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the clone with the tools that are installed already."""
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (built,) = out.glob("*.whl")
    return built


def test_the_wheel_takes_no_common_name(wheel: Path) -> None:
    """No `app` or `tests` lands in somebody's site-packages; app and manifests travel inside the package."""
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"autoscale", "loadtest"}
    assert "autoscale/bundle/app/__main__.py" in names
    assert "autoscale/bundle/k8s/base/kustomization.yaml" in names
    assert "loadtest/scenarios/first-look.yaml" in names


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds the wheel but not the clone; its dependencies are this environment's."""
    home = tmp_path_factory.mktemp("env")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    (site,) = home.glob("lib/python*/site-packages")
    zipfile.ZipFile(wheel).extractall(site)
    ours = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    # The clone's editable hook stays behind: only third-party packages are borrowed, after the wheel's own.
    (site / "borrowed.pth").write_text(f"import sys; sys.path.append({str(ours)!r})\n")
    return home / "bin" / "python"


def run(python: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    state = {"HOME": str(cwd), "XDG_STATE_HOME": str(cwd / "state"), "XDG_CONFIG_HOME": str(cwd / "config")}
    return subprocess.run(
        [str(python), "-c", "from autoscale.cli import main; main()", *arguments],
        cwd=cwd,
        env={**clean, **state},
        capture_output=True,
        text=True,
    )


def test_the_installed_package_is_the_wheels_own(installed: Path, tmp_path: Path) -> None:
    """The environment takes our code from the wheel and cannot see the clone's app or tests."""
    code = "import autoscale, importlib.util as u; print(autoscale.__file__, u.find_spec('app'), u.find_spec('tests'))"
    shown = subprocess.run(
        [str(installed), "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert str(installed.parents[1]) in shown
    assert shown.split()[1:] == ["None", "None"]


@pytest.mark.e2e
def test_first_look_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    """`autoscale run first-look` works outside the clone: it scales two pods up and back and leaves a report. Its load
    takes a minute, its control loops are as much quicker; `make fidelity` makes the run with the default periods."""
    quick = ("--set", "load.duration=60s", "--set", "embedded.preset=quick")
    done = run(installed, "run", "first-look", "--no-web", "--out", str(tmp_path / "runs"), *quick, cwd=tmp_path)
    found = list((tmp_path / "runs").glob("*-first-look/record.jsonl"))
    assert len(found) == 1, done.stdout + done.stderr
    sizes = [event.after for event in report.gather(found[0]).analysis.scale_events]
    assert max(sizes) > 2  # how many it takes depends on the machine
    assert sizes[-1] == 2
    assert found[0].with_name("report.html").is_file()
