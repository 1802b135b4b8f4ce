"""Which kinds a cluster has: those of the table, and those that its CustomResourceDefinitions define. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from autoscale.kube.conditions import holds
from autoscale.kube.forms import FORMS, Form
from autoscale.kube.kinds import BY_PATH, RESOURCES, TABLE, Key, Object
from autoscale.kube.resource import Resource
from autoscale.kube.structural import structure_of

_VERSION = re.compile(r"v(\d+)(?:(alpha|beta)(\d+))?")
_STAGES = {None: 2, "beta": 1, "alpha": 0}


@dataclass(frozen=True)
class Catalogue:
    """``rows``: every served version of the custom kinds, the preferred one of a group first; ``stored``: by shelf the
    version in which objects are stored."""

    rows: tuple[Resource, ...] = ()
    stored: Mapping[str, Resource] = field(default_factory=dict)

    @property
    def table(self) -> tuple[Resource, ...]:
        """All that is served."""
        return TABLE + self.rows

    def at(self, group: str, version: str, plural: str) -> Resource | None:
        """What a request's path means."""
        own = (row for row in self.rows if (row.group, row.version, row.plural) == (group, version, plural))
        return BY_PATH.get((group, version, plural)) or next(own, None)

    def by_kind(self, group: str, kind: str) -> Resource | None:
        """The stored version of a kind; None where it is not served."""
        own = RESOURCES.get(kind)
        if own and own.group == group:
            return own
        return next((row for row in self.stored.values() if (row.group, row.kind) == (group, kind)), None)

    def on(self, shelf: str) -> Resource:
        """The kind that the store keeps under that name; KeyError where there is none."""
        return RESOURCES.get(shelf) or self.stored[shelf]

    def of(self, obj: Object) -> Resource:
        """The kind of an object; KeyError where it is not known. What has no apiVersion is of the table."""
        if self.stored and (group := group_of(obj)):
            found = self.by_kind(group, obj["kind"])
            if found is not None:
                return found
        return RESOURCES[obj["kind"]]

    def key_of(self, obj: Object) -> Key:
        """The key of an object; KeyError where it has no kind or no name."""
        metadata, resource = obj["metadata"], self.of(obj)
        namespace = (metadata.get("namespace") or "default") if resource.namespaced else ""
        return resource.shelf, namespace, metadata["name"]

    def form(self, row: Resource) -> Form | None:
        """How a row's objects differ from those that are stored; None where they do not."""
        if row.defined is None:
            return FORMS.get((row.api_version, row.kind))
        stored = self.stored[row.shelf]
        if stored.version == row.version:
            return None
        return Form(
            resource=row,
            type="",
            outward=lambda obj: {**obj, "apiVersion": row.api_version},
            inward=lambda obj: {**obj, "apiVersion": stored.api_version},
        )


def group_of(obj: Object) -> str:
    """``apps`` of ``apps/v1``; the core group has no name."""
    return str(obj.get("apiVersion") or "").rpartition("/")[0]


def catalogue_of(definitions: Iterable[Object]) -> Catalogue:
    """The kinds that established CustomResourceDefinitions define, beside those of the table."""
    established = [one for one in definitions if holds(one, "Established")]
    stored = {row.shelf: row for one in established for row in _rows(one, "storage")}
    served = (row for one in established for row in sorted(_rows(one, "served"), key=_priority))
    return Catalogue(tuple(served), stored)


def _rows(definition: Object, mark: str) -> Iterable[Resource]:
    """The versions that are marked as served, or as that of storage."""
    spec, names = definition["spec"], definition["status"].get("acceptedNames") or definition["spec"]["names"]
    for version in spec["versions"]:
        if not version.get(mark):
            continue
        subresources = version.get("subresources") or {}
        yield Resource(
            group=spec["group"],
            version=version["name"],
            plural=names["plural"],
            kind=names["kind"],
            namespaced=spec["scope"] == "Namespaced",
            short=tuple(names.get("shortNames") or ()),
            categories=tuple(names.get("categories") or ()),
            subresources=tuple(name for name in ("status", "scale") if name in subresources),
            generation=True,
            selectable=tuple(one["jsonPath"].lstrip(".") for one in version.get("selectableFields") or ()),
            defined=version,
            names=(names["singular"], names["listKind"]),
            structure=structure_of((version.get("schema") or {}).get("openAPIV3Schema") or {}),
        )


def _priority(row: Resource) -> tuple[int, ...]:
    """Stable versions first, then beta, then alpha, each the newest first (apimachinery, pkg/version)."""
    found = _VERSION.fullmatch(row.version)
    if found is None:
        return (1,)
    return 0, -_STAGES[found[2]], -int(found[1]), -int(found[3] or 0)
