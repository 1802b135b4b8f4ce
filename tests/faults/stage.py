"""A whole run as a process, on an embedded cluster of its own, and what a fault may do to it."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autoscale.base.errors import AutoscaleError
from autoscale.cluster.apply import delete
from autoscale.cluster.client import Cluster, connect
from autoscale.cluster.resources import resource_of
from autoscale.embedded.kubelet import reaper
from autoscale.embedded.kubelet.reaper import MARK
from autoscale.report import formats
from autoscale.report.gather import gather
from tests.conftest import eventually
from tests.faults.leftovers import processes

SCENARIO = Path(__file__).with_name("scenario.yaml")
AUTOSCALE = [sys.executable, "-m", "autoscale"]
LONGEST_S = 240.0
MERGE = "application/merge-patch+json"


class TooLate(AssertionError):
    """The run had ended before the fault could be done to it."""


@dataclass
class Stage:
    """``marks``: those of the clusters that were seen; ``written``: rows of load in the workers' own logs, by pod."""

    home: Path
    run: "subprocess.Popen[bytes]"
    context: str = "embedded"
    namespace: str = "default"
    marks: set[str] = field(default_factory=set)
    written: dict[str, int] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)

    # What the run has said and written

    def said(self) -> str:
        """All that it printed."""
        return (self.home / "said.txt").read_text(errors="replace")

    @property
    def record(self) -> Path | None:
        """Its record; None where there is none yet."""
        return next(iter(sorted(self.home.glob("runs/*/record.jsonl"))), None)

    def rows(self, kind: str | None = None) -> list[dict[str, Any]]:
        """The whole lines of the record so far."""
        text = self.record.read_bytes() if self.record else b""
        rows = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith(b"\n")]
        return [row for row in rows if kind in (None, row["k"])]

    def told(self) -> str:
        """What it printed, and what the report says of its record."""
        text = self.said()
        with suppress(AutoscaleError):
            text += formats.render(gather(self.record), "markdown") if self.record else ""
        return text

    # When

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait for something while the run lives. TooLate where it ends before."""

        def reached() -> bool:
            if condition():
                return True
            if self.run.poll() is not None:
                raise TooLate(f"the run ended before {what}: {self.said()[-300:]}")
            return False

        eventually(reached, what, LONGEST_S)

    def until_said(self, words: str) -> None:
        """Wait until the run has printed something."""
        self.until(lambda: words in self.said(), f"it said “{words}”")

    def until_load(self, seconds: int = 5) -> None:
        """Wait for so many rows of load: 5 are well in the peak."""
        self.until(lambda: len(self.rows("load")) >= seconds, f"{seconds} s of load")

    # What is there

    @property
    def cluster_pid(self) -> int:
        """The control plane's process."""
        facts = self.home / "state" / "autoscale" / "embedded" / "embedded" / "facts.json"
        return int(json.loads(facts.read_text())["pid"])

    @property
    def kubeconfig(self) -> Path:
        """How the run's cluster is reached."""
        return self.home / "state" / "autoscale" / "embedded" / "embedded" / "kubeconfig"

    @contextmanager
    def cluster(self) -> Iterator[Cluster]:
        """The door to the run's cluster."""
        with connect(self.context, self.kubeconfig) as cluster:
            yield cluster

    def pids(self, *wanted: str) -> list[int]:
        """The cluster's processes that were started with these words (a file by its name), oldest first."""
        self.note()

        def ours(words: list[str], environ: list[str]) -> bool:
            mine = not self.marks.isdisjoint(words) or any(f"{MARK}={mark}" in environ for mark in self.marks)
            names = {word.rpartition("/")[2] for word in words}
            return mine and names.issuperset(wanted)

        return sorted(processes(ours))

    def note(self) -> None:
        """Look at the workers' logs and at who is there."""
        with suppress(OSError, ValueError, KeyError):
            parent = f"/proc/{self.cluster_pid}/task/{self.cluster_pid}/children"
            for child in Path(parent).read_text().split():
                words = Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
                if reaper.__file__ in words:
                    self.marks.add(words[words.index(reaper.__file__) + 1])
        with suppress(OSError):  # folders of pods go as they end
            for log in self.logs():
                lines = log.read_bytes().splitlines(keepends=True)
                rows = [line for line in lines if b'"k": "load"' in line or b'"k":"load"' in line]
                if rows:
                    self.written[str(log)] = sum(line.endswith(b"\n") for line in rows)

    def logs(self) -> Iterable[Path]:
        """The logs of the run's pods, as the node keeps them."""
        return self.home.glob("state/autoscale/embedded/*/pods/**/*.log")

    def watch(self) -> None:
        """Note again and again, until it is over."""
        while not self.over.wait(0.2):
            self.note()

    # What may be done

    def kill(self, pids: int | Sequence[int], number: int = signal.SIGKILL) -> None:
        """Send a signal to processes, of which there has to be one."""
        found = [pids] if isinstance(pids, int) else list(pids)
        assert found, "there is no such process"
        for pid in found:
            os.kill(pid, number)

    def halt(self, pids: int | Sequence[int], seconds: float) -> None:
        """Stop processes for a while."""
        self.kill(pids, signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            self.kill(pids, signal.SIGCONT)

    def delete(self, kind: str, name: str) -> None:
        """Delete an object, as somebody else would."""
        with self.cluster() as cluster:
            assert delete(cluster, kind, self.namespace, name)

    def delete_and_make(self, kind: str, name: str) -> None:
        """Delete an object and make it again at once."""
        with self.cluster() as cluster:
            path = resource_of(kind).path(self.namespace, name)
            old = cluster.get(path)
            meta = {key: old["metadata"][key] for key in ("name", "namespace", "labels") if key in old["metadata"]}
            assert delete(cluster, kind, self.namespace, name)
            cluster.send("POST", resource_of(kind).path(self.namespace), {**old, "metadata": meta, "status": {}})

    def patch(self, kind: str, name: str, body: Mapping[str, Any], part: str = "") -> None:
        """Edit an object, as somebody else would."""
        with self.cluster() as cluster:
            cluster.send("PATCH", resource_of(kind).path(self.namespace, name) + part, dict(body), content_type=MERGE)

    def pods(self, text: str) -> list[str]:
        """Names of pods that hold a text."""
        with self.cluster() as cluster:
            items = cluster.list(resource_of("Pod").path(self.namespace))["items"]
        return [item["metadata"]["name"] for item in items if text in item["metadata"]["name"]]

    def evict(self, pod: str) -> None:
        """Ask for a pod's eviction, as a drain does."""
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": self.namespace}}
        with self.cluster() as cluster:
            cluster.send("POST", resource_of("Pod").path(self.namespace, pod) + "/eviction", body)


def environment(home: Path) -> dict[str, str]:
    """State, configuration and temporary files in the fault's own folder."""
    (home / "tmp").mkdir(exist_ok=True)
    own = {"XDG_STATE_HOME": f"{home}/state", "XDG_CONFIG_HOME": f"{home}/config", "TMPDIR": f"{home}/tmp"}
    return {**os.environ, **own, "PYTHONDONTWRITEBYTECODE": "1"}


@contextmanager
def staged(home: Path, *words: str, shell: str = "", kind: Callable[..., Stage] = Stage) -> Iterator[Stage]:
    """A run that has begun; ended in any case. ``shell``: what a shell does before it starts it. ``kind``: where it
    is, which is told to it by ``words``."""
    line = [*AUTOSCALE, "run", *words, "--no-web", "--out", f"{home}/runs"]
    if shell:
        line = ["sh", "-c", f'{shell}; exec "$@"', "sh", *line]
    with (home / "said.txt").open("wb") as out:
        run = subprocess.Popen(
            line, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=home, env=environment(home), process_group=0
        )
    stage = kind(home, run)
    watcher = threading.Thread(target=stage.watch)
    watcher.start()
    try:
        yield stage
    finally:
        stage.over.set()
        watcher.join()
        if run.poll() is None:
            run.send_signal(signal.SIGCONT)
            run.terminate()
            with suppress(subprocess.TimeoutExpired):
                run.wait(60)
            run.kill()
        run.wait()
