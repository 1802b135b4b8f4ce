"""Requests that write: create, replace, patch, delete, and the subresources status, scale, resize and eviction."""

from collections.abc import Callable

from aiohttp import web

from autoscale.embedded.apiserver.answers import answer, success
from autoscale.embedded.apiserver.body import APPLY, applier_of, options_of, read_object, read_patch
from autoscale.embedded.apiserver.incoming import ResourcePath, WriteOptions
from autoscale.embedded.apiserver.matching import selected, selection
from autoscale.embedded.apiserver.query import flag, number
from autoscale.embedded.apiserver.registry import Registry
from autoscale.embedded.apiserver.routes import Route
from autoscale.kube.conditions import set_condition
from autoscale.kube.kinds import Object
from autoscale.kube.scale import scale_of, scaled
from autoscale.kube.statuses import StatusError

_RETURNS_OBJECT = ("Pod", "Service", "ServiceAccount")
"""Kinds whose delete answers with the object even when it is gone."""


async def write(request: web.Request, route: Route, registry: Registry) -> web.Response:
    """A write to an object or a collection."""
    verb = _verb(request.method, route)
    options = options_of(request, registry.now())
    if verb == "create":
        return await _create(request, route, registry, options)
    if verb == "delete":
        return await _delete(request, route, registry, options)
    place = place_of(route)
    if verb == "update":
        done = registry.update(place, await read_object(request), options)
    elif request.content_type == APPLY:
        return await _apply(request, place, registry, options)
    else:
        patcher = await read_patch(request, route.type, custom=route.resource.defined is not None)
        done = registry.patch(place, patcher, options)
    return answer(place.shown(done), warnings=options.warnings)


def place_of(route: Route) -> ResourcePath:
    """Where the object of a route is."""
    return ResourcePath(route.resource, route.namespace or "", route.name, route.form)


def _verb(method: str, route: Route) -> str:
    """create, update, patch or delete; 405 where the path does not take it."""
    known = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
    verb = known.get(method, "")
    whole = "deletecollection" if verb == "delete" and not route.name else verb
    if whole in route.resource.verbs and bool(route.name) == (whole in ("update", "patch", "delete")):
        return verb
    raise StatusError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")


async def _create(request: web.Request, route: Route, registry: Registry, options: WriteOptions) -> web.Response:
    body = await read_object(request)
    review = _REVIEWS.get(route.resource.shelf)
    if review:
        named = {"kind": route.resource.kind, "apiVersion": route.resource.api_version}
        return answer({**body, **named, "status": review()}, code=201)
    metadata = body.get("metadata") if isinstance(body.get("metadata"), dict) else {}
    namespace = route.namespace or ""
    if route.resource.namespaced and not namespace:
        raise StatusError(405, "MethodNotAllowed", "a namespace is needed to create this")
    place = ResourcePath(route.resource, namespace, (metadata or {}).get("name") or "", route.form)
    return answer(place.shown(registry.create(place, body, options)), code=201, warnings=options.warnings)


async def _apply(request: web.Request, place: ResourcePath, registry: Registry, options: WriteOptions) -> web.Response:
    done, new = registry.apply(place, await read_object(request), options, force=_force(request))
    return answer(place.shown(done), code=201 if new else 200, warnings=options.warnings)


def _force(request: web.Request) -> bool:
    """Whether an apply takes what others own; 422 where it does not say who applies."""
    applier_of(request)
    return flag(request, "force")


async def _delete(request: web.Request, route: Route, registry: Registry, options: WriteOptions) -> web.Response:
    body = await read_object(request)
    for name in ("gracePeriodSeconds", "propagationPolicy", "orphanDependents"):
        if name in request.query:
            body.setdefault(name, _query_value(request, name))
    options.dry_run = options.dry_run or bool(body.get("dryRun"))
    if route.name:
        place = place_of(route)
        before = registry.get(place)
        after = registry.delete(place, body, options)
        gone = before if route.resource.shelf in _RETURNS_OBJECT else None
        left = after or gone
        whole = place.shown(left) if left else success(route.resource, before)
        return answer(whole, warnings=options.warnings)
    found = [one.obj for one in selected(registry.store, selection(request, route).matcher())]
    for obj in found:
        metadata = obj["metadata"]
        registry.delete(ResourcePath(route.resource, metadata.get("namespace", ""), metadata["name"]), body, options)
    kind = {"kind": route.resource.list_kind, "apiVersion": route.resource.api_version}
    version = {"resourceVersion": str(registry.store.version)}
    return answer({**kind, "metadata": version, "items": found}, warnings=options.warnings)


def _query_value(request: web.Request, name: str) -> object:
    if name == "gracePeriodSeconds":
        return number(request, name)
    return flag(request, name) if name == "orphanDependents" else request.query[name]


async def write_subresource(request: web.Request, route: Route, registry: Registry) -> web.Response:
    """A write to status, scale, resize, ephemeralcontainers or eviction."""
    options = options_of(request, registry.now())
    place = place_of(route)
    if route.subresource == "eviction":
        return await _evict(request, place, registry, options)
    if request.method == "PATCH" and request.content_type == APPLY and route.subresource in ("status", "scale"):
        return await _apply_part(request, route, registry, options)
    if request.method == "PATCH":
        type_name = "Scale" if route.subresource == "scale" else route.type
        patcher = await read_patch(request, type_name, custom=route.resource.defined is not None)
    elif request.method == "PUT":
        body = await read_object(request)
        patcher = lambda current: body  # noqa: E731, ARG005
    else:
        raise StatusError(405, "MethodNotAllowed", f"{route.subresource} can be read, replaced and patched")
    if route.subresource == "scale":
        row = route.resource
        done = registry.patch(place, lambda one: scaled(one, patcher(scale_of(one, row)), row), options, "scale")
        return answer(scale_of(done, row), warnings=options.warnings)
    acts = {"resize": registry.resize, "ephemeralcontainers": registry.debug}
    act = acts.get(route.subresource, registry.update_status)
    return answer(place.shown(act(place, patcher, options)), warnings=options.warnings)


async def _apply_part(request: web.Request, route: Route, registry: Registry, options: WriteOptions) -> web.Response:
    """Server-side apply of a status or a scale."""
    place, body, force = place_of(route), await read_object(request), _force(request)
    if route.subresource == "scale":
        done = registry.apply_scale(place, body, options, force=force)
        return answer(scale_of(done, route.resource), warnings=options.warnings)
    done = registry.apply_status(place, body, options, force=force)
    return answer(place.shown(done), warnings=options.warnings)


async def _evict(request: web.Request, place: ResourcePath, registry: Registry, options: WriteOptions) -> web.Response:
    """Delete by eviction, which the pod's conditions tell, as upstream's do; disruption budgets are not enforced, which
    the warning says."""
    if request.method != "POST":
        raise StatusError(405, "MethodNotAllowed", "an eviction can only be created")
    body = await read_object(request)
    registry.update_status(place, lambda pod: _doomed(pod, registry.now()), options)
    registry.delete(place, body.get("deleteOptions") or {}, options)
    options.warnings.append("disruption budgets are not enforced by the embedded cluster")
    done = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    return answer(done, code=201, warnings=options.warnings)


def _doomed(pod: Object, now: float) -> Object:
    """A pod that is told why it goes (pkg/registry/core/pod/storage/eviction.go)."""
    status = pod.get("status") or {}
    why = {"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}
    told = set_condition(status.get("conditions") or [], {**why, "message": "Eviction API: evicting"}, now)
    return {**pod, "status": {**status, "conditions": told}}


def _everything_is_allowed() -> Object:
    return {"allowed": True, "reason": "whoever has the token may do everything"}


def _all_rules() -> Object:
    verbs = {"verbs": ["*"]}
    rules = {"resourceRules": [{**verbs, "apiGroups": ["*"], "resources": ["*"]}]}
    return {**rules, "nonResourceRules": [{**verbs, "nonResourceURLs": ["*"]}], "incomplete": False}


def _who() -> Object:
    return {"userInfo": {"username": "embedded-admin", "groups": ["system:masters", "system:authenticated"]}}


_REVIEWS: dict[str, Callable[[], Object]] = {
    "SelfSubjectAccessReview": _everything_is_allowed,
    "SelfSubjectRulesReview": _all_rules,
    "SelfSubjectReview": _who,
}
