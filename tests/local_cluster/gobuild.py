"""Build the cluster's programs from the Go modules pinned in ``go/``, once per content of those pins.

Needs Go and the Go module proxy; ``CGO_ENABLED=0`` makes static programs, so no C compiler.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autoscale.base.errors import ClusterError, InputError
from autoscale.kube.release import VERSION
from tests.local_cluster.places import SOURCES, cache

# A module that was downloaded may have a go.work that lists what only its repository has.
_PLAIN = {"CGO_ENABLED": "0", "GOWORK": "off"}
_TOO_OLD = "requires go >="
_VERSION = "k8s.io/component-base/version.git"


def ldflags(release: str) -> str:
    """Small programs that say they are of a Kubernetes ``release`` (v1.35.4)."""
    minor = release.split(".")[1]
    return f"-s -w -X {_VERSION}Version={release} -X {_VERSION}Major=1 -X {_VERSION}Minor={minor}"


@dataclass(frozen=True)
class Part:
    """Programs built together from one Go module: ``packages`` (and tags) as ``go build`` takes them, by blanks.

    ``version``: the module is not a folder of ours but a published one, which is built in a copy of itself: its own
    go.mod pins all that it needs, with the replacements that only a main module may make.
    ``release``: of Kubernetes, as its programs say of themselves.
    ``beside``: a folder of ours below ``go/`` that is a package of such a copy, under the same name.
    """

    name: str
    module: str
    packages: str
    rename: tuple[str, str] | None = None
    version: str = ""
    release: str = VERSION
    beside: str = ""

    @property
    def source(self) -> Path:
        """The folder of go.mod and go.sum; of a ``version`` of a module the copy of it, with all that lies in it."""
        if self.version:
            return cache() / "go" / "src" / f"{self.name}-{self.version}"
        return SOURCES / "go" / self.module

    def key(self) -> str:
        """A hash of everything that decides what comes out."""
        digest = hashlib.sha256(" ".join(filter(None, (self.packages, ldflags(self.release), self.version))).encode())
        ours = SOURCES / "go" / self.beside if self.version else self.source
        for file in sorted(ours.iterdir()) if self.beside or not self.version else ():
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
        return digest.hexdigest()[:12]

    @property
    def folder(self) -> Path:
        """Where the programs lie once they are built."""
        return cache() / "go" / f"{self.name}-{self.key()}"


KUBECTL = Part("kubectl", "kubernetes", "k8s.io/kubernetes/cmd/kubectl")
# etcd's main package is called "server", and so would be its program.
CONTROL_PLANE = Part("kubernetes", "kubernetes", "tool", rename=("server", "etcd"))
# Of newer releases what the version skew wants newest: API server, controllers, scheduler. kubelet, kube-proxy and etcd
# are those of the release that the project follows.
NEWER = {
    "1.36": Part("kubernetes-1.36", "kubernetes-1.36", "tool", release="v1.36.3"),
    "1.37": Part("kubernetes-1.37", "kubernetes-1.37", "tool", release="v1.37.2"),
}
METRICS_SERVER = Part("metrics-server", "metrics-server", "tool")
COREDNS = Part("coredns", "coredns", ".")
KEDA = Part("keda", "github.com/kedacore/keda/v2", "./cmd/operator ./cmd/adapter", version="v2.21.0")
VPA = Part(
    "vpa",
    "k8s.io/autoscaler/vertical-pod-autoscaler",
    "./pkg/recommender ./pkg/updater ./pkg/admission-controller",
    version="v1.8.1",
)
KARPENTER = Part("karpenter", "sigs.k8s.io/karpenter", "./karpenter", version="v1.15.0", beside="karpenter")
# Of what finds targets only Kubernetes: the others bring every cloud's library.
PROMETHEUS = Part(
    "prometheus",
    "github.com/prometheus/prometheus",
    "-tags remove_all_sd,enable_kubernetes_sd ./cmd/prometheus",
    version="v0.316.0",
)
PARTS = (CONTROL_PLANE, METRICS_SERVER, COREDNS)


def build(part: Part) -> Path:
    """The folder with the part's programs; builds them if they are not there yet (minutes)."""
    with _only_one(cache() / "go" / f"{part.name}.lock"):
        if not part.folder.is_dir():
            _build(part)
    return part.folder


def build_kubectl() -> Path:
    """kubectl at a fixed place in the cache: ``autoscale/bin/kubectl``, a link to the version built."""
    program = build(KUBECTL) / "kubectl"
    link = cache() / "bin" / "kubectl"
    link.parent.mkdir(parents=True, exist_ok=True)
    fresh = link.with_name(f".kubectl-{os.getpid()}")
    fresh.symlink_to(program)
    fresh.replace(link)
    return link


def _build(part: Part) -> None:
    if shutil.which("go") is None:
        raise InputError("go was not found", fix="install Go 1.26 or newer (https://go.dev/dl) and put it on PATH")
    print(f"Building {part.name} from Go modules (minutes, once) ...", flush=True)
    fresh = part.folder.with_suffix(".part")
    shutil.rmtree(fresh, ignore_errors=True)
    _run_go(part, fresh)
    if part.rename:
        (fresh / part.rename[0]).rename(fresh / part.rename[1])
    fresh.rename(part.folder)


def _run_go(part: Part, out: Path) -> None:
    log = part.folder.parent / f"{part.name}.log"
    flags = ["-trimpath", "-buildvcs=false", "-ldflags", ldflags(part.release), "-o", f"{out}/"]
    command = ["go", "build", *flags, *part.packages.split()]
    if part.version:
        fetch_source(part)
    if part.beside:
        shutil.copytree(SOURCES / "go" / part.beside, part.source / part.beside, dirs_exist_ok=True)
    with log.open("w") as stream:
        done = subprocess.run(
            command, cwd=part.source, env=os.environ | _PLAIN, stdout=stream, stderr=subprocess.STDOUT
        )
    if done.returncode:
        last = "\n  ".join(log.read_text(errors="replace").splitlines()[-5:])
        raise ClusterError(f"building {part.name} failed:\n  {last}", fix=f"read {log}")


def fetch_source(part: Part) -> Path:
    """The copy of a published module; ClusterError where it cannot be had."""
    if not part.source.is_dir():
        command = ["go", "mod", "download", "-json", f"{part.module}@{part.version}"]
        with tempfile.TemporaryDirectory() as empty:  # in no module of ours
            done = subprocess.run(command, cwd=empty, capture_output=True, text=True)
        told = json.loads(done.stdout or "{}")
        fresh = part.source.with_suffix(".part")
        shutil.rmtree(fresh, ignore_errors=True)
        if "Zip" not in told:
            raise ClusterError(
                f"{part.module}@{part.version} cannot be had: {told.get('Error') or done.stderr.strip()}"
            )
        with zipfile.ZipFile(told["Zip"]) as archive:
            archive.extractall(fresh)
        inside = fresh / f"{part.module}@{part.version}"
        if _TOO_OLD in told.get("Error", ""):
            _lower(inside)
        inside.rename(part.source)
        shutil.rmtree(fresh)
    return part.source


def _lower(source: Path) -> None:
    """Let the Go that is here build a module that asks for a later patch release of the same line."""
    here = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, check=True).stdout
    number = here.strip().removeprefix("go")
    asked = re.search(r"^go (\S+)$", (source / "go.mod").read_text(), re.M)
    if asked and asked[1].split(".")[:2] == number.split(".")[:2]:
        subprocess.run(["go", "mod", "edit", f"-go={number}"], cwd=source, check=True)


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """Let one process build at a time; the second finds it done."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
