"""``make clients``: every client's program on an embedded cluster, and what each could do (ARGS='helm' for some).

What was seen is written down in ``observed.json``, from which docs/clients.md is made.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from autoscale.embedded import settings
from autoscale.embedded.launch import process
from tests.clients.clients import CLIENTS, Client

OBSERVED = Path(__file__).with_name("observed.json")
TINY = (
    "import os; from http.server import *; print('started', flush=True);"
    "HTTPServer((os.environ['POD_IP'], 8080), SimpleHTTPRequestHandler).serve_forever()"
)
CONTAINER = {
    "name": "web",
    "image": "autoscale-app:dev",
    "command": ["python", "-c", TINY],
    "env": [{"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
    "ports": [{"containerPort": 8080, "name": "http"}],
    "readinessProbe": {"httpGet": {"port": "http"}, "periodSeconds": 1},
}
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [CONTAINER], "terminationGracePeriodSeconds": 1},
        },
    },
}
PATIENCE_S = 300


def tried(client: Client, kubeconfig: Path, namespace: str) -> dict[str, Any]:
    """The steps that worked, and the last words where it ended early (None: it did not)."""
    try:
        line = client.command()
    except (RuntimeError, OSError) as error:
        return {"version": client.version, "steps": [], "ended": f"not installed: {error}"}
    with tempfile.TemporaryDirectory() as work:
        environment = {
            **os.environ,
            "KUBECONFIG": str(kubeconfig),
            "NAMESPACE": namespace,
            "DEPLOYMENT": json.dumps(DEPLOYMENT),
            "WORK": work,
        }
        done = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=PATIENCE_S)
    ended = (done.stderr.strip().splitlines() or ["?"])[-1] if done.returncode else None
    if done.returncode:
        print(done.stderr[-3000:], file=sys.stderr)
    return {"version": client.version, "steps": done.stdout.split(), "ended": ended}


def main(wanted: list[str]) -> int:
    """Run the wanted clients (all where none is named); 1 where one of them ended early."""
    seen: dict[str, Any] = json.loads(OBSERVED.read_text()) if OBSERVED.exists() else {}
    broken = 0
    with tempfile.TemporaryDirectory() as state:
        os.environ["XDG_STATE_HOME"] = state
        running = process.start("clients", settings.quick())
        try:
            for number, client in enumerate(CLIENTS):
                if wanted and not any(word in f"{client.name} {client.version}" for word in wanted):
                    continue
                namespace = f"client-{number}"
                kubectl = ["kubectl", f"--kubeconfig={running.kubeconfig}", "create", "namespace", namespace]
                subprocess.run(kubectl, check=True, capture_output=True)
                found = tried(client, running.kubeconfig, namespace)
                seen[f"{client.name} {client.version}"] = {"name": client.name, **found}
                OBSERVED.write_text(json.dumps(dict(sorted(seen.items())), indent=1) + "\n")
                broken += found["ended"] is not None
                print(
                    f"{client.name} {client.version}: {' '.join(found['steps'])} {found['ended'] or 'ok'}", flush=True
                )
        finally:
            running.stop()
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
