"""The registry: what create, update, patch and delete mean for an object. No HTTP here.

Every write goes the same way: read the object (unknown fields, wrong types), fill in defaults, validate, sort its
fields into done, accepted and refused, note who owns what, and hand it to the store.
"""

from collections.abc import Callable

from autoscale.base.steady import SteadyClock
from autoscale.base.times import format_time
from autoscale.embedded.addresses import Block
from autoscale.embedded.apiserver.deletion import delete
from autoscale.embedded.apiserver.incoming import Patcher, ResourcePath, WriteOptions, in_namespace, read
from autoscale.embedded.apiserver.strategies import strategy_of
from autoscale.embedded.apiserver.support import classify
from autoscale.embedded.apiserver.validation import kinds as validation
from autoscale.embedded.apiserver.validation.causes import Cause
from autoscale.embedded.apiserver.validation.pods import added
from autoscale.kube.kinds import RESOURCES, Object
from autoscale.kube.patches.apply import apply
from autoscale.kube.patches.ownership import Owner, after_update, write_owners
from autoscale.kube.scale import scale_of, scaled, with_replicas
from autoscale.kube.statuses import StatusError, bad_request, not_found
from autoscale.plane.store import Create, Store, Update, UpdateStatus


class Registry:
    """Writes to a store as the API server does them. ``block`` has the addresses that Services may get."""

    def __init__(self, store: Store, block: Block, now: Callable[[], float] | None = None) -> None:
        """``now``: what objects are dated by, in seconds since the epoch."""
        self.now = now or SteadyClock()
        self.store = store
        self.block = block

    def get(self, place: ResourcePath) -> Object:
        """One object; 404 where there is none."""
        found = self.store.objects.get(*place.key)
        if found is None:
            raise not_found(place.key)
        return found

    def create(self, place: ResourcePath, body: Object, options: WriteOptions) -> Object:
        """A new object from a request's body."""
        if body.get("metadata", {}).get("resourceVersion"):
            raise bad_request("resourceVersion should not be set on objects to be created")
        self._require_namespace(place)
        obj = read(place, body, options)
        metadata = {name: value for name, value in obj["metadata"].items() if name not in _SERVER_SET}
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = self.store.generate_name(metadata["generateName"])
        obj = self._admit(place, {**obj, "metadata": metadata}, None, options)
        owners = after_update(None, obj, self._owner(place, options), place.resource.type)
        return self._commit(Create(_with_owners(obj, write_owners(owners))), options)

    def update(self, place: ResourcePath, body: Object, options: WriteOptions) -> Object:
        """Replace an object (PUT)."""
        current = self.get(place)
        obj = read(place, body, options)
        obj["metadata"].setdefault("name", place.name)
        if obj["metadata"]["name"] != place.name:
            raise bad_request(
                f"the name of the object ({obj['metadata']['name']}) does not match the name on the URL ({place.name})"
            )
        return self._change(place, current, obj, options)

    def patch(self, place: ResourcePath, patcher: Patcher, options: WriteOptions, subresource: str = "") -> Object:
        """Change an object by a merge, strategic or JSON patch, or through its ``scale``."""
        current = self.get(place)
        patched = patcher(place.shown(current))
        asked = patched.get("metadata", {}).get("resourceVersion")
        if asked not in (None, "", current["metadata"]["resourceVersion"]):
            patched["metadata"] = {**patched["metadata"], "resourceVersion": asked}
        return self._change(place, current, read(place, patched, options), options, subresource)

    def apply(self, place: ResourcePath, body: Object, options: WriteOptions, *, force: bool) -> tuple[Object, bool]:
        """Server-side apply; returns the object and whether it is new."""
        stated = self._stated(place, body, options)
        if "status" in place.resource.subresources:
            stated.pop("status", None)
        current = self.store.objects.get(*place.key)
        merged = self._merge(place, current, stated, self._owner(place, options, "Apply"), force=force)
        if current is None:
            self._require_namespace(place)
            return self._commit(Create(self._admit(place, merged, None, options)), options), True
        return self._commit(Update(self._admit(place, merged, current, options), ""), options), False

    def apply_status(self, place: ResourcePath, body: Object, options: WriteOptions, *, force: bool) -> Object:
        """Server-side apply of the status alone: what else the body states is passed over."""
        current, stated = self.get(place), self._stated(place, body, options)
        alone = {**_named(stated), **({"status": stated["status"]} if stated.get("status") else {})}
        merged = self._merge(place, current, alone, self._owner(place, options, "Apply", "status"), force=force)
        return self._commit(UpdateStatus(merged, owned=True), options)

    def apply_scale(self, place: ResourcePath, scale: Object, options: WriteOptions, *, force: bool) -> Object:
        """Server-side apply of a Scale: of the replicas alone."""
        kind = (scale.get("apiVersion"), scale.get("kind"))
        if kind != ("autoscaling/v1", "Scale"):
            raise bad_request(f"invalid object type: {kind[0]}, Kind={kind[1]}")
        current = self.get(place)
        wanted = scaled(current, scale, place.resource)
        alone = with_replicas(_named(wanted), scale_of(wanted, place.resource)["spec"]["replicas"], place.resource)
        merged = self._merge(place, current, alone, self._owner(place, options, "Apply", "scale"), force=force)
        merged["metadata"]["resourceVersion"] = wanted["metadata"]["resourceVersion"]
        return self._commit(Update(self._admit(place, merged, current, options), ""), options)

    def _merge(self, place: ResourcePath, live: Object | None, stated: Object, owner: Owner, *, force: bool) -> Object:
        filled = strategy_of(place.resource).filled(stated)
        return apply(live, stated, filled, owner, place.resource, force=force)

    def _stated(self, place: ResourcePath, body: Object, options: WriteOptions) -> Object:
        """What the body of a server-side apply states."""
        if body.get("metadata", {}).get("managedFields"):
            raise bad_request("metadata.managedFields must be nil")
        stated = read(place, body, options)
        return {**stated, "metadata": {**stated["metadata"], "name": place.name} | in_namespace(place)}

    def update_status(self, place: ResourcePath, patcher: Patcher, options: WriteOptions) -> Object:
        """Change the status alone (PUT or PATCH of the ``status`` subresource)."""
        current = self.get(place)
        wanted = patcher(place.shown(current))
        asked = wanted.get("metadata", {}).get("resourceVersion")
        if asked not in (None, "", current["metadata"]["resourceVersion"]):
            self.store.preview(Update({**current, "metadata": {**current["metadata"], "resourceVersion": asked}}), 0)
        status = read(place, {**place.shown(current), "status": wanted.get("status") or {}}, options)["status"]
        obj = {**current, "status": status}
        if place.resource.defined is not None:
            obj = self._admit(place, obj, current, options)
        return self._commit(UpdateStatus(obj), options)

    def resize(self, place: ResourcePath, patcher: Patcher, options: WriteOptions) -> Object:
        """Change the resources of a pod's containers (the ``resize`` subresource)."""
        current = self.get(place)
        wanted = read(place, patcher(current), options)
        by_name = {one["name"]: one for one in wanted["spec"].get("containers", [])}
        containers = [
            {**one, "resources": by_name.get(one["name"], one).get("resources", {})}
            for one in current["spec"]["containers"]
        ]
        strategy = strategy_of(place.resource)
        obj = strategy.filled({**current, "spec": {**current["spec"], "containers": containers}})
        self._refuse(place, obj, list(strategy.causes(obj, obj)))
        return self._commit(Update(obj, ""), options)

    def debug(self, place: ResourcePath, patcher: Patcher, options: WriteOptions) -> Object:
        """Add ephemeral containers to a pod (the ``ephemeralcontainers`` subresource, ``kubectl debug``)."""
        current = self.get(place)
        wanted = read(place, patcher(current), options)
        version = wanted["metadata"].get("resourceVersion") or current["metadata"]["resourceVersion"]
        spec = {**current["spec"], "ephemeralContainers": wanted["spec"].get("ephemeralContainers") or []}
        strategy = strategy_of(place.resource)
        metadata = {**current["metadata"], "resourceVersion": version}
        obj = strategy.filled({**current, "metadata": metadata, "spec": spec})
        self._refuse(place, obj, [*strategy.causes(obj, obj), *added(current, obj)])
        return self._commit(Update(self._classified(place, obj, current, options), ""), options)

    def delete(self, place: ResourcePath, body: Object, options: WriteOptions) -> Object | None:
        """Ask for the end of an object (``deletion.delete``)."""
        return delete(self.store, place, self.get(place), body, options)

    def accepted(self) -> list[Object]:
        """What objects ask for and the cluster does not enforce; owned objects are left to their owners."""
        found = []
        for kind in RESOURCES:
            for obj in self.store.objects.list(kind):
                fields = () if obj["metadata"].get("ownerReferences") else classify(obj).accepted
                if fields:
                    names = {name: obj["metadata"].get(name, "") for name in ("namespace", "name")}
                    found.append({"kind": kind, **names, "fields": list(fields)})
        return found

    def _require_namespace(self, place: ResourcePath) -> None:
        if not place.resource.namespaced:
            return
        namespace = self.store.objects.get("Namespace", "", place.namespace)
        if namespace is None:
            raise not_found(("Namespace", "", place.namespace))
        if "deletionTimestamp" in namespace["metadata"]:
            text = f"unable to create new content in namespace {place.namespace} because it is being terminated"
            raise StatusError(403, "Forbidden", text)

    def _admit(self, place: ResourcePath, obj: Object, old: Object | None, options: WriteOptions) -> Object:
        """Defaults, validation, the three classes of fields, and what the server itself adds."""
        strategy = strategy_of(place.resource)
        obj = strategy.complete(strategy.filled(obj), old, self.store.objects, self.block)
        self._refuse(place, obj, list(strategy.causes(obj, old)))
        if old is None:
            obj = strategy.admit(obj, self.store.objects)
        return self._classified(place, obj, old, options)

    def _classified(self, place: ResourcePath, obj: Object, old: Object | None, options: WriteOptions) -> Object:
        """The object, unless it has a field that the cluster does not have; what is not enforced is told."""
        strategy = strategy_of(place.resource)
        classified = strategy.classify(obj)
        text = "Forbidden: not supported by the embedded cluster: "
        self._refuse(place, obj, [("FieldValueForbidden", path, text + why) for path, why in classified.refused])
        if classified.accepted and (old is None or strategy.classify(old).accepted != classified.accepted):
            options.warnings.append(
                f"accepted but not enforced by the embedded cluster: {', '.join(classified.accepted)}"
            )
        return obj

    def _refuse(self, place: ResourcePath, obj: Object, causes: list[Cause]) -> None:
        if causes:
            raise validation.invalid(place.resource, obj["metadata"].get("name", ""), causes)

    def _change(
        self, place: ResourcePath, current: Object, obj: Object, options: WriteOptions, subresource: str = ""
    ) -> Object:
        kept = {name: current["metadata"].get(name) for name in _SERVER_SET if name in current["metadata"]}
        kept.pop("managedFields", None)
        metadata = {name: value for name, value in obj["metadata"].items() if name not in _SERVER_SET} | kept
        metadata["resourceVersion"] = obj["metadata"].get("resourceVersion") or current["metadata"]["resourceVersion"]
        metadata["managedFields"] = obj["metadata"].get("managedFields", current["metadata"].get("managedFields", []))
        obj = self._admit(place, {**obj, "metadata": metadata}, current, options)
        owners = after_update(current, obj, self._owner(place, options, "Update", subresource), place.resource.type)
        return self._commit(Update(_with_owners(obj, write_owners(owners)), ""), options)

    def _commit(self, write: Create | Update | UpdateStatus, options: WriteOptions) -> Object:
        done = self.store.preview(write, options.now) if options.dry_run else self.store.apply(write, options.now)
        return done if done is not None else write.obj

    def _owner(
        self, place: ResourcePath, options: WriteOptions, operation: str = "Update", subresource: str = ""
    ) -> Owner:
        return Owner(
            manager=options.manager,
            operation=operation,
            api_version=place.resource.api_version,
            time=format_time(options.now),
            fields=frozenset(),
            subresource=subresource,
        )


_SERVER_SET = (
    "uid",
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "resourceVersion",
    "selfLink",
    "managedFields",
)
"""Metadata that a client does not decide."""


def _named(obj: Object) -> Object:
    """An object's kind and names alone."""
    names = {name: obj["metadata"][name] for name in ("name", "namespace") if name in obj["metadata"]}
    return {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": names}


def _with_owners(obj: Object, entries: list[Object]) -> Object:
    metadata = {name: value for name, value in obj["metadata"].items() if name != "managedFields"}
    return {**obj, "metadata": metadata | ({"managedFields": entries} if entries else {})}
