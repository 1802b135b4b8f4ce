"""Runs each scenario on both clusters by turns, through the command line, as a user would."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

from autoscale.base.errors import AutoscaleError, ClusterError
from autoscale.cluster.apply import fetch
from autoscale.report.gather import gather
from autoscale.run.opening import connect_to
from tests.fidelity.measured import PLATFORMS, Figures, Platform, Run, measured
from tests.local_cluster.places import state

SCENARIOS = Path(__file__).resolve().parent / "scenarios"
NAMESPACE = "fidelity"
_NAMESPACES = "/api/v1/namespaces"
_LONGEST_S = 900.0
_ENDING_S = 120.0

Turn = tuple[int, str, Platform]
"""Repetition from 1, scenario, platform."""


def turns(scenarios: Sequence[str], repetitions: range) -> list[Turn]:
    """Who runs when: the two clusters right after each other, and each of them first every other time."""
    order = []
    for repetition in repetitions:
        for place, scenario in enumerate(scenarios):
            swap = (repetition + place) % 2 == 0
            order += [(repetition, scenario, platform) for platform in (PLATFORMS[::-1] if swap else PLATFORMS)]
    return order


@contextmanager
def namespace() -> Iterator[None]:
    """A namespace of our own on the local cluster, gone afterwards. ClusterError where one is there already."""
    if not state().kubeconfig.exists():
        raise ClusterError("the local cluster does not run", fix="make cluster images images-load CONTEXT=local")
    with connect_to("local", str(state().kubeconfig)) as cluster:
        if fetch(cluster, f"{_NAMESPACES}/{NAMESPACE}"):
            fix = f"another `make fidelity` runs, or one was killed; then: kubectl delete namespace {NAMESPACE}"
            raise ClusterError(f"there is a namespace {NAMESPACE} already", fix=fix)
        cluster.send("POST", _NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        try:
            yield
        finally:
            cluster.send("DELETE", f"{_NAMESPACES}/{NAMESPACE}")


def command(scenario: str, platform: Platform, out: Path) -> list[str]:
    """The command of one run."""
    words = [sys.executable, "-c", "from autoscale.cli import main; main()", "run"]
    words += [str(SCENARIOS / f"{scenario}.yaml"), "--context", platform, "--no-web", "--out", str(out)]
    return words if platform == "embedded" else [*words, "--kubeconfig", str(state().kubeconfig), "-n", NAMESPACE]


def environment(platform: Platform, out: Path) -> dict[str, str]:
    """The embedded cluster gets a state folder of its own, so that no other one that runs here is used."""
    return {**os.environ, "XDG_STATE_HOME": str(out / "state")} if platform == "embedded" else dict(os.environ)


def run(turn: Turn, out: Path, say: Callable[[str], None]) -> Run:
    """One run, whatever becomes of it: one that left no record counts as failed, with what it said last."""
    repetition, scenario, platform = turn
    folder = out / f"{repetition}-{scenario}-{platform}"
    folder.mkdir(parents=True)
    about: dict[str, Any] = {
        "platform": platform,
        "scenario": scenario,
        "repetition": repetition,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count() or 0,
        "busy": round(os.getloadavg()[0], 1),
    }
    said = _say(command(scenario, platform, folder), environment(platform, folder), folder / "output.txt")
    try:
        records = list(folder.glob("*/record.jsonl"))
        if len(records) != 1:
            raise ClusterError(f"the run left no record: {said}")
        found = measured(gather(records[0]), **about)
        found = replace(found, why=said) if found.outcome == "failed" else found
    except AutoscaleError as error:
        found = Run(outcome="failed", why=error.what, versions={}, figures=Figures(), **about)
    say(f"{repetition}. {scenario} on {platform}: {found.outcome}" + (f" ({found.why})" if found.why else ""))
    return found


def _say(words: list[str], environ: dict[str, str], log: Path) -> str:
    """Run a command to its end with its output in a file; returns why it failed, see ``told``."""
    with log.open("w+", encoding="utf-8") as file:
        # In a process group of its own: Ctrl-C reaches it once, through us, and it still removes what it made.
        with subprocess.Popen(words, env=environ, stdout=file, stderr=file, process_group=0) as process:
            try:
                process.wait(_LONGEST_S)
            except subprocess.TimeoutExpired:
                process.terminate()
            except BaseException:
                process.terminate()
                process.wait(_ENDING_S)  # `with` does not wait after Ctrl-C
                raise
        file.seek(0)
        return told(file.read())


def told(output: str) -> str:
    """The error in what a run printed, in one line; its last line where it names none."""
    lines = output.strip().splitlines()
    begin = next((number for number, line in enumerate(lines) if line.startswith("Error: ")), None)
    if begin is None:
        return lines[-1] if lines else "nothing was said"
    rest = takewhile(lambda line: line.startswith("  "), lines[begin + 1 :])
    return "; ".join([lines[begin].removeprefix("Error: "), *(line.strip() for line in rest)])
