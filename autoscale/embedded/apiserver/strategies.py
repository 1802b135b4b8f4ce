"""What is particular to a kind when its objects are written (upstream's registry strategies). Pure.

Kinds of the table go by the published types and the tables of this project, custom ones by their definition.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from autoscale.embedded.addresses import Block
from autoscale.embedded.apiserver.admission import complete
from autoscale.embedded.apiserver.custom.shape import filled, pruned
from autoscale.embedded.apiserver.custom.values import faults
from autoscale.embedded.apiserver.support import Classified, classify
from autoscale.embedded.apiserver.validation import kinds as validation
from autoscale.embedded.apiserver.validation.causes import Cause, wrong
from autoscale.embedded.apiserver.validation.types import Decoded, decode
from autoscale.kube.defaults import with_defaults
from autoscale.kube.kinds import Object
from autoscale.kube.resource import Resource
from autoscale.kube.scale import at_path
from autoscale.plane.admission.admit import admit
from autoscale.plane.view import Objects


class Strategy(Protocol):
    """A kind, as writes see it."""

    def read(self, body: Object, resource: Resource) -> Decoded:
        """A body in the form of ``resource`` (a row of this kind) without what is unknown."""

    def filled(self, obj: Object) -> Object:
        """The object with its defaults."""

    def complete(self, obj: Object, old: Object | None, objects: Objects, block: Block) -> Object:
        """With what the server itself adds; ``StatusError`` where it cannot."""

    def causes(self, obj: Object, old: Object | None) -> Iterator[Cause]:
        """All that is wrong with it, or with the change from ``old``."""

    def admit(self, obj: Object, objects: Objects) -> Object:
        """A new object, let in; ``StatusError`` where its namespace does not take it."""

    def classify(self, obj: Object) -> Classified:
        """Which of its fields are accepted and not enforced, and which refused."""


class Known:
    """The kinds of the table."""

    def read(self, body: Object, resource: Resource) -> Decoded:
        """By the published types."""
        return decode({**body, "kind": resource.kind, "apiVersion": resource.api_version}, resource.schema)

    def filled(self, obj: Object) -> Object:
        """As upstream's ``defaults.go`` have it."""
        return with_defaults(obj)

    def complete(self, obj: Object, old: Object | None, objects: Objects, block: Block) -> Object:
        """Addresses, selectors, labels."""
        return complete(obj, old, objects, block)

    def causes(self, obj: Object, old: Object | None) -> Iterator[Cause]:
        """By the rules of its kind."""
        yield from validation.causes(obj)
        yield from validation.changes(old, obj) if old else validation.beginnings(obj)

    def admit(self, obj: Object, objects: Objects) -> Object:
        """Through LimitRanges and ResourceQuotas."""
        return admit(obj, objects)

    def classify(self, obj: Object) -> Classified:
        """By the table of what is supported."""
        return classify(obj)


@dataclass(frozen=True)
class Custom:
    """A kind of a CustomResourceDefinition."""

    resource: Resource

    def read(self, body: Object, resource: Resource) -> Decoded:
        """By the version's structural schema."""
        return pruned({**body, "kind": resource.kind, "apiVersion": resource.api_version}, schema_of(resource))

    def filled(self, obj: Object) -> Object:
        """With the schema's defaults."""
        done: Object = filled(obj, schema_of(self.resource))
        return done

    def complete(self, obj: Object, old: Object | None, objects: Objects, block: Block) -> Object:  # noqa: ARG002
        """Nothing is added."""
        return obj

    def causes(self, obj: Object, old: Object | None) -> Iterator[Cause]:  # noqa: ARG002
        """By the schema, without what is said of metadata there."""
        yield from validation.metadata_causes(obj, self.resource)
        yield from faults({**obj, "metadata": {}}, _without_metadata(schema_of(self.resource)), "")
        scale = (self.resource.defined or {}).get("subresources", {}).get("scale")
        replicas = at_path(obj, scale["specReplicasPath"]) if scale else None
        if type(replicas) is int and replicas < 0:
            yield wrong(scale["specReplicasPath"], replicas, "should be a non-negative integer")

    def admit(self, obj: Object, objects: Objects) -> Object:
        """Through ResourceQuotas."""
        return admit(obj, objects)

    def classify(self, obj: Object) -> Classified:  # noqa: ARG002
        """There is nothing that the cluster would have to do."""
        return Classified((), ())


def _without_metadata(schema: Object) -> Object:
    properties = {name: held for name, held in (schema.get("properties") or {}).items() if name != "metadata"}
    return {**schema, "properties": properties}


def schema_of(resource: Resource) -> Object:
    """The schema of a custom kind's version."""
    found: Object = ((resource.defined or {}).get("schema") or {}).get("openAPIV3Schema") or {}
    return found


def strategy_of(resource: Resource) -> Strategy:
    """The strategy of a stored kind."""
    return Known() if resource.defined is None else Custom(resource)
