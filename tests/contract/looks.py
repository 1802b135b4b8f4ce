"""Looks at a world that several points need."""

import re
from typing import Any

from tests.contract.world import World


def with_reason(world: World, kind: str, prefix: str, reason: str) -> list[dict[str, Any]]:
    """Events about objects of a kind whose name begins so, with one reason."""
    return [event for event in world.events(kind, prefix) if event["reason"] == reason]


def source(event: dict[str, Any]) -> str:
    """The component that an event comes from."""
    return event.get("reportingComponent") or (event.get("source") or {}).get("component") or "nobody"


def hashless(text: str) -> str:
    """A text without the hash in a ReplicaSet's name."""
    return re.sub(r'((?:replica set|ReplicaSet) "?)[a-z0-9-]+', r"\1<name>", text)
