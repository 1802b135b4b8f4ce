"""Lists of collections, whole or in pages."""

import json

from aiohttp import web

from autoscale.embedded.apiserver.answers import NOW, negotiate, raw_answer, view_list
from autoscale.embedded.apiserver.matching import selection
from autoscale.embedded.apiserver.pages import Page, page
from autoscale.embedded.apiserver.query import integer
from autoscale.embedded.apiserver.routes import Route
from autoscale.kube.kinds import Object
from autoscale.plane.store import Store


def list_answer(request: web.Request, route: Route, store: Store) -> web.Response:
    """A list: whole, or the page that ``limit`` and ``continue`` ask for.

    ``resourceVersion=0`` asks for whatever is at hand: then the list is whole, as upstream's cache gives it.
    """
    token, view = request.query.get("continue", ""), negotiate(request, route.form)
    limit = integer(request, "limit") if token or request.query.get("resourceVersion") != "0" else 0
    wanted = selection(request, route)
    found = page(store, wanted.matcher(), max(0, limit), token)
    metadata = _metadata(found, whole=not (wanted.labels or wanted.fields))
    resource = route.resource
    if not view.plain:
        body = view_list(view, resource, [one.obj for one in found.items], found.version, request.app[NOW]())
        return raw_answer(json.dumps({**body, "metadata": metadata}, separators=(",", ":")).encode())
    head = {"kind": resource.list_kind, "apiVersion": resource.api_version, "metadata": metadata}
    start = json.dumps(head, separators=(",", ":"))
    items = b",".join(one.raw for one in found.items)
    return raw_answer(start[:-1].encode() + b',"items":[' + items + b"]}")


def _metadata(found: Page, *, whole: bool) -> Object:
    """Upstream counts what is left only where nothing is selected."""
    metadata: Object = {"resourceVersion": str(found.version)}
    if found.token:
        metadata |= {"continue": found.token} | ({"remainingItemCount": found.left} if whole else {})
    return metadata
