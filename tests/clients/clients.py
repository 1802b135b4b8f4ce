"""The clients that people have, and how each is brought here: one row a client and release."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "autoscale" / "clients"
Command = list[str]


@dataclass(frozen=True)
class Client:
    """``command`` brings it here, if it is not, and returns what to run: a program that prints each step that works.

    It finds the cluster by KUBECONFIG, and NAMESPACE, DEPLOYMENT (JSON) and WORK (an empty folder) in its environment.
    """

    name: str
    version: str
    command: Callable[[], Command]


def run(line: Command, **more: object) -> None:
    """A step of an installation; its words are shown where it fails."""
    done = subprocess.run(line, capture_output=True, text=True, **more)  # type: ignore[call-overload]
    if done.returncode:
        raise RuntimeError(f"{' '.join(line)}: {done.stderr[-2000:]}")


def python(program: str, *pins: str) -> Callable[[], Command]:
    """A program with packages in a virtual environment of their own."""

    def command() -> Command:
        place = CACHE / "-".join(pins).replace("==", "-")
        if not (place / "done").exists():
            shutil.rmtree(place, ignore_errors=True)
            run([sys.executable, "-m", "venv", str(place)])
            run([str(place / "bin" / "pip"), "install", "-q", "--disable-pip-version-check", *pins])
            (place / "done").touch()
        return [str(place / "bin" / "python"), "-W", "ignore", str(PROGRAMS / program)]

    return command


def digest_of(folder: Path) -> str:
    """What names the program that is built of a folder's files: another one where any of them has changed."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:8]


def go(folder: str) -> Callable[[], Command]:
    """A Go program of this folder, built once."""

    def command() -> Command:
        source = HERE / "go" / folder
        target = CACHE / f"{folder}-{digest_of(source)}"
        if not target.exists():
            run(["go", "build", "-o", str(target), "."], cwd=source)
        return [str(target)]

    return command


def shell(script: str, module: str, name: str) -> Callable[[], Command]:
    """A script with a program that Go builds from its module (``module@version``) on its PATH."""

    def command() -> Command:
        place = CACHE / module.replace("/", "-")
        if not (place / name).exists():
            run(["go", "install", module], env={**os.environ, "GOBIN": str(place)})
        reader = [sys.executable] if script.endswith(".py") else ["bash", "-eu"]
        return ["env", f"PATH={place}:{os.environ['PATH']}", *reader, str(PROGRAMS / script)]

    return command


def java(folder: str) -> Callable[[], Command]:
    """A Java program of this folder, compiled once by Maven."""

    def command() -> Command:
        source = HERE / "java" / folder
        place = CACHE / f"{folder}-{digest_of(source)}"
        if not (place / "classpath").exists():
            shutil.copytree(source, place, dirs_exist_ok=True)
            goals = ["dependency:build-classpath", f"-Dmdep.outputFile={place / 'found'}", "compile"]
            run(["mvn", "-q", "-B", *goals], cwd=place)
            (place / "found").rename(place / "classpath")
        path = f"{place / 'target' / 'classes'}:{(place / 'classpath').read_text()}"
        return ["java", "-cp", path, "Program"]

    return command


def node(program: str, pin: str) -> Callable[[], Command]:
    """A JavaScript program beside its package."""

    def command() -> Command:
        place = CACHE / pin.replace("/", "-")
        if not (place / "node_modules").exists():
            place.mkdir(parents=True, exist_ok=True)
            run(["npm", "install", "--no-audit", "--no-fund", pin], cwd=place)
        shutil.copy(PROGRAMS / program, place)
        return ["node", str(place / program)]

    return command


CLIENTS = (
    *(
        Client("kubernetes (Python)", release, python("official.py", f"kubernetes=={release}"))
        for release in ("29.0.0", "33.1.0", "37.0.0")
    ),
    Client("kubernetes_asyncio", "36.1.0", python("asyncio_client.py", "kubernetes_asyncio==36.1.0")),
    Client("lightkube", "1.0.1", python("lightkube_client.py", "lightkube==1.0.1")),
    Client("kr8s", "0.20.15", python("kr8s_client.py", "kr8s==0.20.15")),
    Client("pykube-ng", "23.6.0", python("pykube_client.py", "pykube-ng==23.6.0")),
    Client("kopf", "1.45.2", python("kopf_client.py", "kopf==1.45.2", "kubernetes==37.0.0")),
    Client("client-go", "0.37.1", go("typed")),
    Client("client-node", "1.4.0", node("client.mjs", "@kubernetes/client-node@1.4.0")),
    Client("helm", "3.19.0", shell("helm.sh", "helm.sh/helm/v3/cmd/helm@v3.19.0", "helm")),
    Client("helm", "4.2.4", shell("helm.sh", "helm.sh/helm/v4/cmd/helm@v4.2.4", "helm")),
    Client("k9s", "0.50.16", shell("k9s.py", "github.com/derailed/k9s@v0.50.16", "k9s")),
    Client("fabric8", "7.7.0", java("fabric8")),
    Client("client-java", "24.0.0", java("official")),
    Client("stern", "1.33.0", shell("stern.sh", "github.com/stern/stern@v1.33.0", "stern")),
)
