"""One request and what came of it, in one line: for the points that are about the API server alone."""

import json
from typing import Any

from autoscale.cluster.answers import Answer
from tests.contract.world import World, plain

JSON = "application/json"
MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"


def ask(world: World, method: str, path: str, body: Any = None, content_type: str = JSON, accept: str = JSON) -> Answer:
    """One request with a JSON body (or bytes as they are)."""
    data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    return world.cluster.call(method, path, body=data, headers={"content-type": content_type, "accept": accept})


def told(world: World, answer: Answer) -> str:
    """The status of an answer, and of a refusal its reason and words; warnings follow."""
    text = str(answer.status)
    if answer.status >= 400:
        text += f" {_words(answer)}"
    if "warning" in answer.headers:
        text += f" (warned: {answer.headers['warning']})"
    return plain(text.replace(world.namespace, "<namespace>"))


def _words(answer: Answer) -> str:
    try:
        value = json.loads(answer.body)
    except ValueError:
        return answer.body.decode(errors="replace").strip()
    return f"{value.get('reason')}: {value.get('message')}"


def owners(world: World, obj: Any) -> list[str]:
    """Who manages which fields of an object, a line each, without the server's own components."""
    entries = obj["metadata"].get("managedFields") or []
    lines = [
        f"{one['manager']} {one['operation']} {one.get('subresource', '-')} {one['apiVersion']}: "
        f"{json.dumps(one['fieldsV1'], sort_keys=True)}"
        for one in entries
        if one["manager"].startswith("contract")
    ]
    return sorted(line.replace(world.namespace, "<namespace>") for line in lines)
