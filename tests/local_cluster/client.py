"""kubectl as a function: the tests and the start use the same client as a user."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autoscale.base.errors import ClusterError


@dataclass(frozen=True)
class Kubectl:
    """kubectl bound to one kubeconfig."""

    program: Path
    kubeconfig: Path

    def run(self, *words: str, text: str | None = None, seconds: float = 60) -> str:
        """Run ``kubectl WORDS`` and return what it prints. Raises ClusterError with what it says."""
        done = self._run(words, text, seconds)
        if done.returncode:
            raise ClusterError(f"`kubectl {' '.join(words)}` failed: {done.stderr.strip()}")
        return done.stdout

    def answer(self, *words: str) -> str:
        """What ``kubectl WORDS`` prints, whether or not it is content (``auth can-i`` says no with exit code 1)."""
        return self._run(words, None, 60).stdout.strip()

    def json(self, *words: str) -> Any:
        """The answer of ``kubectl WORDS -o json``."""
        return json.loads(self.run(*words, "-o", "json"))

    def apply(self, *objects: dict[str, Any]) -> None:
        """Apply objects server-side."""
        items = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.run("apply", "--server-side", "-f", "-", text=json.dumps(items))

    def ready(self) -> bool:
        """Whether the API server answers and says that it is ready."""
        return self.kubeconfig.exists() and self.answers("/readyz")

    def answers(self, path: str) -> bool:
        """Whether a path of the API answers without an error."""
        return self._run(("get", "--raw", path), None, 10).returncode == 0

    def condition(self, what: str, name: str) -> bool:
        """Whether ``what`` (words for ``kubectl get``) has the condition ``name``."""
        path = f'jsonpath={{.status.conditions[?(@.type=="{name}")].status}}'
        return self._run(("get", *what.split(), "-o", path), None, 10).stdout.strip() == "True"

    def _run(self, words: tuple[str, ...], text: str | None, seconds: float) -> "subprocess.CompletedProcess[str]":
        command = [str(self.program), "--kubeconfig", str(self.kubeconfig), *words]
        try:
            return subprocess.run(command, input=text, capture_output=True, text=True, timeout=seconds)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, 124, "", f"no answer within {seconds:.0f} s")
