"""The two examples of journeys, run whole on the embedded cluster: through the shop, and over gRPC."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from autoscale.base.resources import manifests

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(sys.platform != "linux", reason="the embedded cluster needs Linux")]
SHORT = ["--no-web", "--set", "load.plan=[{name: steady, duration: 6s, rate: 5}]", "--set", "load.pool=10"]


def run(home: Path, *words: str) -> list[dict[str, Any]]:
    """``autoscale run`` to its end: the rows of its record, which is whole."""
    env = {**os.environ, "XDG_STATE_HOME": str(home / "state"), "XDG_CONFIG_HOME": str(home / "config")}
    command = [sys.executable, "-c", "from autoscale.cli import main; main()", "run", *words, *SHORT]
    done = subprocess.run([*command, "--out", str(home / "runs")], env=env, capture_output=True, text=True, timeout=240)
    records = list((home / "runs").glob("*/record.jsonl"))
    assert len(records) == 1, done.stdout + done.stderr
    rows = [json.loads(line) for line in records[0].read_text().splitlines()]
    assert (rows[-1]["k"], rows[-1]["reason"]) == ("end", "done"), done.stdout + done.stderr
    return rows


def answered(rows: list[dict[str, Any]], part: str) -> Counter[str]:
    """How many of each name were answered well."""
    found: Counter[str] = Counter()
    for row in rows:
        for name, share in row.get(part, {}).items():
            found[name] += share["answered"]
    return found


def total(rows: list[dict[str, Any]], field: str) -> int:
    """The sum of a count over all seconds."""
    return sum(row[field] for row in rows if row["k"] == "load")


def test_shoppers_go_through_the_shop(tmp_path: Path) -> None:
    """Each journey is four requests of three names to pods that share nothing; what is counted is what could be: no
    more paid than filled their carts, and no more did that than browsed."""
    rows = run(tmp_path, "shop")
    names, journeys = answered(rows, "by_name"), answered(rows, "journeys")
    assert names.keys() == {"browse", "add to cart", "pay"}
    assert journeys.keys() == {"Checkout"}
    assert 0 < journeys["Checkout"] <= names["pay"] <= names["add to cart"] / 2
    assert names["add to cart"] / 2 <= names["browse"] <= 30 - total(rows, "dropped")
    assert {pod for row in rows if row["k"] == "load" for pod in row["by_pod"]} <= {
        row["name"] for row in rows if row["k"] == "pod"
    }


def test_calls_of_a_grpc_service_are_counted_as_any_request(tmp_path: Path) -> None:
    """A user class with a client of its own: names, latencies, and the pod by the metadata that its answers bring."""
    place = {"workdir": str(manifests() / "examples" / "grpc"), "path": str(Path(sys.executable).parent)}
    images = json.dumps({"autoscale-greeter": place})
    rows = run(tmp_path, "grpc", "--set", f"embedded.settings.images={images}")
    assert rows[0]["target"]["name"] == "greeter"
    assert answered(rows, "by_name").keys() == {"Greet"}
    assert answered(rows, "journeys").keys() == {"say_hello"}
    assert total(rows, "sent") == 30 - total(rows, "dropped")
    assert 0 < total(rows, "answered") <= total(rows, "sent")
    (pod,) = {pod for row in rows if row["k"] == "load" for pod in row["by_pod"]}
    assert pod.startswith("greeter-")
