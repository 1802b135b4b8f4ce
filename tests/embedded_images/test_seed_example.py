"""The example that this project was made from runs word for word: app, Dockerfile and manifest, with kubectl."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from autoscale.cli.image import command
from autoscale.cli.run import command as run_command
from autoscale.cluster.kubeconfig import EMBEDDED
from autoscale.embedded import settings
from autoscale.embedded.kubelet import syscalls, view
from autoscale.embedded.launch import process
from autoscale.record.reader import read
from tests.conftest import eventually, need
from tests.embedded_api.harness import find_kubectl
from tests.embedded_images.seed import IMAGE, blocks

pytestmark = [pytest.mark.kubectl, pytest.mark.long]
Kubectl = Callable[..., str]
NAME = "deployment/python-app-deployment"


@pytest.fixture
def kubectl(state_home: Path, tmp_path: Path) -> Iterator[Kubectl]:
    """A real kubectl that talks to an embedded cluster."""
    program = find_kubectl()
    need(program is not None, "no kubectl on this machine: `make kubectl` builds one")
    running = process.start(EMBEDDED, settings.quick(), bound=False)

    def run(*arguments: str) -> str:
        line = [str(program), f"--kubeconfig={running.kubeconfig}", f"--cache-dir={tmp_path / 'cache'}", *arguments]
        return subprocess.run(line, check=True, capture_output=True, text=True, timeout=60).stdout

    yield run
    running.stop()


def need_addresses() -> None:
    """Two pods can bind 0.0.0.0."""
    refused = view.tried(syscalls.try_out)
    if refused:
        pytest.skip(f"this machine refuses pods addresses of their own: {refused}")


def image(folder: Path, name: str) -> None:
    """``autoscale image build -t NAME DIR``."""
    done = CliRunner().invoke(command, ["build", "-t", name, str(folder)], catch_exceptions=False)
    assert done.exit_code == 0, done.output


def deployment(folder: Path, name: str) -> Path:
    """The manifest with the image's name filled in."""
    path = folder / "deployment.yaml"
    path.write_text(blocks()["deployment.yml"].replace(IMAGE, name))
    return path


def answers(kubectl: Kubectl, port: int) -> list[str]:
    """What each pod answers, through the API server; [] while one does not."""
    names = kubectl("get", "pods", "-l", "app=python-app", "-o", "name").split()
    paths = [f"/api/v1/namespaces/default/pods/{name.partition('/')[2]}:{port}/proxy/" for name in names]
    try:
        return [kubectl("get", "--raw", path) for path in paths]
    except subprocess.CalledProcessError:
        return []


def test_the_seeds_example(kubectl: Kubectl, folder: Path) -> None:
    """Two pods that bind 0.0.0.0:5000 answer; logs, scale, autoscale and delete do what they say; then the second app
    takes the place of the first."""
    need_addresses()
    image(folder, "python-app")
    manifest = deployment(folder, "python-app")
    kubectl("apply", "-f", str(manifest))
    eventually(lambda: answers(kubectl, 5000) == ["Hello from Python container 1!"] * 2)
    assert "Running on all addresses (0.0.0.0)" in kubectl("logs", "deployment/python-app-deployment")
    kubectl("scale", "deployment/python-app-deployment", "--replicas=3")
    eventually(lambda: answers(kubectl, 5000) == ["Hello from Python container 1!"] * 3)
    kubectl("autoscale", "deployment/python-app-deployment", "--min=2", "--max=4", "--cpu-percent=80")
    assert "Deployment/python-app-deployment" in kubectl("get", "hpa")
    kubectl("delete", "hpa", "python-app-deployment")
    (folder / "app.py").write_text(blocks()["app.py"].replace("container 1!", "container 2!").replace("5000", "5001"))
    image(folder, "python-app:two")
    kubectl("set", "image", "deployment/python-app-deployment", "python-app=python-app:two")
    eventually(lambda: set(answers(kubectl, 5001)) == {"Hello from Python container 2!"})
    kubectl("delete", "-f", str(manifest))
    eventually(lambda: not kubectl("get", "pods", "-o", "name"))


SCENARIO = """
name: seed
load:
  plan:
    - {name: before, duration: 1s, rate: 5}
    - {name: peak, duration: 9s, rate: 60}
requests: [{name: hello, path: /, timeout: 30s}]
objectives: [p95 < 30s]
embedded: {preset: quick}
"""


def test_an_hpa_scales_the_seeds_example(kubectl: Kubectl, folder: Path) -> None:
    """``autoscale run --target`` loads it as it stands in the cluster, and leaves it there."""
    need_addresses()
    image(folder, "python-app")
    kubectl("apply", "-f", str(deployment(folder, "python-app")))
    kubectl("set", "resources", NAME, "--requests=cpu=20m")
    kubectl("expose", NAME, "--port=80", "--target-port=5000")
    kubectl("autoscale", NAME, "--min=2", "--max=4", "--cpu-percent=50")
    (folder / "seed.yaml").write_text(SCENARIO)
    line = [str(folder / "seed.yaml"), "--target", NAME, "--url", "http://python-app-deployment/"]
    done = CliRunner().invoke(run_command, [*line, "--no-web", "--out", str(folder / "runs")], catch_exceptions=False)
    assert "Using the embedded cluster that is running" in done.output
    [record] = (folder / "runs").glob("*/record.jsonl")
    rows = list(read(record))
    assert (rows[-1]["k"], rows[-1].get("reason")) == ("end", "done"), done.output
    assert rows[-1]["totals"]["answered"] > 0
    assert max(row["spec_replicas"] or 0 for row in rows if row["k"] == "workload") > 2
    assert "python-app-deployment" in kubectl("get", "deployments,services,hpa", "-o", "name")


def test_the_seeds_own_slip(kubectl: Kubectl, folder: Path) -> None:
    """Its CMD names a file that is not there: CrashLoopBackOff, and the log has the program's words."""
    (folder / "Dockerfile").write_text(blocks()["Dockerfile"])
    (folder / "requirements.txt").write_text("")
    image(folder, "python-app")
    kubectl("apply", "-f", str(deployment(folder, "python-app")))
    eventually(lambda: "CrashLoopBackOff" in kubectl("get", "pods"))
    pod = kubectl("get", "pods", "-o", "name").split()[0]
    assert "can't open file" in kubectl("logs", pod)
    assert "agent.py" in kubectl("logs", pod)
