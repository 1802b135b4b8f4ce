"""What a pod asks for while it is being resized, as the kubelet's events tell it."""

import json

from autoscale.analysis.intake.pods import Requests
from autoscale.kube.quantities import milli


def asked_for(message: str) -> Requests:
    """The requests named by a ``ResizeStarted``, ``ResizeDeferred``, ``ResizeInfeasible`` or ``ResizeCompleted`` event.

    Its message ends in JSON (Kubernetes 1.35: ``{"containers": [{"name", "resources"}], "generation", "error"}``). The
    HPA divides by what is asked for, also while the node cannot give it yet. Empty where the message holds none.
    """
    try:
        containers = json.loads(message[message.index("{") :])["containers"]
        return {one["name"]: _thousandths(one["resources"].get("requests") or {}) for one in containers}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _thousandths(requests: dict[str, str]) -> dict[str, int]:
    return {name: milli(value) for name, value in requests.items() if name in ("cpu", "memory")}
