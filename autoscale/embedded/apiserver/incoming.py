"""What a write brings: where it goes, how it is meant, and its body as an object of that kind."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from autoscale.embedded.apiserver.strategies import strategy_of
from autoscale.kube.forms import Form
from autoscale.kube.kinds import Object
from autoscale.kube.resource import Resource
from autoscale.kube.statuses import bad_request

Patcher = Callable[[Object], Object]
"""The object as it is -> the object as it shall be."""


@dataclass
class WriteOptions:
    """How a write is meant. ``now``: seconds since the epoch; ``warnings`` collects what the client shall be told."""

    now: float
    manager: str = "unknown"
    dry_run: bool = False
    validation: Literal["Strict", "Warn", "Ignore"] = "Warn"
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ResourcePath:
    """Where an object is: its resource, its namespace ("" for cluster-wide kinds), its name ("" for a collection);
    ``form``: where clients write and see it in another form than that in which it is stored."""

    resource: Resource
    namespace: str
    name: str = ""
    form: Form | None = None

    def shown(self, obj: Object) -> Object:
        """A stored object as its clients see it."""
        return self.form.outward(obj) if self.form else obj

    @property
    def key(self) -> tuple[str, str, str]:
        """The store's key."""
        return self.resource.shelf, self.namespace, self.name


def read(place: ResourcePath, body: Object, options: WriteOptions) -> Object:
    """The body as an object of the place's kind, without what is unknown."""
    resource = place.form.resource if place.form else place.resource
    for name, wanted in (("kind", resource.kind), ("apiVersion", resource.api_version)):
        if body.get(name, wanted) != wanted:
            raise bad_request(f"the {name} in the data ({body[name]}) does not match the expected {name} ({wanted})")
    if not isinstance(body.get("metadata", {}), dict):
        raise bad_request("metadata must be an object")
    namespace = (body.get("metadata") or {}).get("namespace")
    if resource.namespaced and namespace not in (None, "", place.namespace):
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    decoded = strategy_of(place.resource).read(body, resource)
    about = f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}'
    if decoded.wrong:
        raise bad_request(f"{about}: {'; '.join(decoded.wrong)}")
    unknown = [f'unknown field "{path}"' for path in decoded.unknown]
    if unknown and options.validation == "Strict":
        raise bad_request(f"{about}: strict decoding error: {', '.join(unknown)}")
    if options.validation == "Warn":
        options.warnings += unknown
    obj = place.form.inward(decoded.obj) if place.form else decoded.obj
    obj["metadata"] = {**(obj.get("metadata") or {}), **in_namespace(place)}
    return obj


def in_namespace(place: ResourcePath) -> Object:
    """The metadata that says in which namespace the object is; none of a kind that lies in none."""
    return {"namespace": place.namespace} if place.resource.namespaced else {}
