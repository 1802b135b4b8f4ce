"""Lists in pages (``limit``, ``continue``): all pages of a list show the collection as it was at the first one.

Upstream reads the old state from etcd; here it is made from the watch history, as far back as that reaches.
Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass

from autoscale.embedded.apiserver.matching import Matcher
from autoscale.kube.statuses import StatusError, bad_request
from autoscale.plane.store import Store, Stored

NamespacedName = tuple[str, str]

_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter"
)


@dataclass(frozen=True)
class Page:
    """A part of a list. ``token``: where the next one begins, "" at the end; ``left``: how many objects follow."""

    items: Sequence[Stored]
    version: int
    token: str = ""
    left: int = 0


def page(store: Store, wanted: Matcher, limit: int, token: str) -> Page:
    """The objects after ``token`` ("": from the first), at most ``limit`` (0: all).

    ``StatusError``: 400 for a token that is none, 410 where the history no longer reaches back to it.
    """
    version, after = _read(token) if token else (store.version, None)
    found = [(name, one) for name, one in _as_of(store, wanted.shelf, version) if wanted(one.obj)]
    rest = [(name, one) for name, one in found if after is None or name > after]
    taken = rest[:limit] if limit else rest
    if len(taken) == len(rest):
        return Page([one for _, one in taken], version)
    return Page([one for _, one in taken], version, _token(version, taken[-1][0]), len(rest) - len(taken))


def _as_of(store: Store, kind: str, version: int) -> list[tuple[NamespacedName, Stored]]:
    """All objects of a kind as they were at a version: what is there now, less what happened since."""
    held = {_name(one): one for one in store.objects.entries(kind)}
    if version == store.version:
        return list(held.items())
    try:
        changes = store.changes(version)
    except StatusError:
        raise StatusError(410, "Expired", _TOO_OLD) from None
    for change in reversed(changes):
        if change.key[0] == kind and change.previous is None:
            held.pop(change.key[1:], None)
        elif change.key[0] == kind and change.previous is not None:
            held[change.key[1:]] = Stored(change.previous)
    return sorted(held.items(), key=lambda entry: entry[0])


def _name(stored: Stored) -> NamespacedName:
    metadata = stored.obj["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


def _token(version: int, name: NamespacedName) -> str:
    body = {"v": "meta.k8s.io/v1", "rv": version, "start": list(name)}
    return base64.urlsafe_b64encode(json.dumps(body).encode()).decode()


def _read(token: str) -> tuple[int, NamespacedName]:
    try:
        body = json.loads(base64.urlsafe_b64decode(token.encode()))
        version, (namespace, name) = body["rv"], body["start"]
        if type(version) is int and isinstance(namespace, str) and isinstance(name, str):
            return version, (namespace, name)
    except (ValueError, KeyError, TypeError):
        pass
    raise bad_request("invalid continue token: continue key is not valid: it is not one that this server gave")
