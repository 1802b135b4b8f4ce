"""The embedded API server's speed: 1,000 watchers of 2,000 objects, and lists of 2,000 pods."""

import base64
import contextlib
import json
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import yaml

from autoscale.embedded import settings
from autoscale.embedded.kubelet.limiter import cpu_time_s
from autoscale.embedded.launch import process

OBJECTS, WATCHERS, NAMESPACES = 2000, 1000, 50
RATE, SPAN_S = 100, 20.0


def run() -> list[tuple[str, str]]:
    """Rows of (what, figure)."""
    running = process.start(f"bench-api-{os.getpid()}", settings.quick())
    try:
        with tempfile.TemporaryDirectory() as folder:
            api = _Api(running.kubeconfig, Path(folder))
            return [*_watched(api), *_listed(api)]
    finally:
        running.stop()


class _Api:
    """Plain requests to a cluster."""

    def __init__(self, kubeconfig: Path, folder: Path) -> None:
        known = yaml.safe_load(kubeconfig.read_text())
        cluster, user = known["clusters"][0]["cluster"], known["users"][0]["user"]
        self.url, self.token, self.ca = cluster["server"], user["token"], folder / "ca"
        self.ca.write_bytes(base64.b64decode(cluster["certificate-authority-data"]))
        self._trust = ssl.create_default_context(cafile=str(self.ca))
        self._client = HTTPSConnection(self.url.removeprefix("https://"), context=self._trust)

    def __call__(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> bytes:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        self._client.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = self._client.getresponse()
        data: bytes = answer.read()
        if answer.status >= 300:
            raise RuntimeError(data.decode())
        return data


def _watched(api: _Api) -> list[tuple[str, str]]:
    paths = [f"/api/v1/namespaces/n{number}/configmaps" for number in range(NAMESPACES)]
    for number in range(NAMESPACES):
        api("POST", "/api/v1/namespaces", {"metadata": {"name": f"n{number}"}})
    for number in range(OBJECTS):
        api("POST", paths[number % NAMESPACES], {"metadata": {"name": f"c{number}"}, "data": {"sent": "0"}})
    version = json.loads(api("GET", "/api/v1/configmaps?limit=1"))["metadata"]["resourceVersion"]
    pid = _pid(api)
    with _watchers(api, version, paths) as watching:
        before, begin, made = cpu_time_s(pid), time.monotonic(), 0
        while (at := time.monotonic() - begin) < SPAN_S:
            while made < at * RATE:
                number = made % OBJECTS
                body = {"data": {"sent": f"{time.time():.6f}"}}
                path = f"{paths[number % NAMESPACES]}/c{number}"
                api("PATCH", path, body, "application/merge-patch+json")
                made += 1
            time.sleep(0.001)
        span = time.monotonic() - begin
        share = (cpu_time_s(pid) - before) / span
        time.sleep(1)
        assert watching.stdin
        watching.stdin.close()
        assert watching.stdout
        ages = sorted(json.loads(watching.stdout.readline()))
    wanted = made * WATCHERS // NAMESPACES
    what = f"API server: {WATCHERS:,} watchers of {OBJECTS:,} objects, {made / span:.0f} changes/s: "
    middle, late = ages[len(ages) // 2], ages[len(ages) * 99 // 100]
    return [
        (what + "event to watcher p50, p99", f"{middle:.1f}, {late:.1f} ms ({len(ages):,} of {wanted:,} events)"),
        ("API server: its CPU meanwhile", f"{100 * share:.0f} % of a core"),
    ]


@contextlib.contextmanager
def _watchers(api: _Api, version: str, paths: list[str]) -> "Iterator[subprocess.Popen[str]]":
    line = [sys.executable, "-m", "tests.benchmarks.watchers", api.url, api.token, str(api.ca), version]
    line += [str(WATCHERS // NAMESPACES), *paths]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout
        if watching.stdout.readline() != "open\n":
            raise RuntimeError("the watchers did not begin")
        try:
            yield watching
        finally:
            watching.kill()


def _listed(api: _Api) -> list[tuple[str, str]]:
    container = {"name": "web", "image": "autoscale-app:dev"}
    spec = {"containers": [container], "nodeSelector": {"no": "where"}, "terminationGracePeriodSeconds": 1}
    for number in range(OBJECTS):
        body = {"metadata": {"name": f"p{number}", "labels": {"app": f"a{number % 10}"}}, "spec": spec}
        api("POST", "/api/v1/namespaces/default/pods", body)
    taken = []
    for _ in range(15):
        begin = time.perf_counter()
        data = api("GET", "/api/v1/namespaces/default/pods")
        taken.append((time.perf_counter() - begin) * 1000)
    found = len(json.loads(data)["items"])
    what = f"API server: a list of {found:,} pods ({len(data) / 1e6:.1f} MB), median of 15 (the longest)"
    return [(what, f"{statistics.median(taken):.0f} ms ({max(taken):.0f} ms)")]


def _pid(api: _Api) -> int:
    """The process that listens on the API's port."""
    port = f":{int(api.url.rpartition(':')[2]):04X} "
    inodes = {
        line.split()[9] for line in Path("/proc/net/tcp").read_text().splitlines() if port in line and " 0A " in line
    }
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if os.readlink(link).removeprefix("socket:[").removesuffix("]") in inodes:
                return int(link.parts[2])
    raise RuntimeError("nobody listens")
