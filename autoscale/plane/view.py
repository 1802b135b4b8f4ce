"""The read side of the store: versions of objects, changes, and the live view that controllers and watches read."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from autoscale.kube.catalogue import Catalogue, catalogue_of
from autoscale.kube.kinds import Key, Object

CUSTOM = "*"
"""Among the kinds that a controller reads: all custom ones."""


@dataclass(frozen=True)
class Stored:
    """One version of one object, with its JSON made at most once."""

    obj: Object

    @cached_property
    def raw(self) -> bytes:
        """The object as compact JSON."""
        return json.dumps(self.obj, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Change:
    """One step of the watch history. ``type`` is ADDED, MODIFIED or DELETED; ``previous`` what was there before."""

    version: int
    type: str
    key: Key
    stored: Stored
    previous: Object | None

    @cached_property
    def raw(self) -> bytes:
        """The change as one line of a watch."""
        return self.line(self.type)

    def line(self, event_type: str) -> bytes:
        """The change told as another type (an object that enters or leaves a selection)."""
        raw = self.stored.raw if (obj := self.told(event_type)) is self.stored.obj else Stored(obj).raw
        return b'{"type":"' + event_type.encode() + b'","object":' + raw + b"}\n"

    def told(self, event_type: str) -> Object:
        """The object as a watcher is told of it: one that leaves a selection as it was while it was in it, under the
        version by which it left (upstream's watch cache)."""
        if self.previous is None or event_type == self.type or event_type != "DELETED":
            return self.stored.obj
        version = self.stored.obj["metadata"]["resourceVersion"]
        return {**self.previous, "metadata": {**self.previous["metadata"], "resourceVersion": version}}


class Objects:
    """A live, read-only view of a store. Callers must not mutate what they get."""

    def __init__(self, kinds: Mapping[str, "Shelf"], version: Callable[[], int]) -> None:
        self._kinds = kinds
        self._version = version
        self._catalogue = (0, Catalogue())

    @property
    def version(self) -> int:
        """The resource version of the last change."""
        return self._version()

    def changed(self, kinds: Iterable[str]) -> int:
        """The version of the last change of an object of these kinds; 0 where there was none."""
        return max((self._changed(kind) for kind in kinds), default=0)

    def _changed(self, kind: str) -> int:
        return self.changed(self.catalogue.stored) if kind == CUSTOM else self._kinds[kind].version

    @property
    def catalogue(self) -> Catalogue:
        """Which kinds there are; made anew when a definition has changed."""
        definitions = self._kinds["CustomResourceDefinition"]
        if self._catalogue[0] != definitions.version:
            self._catalogue = definitions.version, catalogue_of(self.list("CustomResourceDefinition"))
        return self._catalogue[1]

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """One object, or None. ``kind`` is a resource's ``shelf``, ``namespace`` "" for cluster-wide kinds."""
        stored = self._kinds[kind].entries.get((namespace, name))
        return stored.obj if stored else None

    def list(self, kind: str, namespace: str | None = None) -> "list[Object]":
        """All objects of a kind (of one namespace), by namespace and name."""
        return [stored.obj for stored in self.entries(kind, namespace)]

    def entries(self, kind: str, namespace: str | None = None) -> Iterator[Stored]:
        """As ``list``, each with its JSON."""
        held = self._kinds[kind]
        for at in held.order():
            if namespace is None or at[0] == namespace:
                yield held.entries[at]


class Shelves(dict[str, "Shelf"]):
    """By shelf the objects of a kind; those of custom kinds come as they are asked for."""

    def __missing__(self, shelf: str) -> "Shelf":
        if "." not in shelf:
            raise KeyError(shelf)
        self[shelf] = made = Shelf()
        return made


@dataclass
class Shelf:
    """The objects of one kind; their order is made when it is asked for. ``version`` is that of the last change."""

    entries: dict[tuple[str, str], Stored] = field(default_factory=dict)
    sorted_keys: list[tuple[str, str]] | None = None
    version: int = 0

    def order(self) -> list[tuple[str, str]]:
        """The keys by namespace and name."""
        if self.sorted_keys is None:
            self.sorted_keys = sorted(self.entries)
        return self.sorted_keys

    def put(self, at: tuple[str, str], stored: Stored, version: int) -> None:
        """Hold a version of the object at (namespace, name)."""
        self.version = version
        if at not in self.entries:
            self.sorted_keys = None
        self.entries[at] = stored

    def remove(self, at: tuple[str, str], version: int) -> None:
        """Hold it no longer."""
        self.version = version
        del self.entries[at]
        self.sorted_keys = None
