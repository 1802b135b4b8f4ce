"""`autoscale ui` as a process: a run is started over the wire, recorded, and its report served."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import eventually


@contextmanager
def ui(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command on a free port, and its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = free.getsockname()[1]
    main = "from autoscale.cli import main; main()"
    command = [sys.executable, "-c", main, "ui", "--port", str(number), "--out", str(folder / "runs")]
    # Its embedded cluster is its own, whichever else runs on this machine.
    own = {**os.environ, "XDG_STATE_HOME": str(folder / "state")}
    with (
        (folder / "out").open("w") as out,
        subprocess.Popen(command, stdout=out, stderr=out, env=own, text=True) as process,
    ):
        try:
            eventually(
                lambda: "Start runs at" in (folder / "out").read_text() or process.poll() is not None, "the page"
            )
            yield process, (folder / "out").read_text().partition("Start runs at ")[2].split()[0]
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            process.wait(60)


def get(address: str, path: str = "/") -> str:
    """A page's text; ``address`` is the printed one, whose token goes along."""
    url, _, token = address.partition("/?token=")
    request = urllib.request.Request(url + path, headers={"X-Autoscale-Token": token})
    with urllib.request.urlopen(request, timeout=90) as answer:
        return str(answer.read().decode())


def start(address: str, **wish: Any) -> Any:
    url, _, token = address.partition("/?token=")
    body = json.dumps({"scenario": "smoke", "rate_factor": 1, "time_factor": 1, **wish}).encode()
    request = urllib.request.Request(f"{url}/autoscale/start", data=body, headers={"X-Autoscale-Token": token})
    with urllib.request.urlopen(request, timeout=90) as answer:
        return json.loads(answer.read())


def news(url: str) -> Any:
    return json.loads(get(url, "/autoscale/live"))


def test_it_waits_and_ends_on_ctrl_c(tmp_path: Path) -> None:
    """Without a run Ctrl-C ends it at once, with 0 and without a traceback."""
    with ui(tmp_path) as (process, url):
        assert "smoke" in get(url)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert "Traceback" not in (tmp_path / "out").read_text()


@pytest.mark.e2e
def test_a_run_from_the_page_leaves_a_report(tmp_path: Path) -> None:
    """Start smoke at half its length: pods and load come in live, the record and a linked report remain."""
    with ui(tmp_path) as (_, url):
        assert start(url, time_factor=0.5)["success"] is True
        eventually(lambda: news(url)["state"] == "running", "the load")
        eventually(lambda: "SCALING" in get(url).upper() and "templateArgs" in get(url), "Locust's page")
        eventually(lambda: news(url)["report"] and not news(url)["desk"]["busy"], "the report")
        told = news(url)
        assert told["desk"]["error"] is None
        assert sum(row[1] for row in told["seconds"]) > 100
        assert told["pods"]
        assert told["cpu"]
        assert re.search(r"<title>\w+: smoke", get(url, told["report"]))
        assert told["run"] in get(url)
