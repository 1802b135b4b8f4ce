"""``exec`` by kubectl: output, input, exit code, files copied in and out; and who is refused."""

from pathlib import Path

from autoscale.plane.store import Create, UpdateStatus
from tests.embedded_api.harness import Kubectl, Server

EXEC = "/api/v1/namespaces/default/pods/web-1/exec"


def running_pod(server: Server) -> None:
    """A pod with one container that runs."""
    spec = {"containers": [{"name": "web", "image": "i"}], "nodeName": "n"}
    metadata = {"name": "web-1", "namespace": "default"}
    pod = server.apply(Create({"kind": "Pod", "metadata": metadata, "spec": spec}))
    server.apply(UpdateStatus({**pod, "status": {"phase": "Running"}}))


def test_kubectl_runs_commands(server: Server, kubectl: Kubectl) -> None:
    """What they print, what they are given, and how they end."""
    running_pod(server)
    assert kubectl("exec", "web-1", "--", "echo", "hello") == "hello\n"
    assert kubectl("exec", "-i", "web-1", "--", "tr", "a-z", "A-Z", stdin="typed\n") == "TYPED\n"
    assert "exit code 3" in kubectl("exec", "web-1", "--", "sh", "-c", "exit 3", fails=True)
    assert "failed to exec in container" in kubectl("exec", "web-1", "--", "no-such-program", fails=True)


def test_kubectl_copies_files_both_ways(server: Server, kubectl: Kubectl, tmp_path: Path) -> None:
    """A file of many chunks arrives as it was."""
    running_pod(server)
    there, back, file = tmp_path / "there", tmp_path / "back", tmp_path / "file"
    there.mkdir()
    file.write_bytes(bytes(range(256)) * 1000)
    kubectl("cp", str(file), f"web-1:{there}/file")
    assert (there / "file").read_bytes() == file.read_bytes()
    kubectl("cp", f"web-1:{there}/file", str(back))
    assert back.read_bytes() == file.read_bytes()


def test_who_cannot_talk_so_is_told(server: Server) -> None:
    """No upgrade at all, no command, no pod: each a Status that says what is wanted."""
    running_pod(server)
    assert server.call("POST", f"{EXEC}?command=ls")[1]["message"] == "Upgrade request required"
    assert server.call("GET", EXEC)[0] == 400
    assert server.call("GET", f"{EXEC}?command=ls&container=db")[1]["message"].startswith("container db is not valid")
    assert server.call("GET", "/api/v1/namespaces/default/pods/nobody/exec?command=ls")[0] == 404
