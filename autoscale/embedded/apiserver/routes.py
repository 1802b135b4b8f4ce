"""Paths of the Kubernetes API: which object, or which collection, a path means."""

from dataclasses import dataclass
from urllib.parse import unquote

from aiohttp import web

from autoscale.kube.catalogue import Catalogue
from autoscale.kube.forms import Form
from autoscale.kube.resource import Resource
from autoscale.kube.statuses import StatusError


@dataclass(frozen=True)
class Route:
    """A resource's path. ``namespace`` None: all namespaces (or a cluster-wide kind); ``name`` "": the collection;
    ``rest`` is what follows a subresource (``/proxy/...``, with its leading slash), still quoted. ``form``: where
    the path is of another form than that in which ``resource`` is stored."""

    resource: Resource
    namespace: str | None
    name: str
    subresource: str
    rest: str
    form: Form | None = None

    @property
    def type(self) -> str:
        """The name of the type of its objects."""
        return self.form.type if self.form else self.resource.kind


ROUTE: web.RequestKey[Route] = web.RequestKey("route", Route)
"""Where a request keeps its route."""


def parse(raw_path: str, catalogue: Catalogue) -> Route | None:
    """The route of a path as it stands on the wire, without query. None: not the path of a resource.

    ``StatusError`` 404 where the resource is not served.
    """
    parts = raw_path.lstrip("/").split("/")
    if parts[0] == "api" and len(parts) > 2:
        group, version, rest = "", parts[1], parts[2:]
    elif parts[0] == "apis" and len(parts) > 3:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    namespace = None
    if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in ("status", "finalize"):
        namespace, rest = unquote(rest[1]), rest[2:]
    resource = catalogue.at(group, version, rest[0])
    if resource is None or (namespace is not None and not resource.namespaced):
        raise unknown(rest[0], group)
    name = unquote(rest[1]) if len(rest) > 1 else ""
    subresource = rest[2] if len(rest) > 2 else ""
    tail = "/" + "/".join(rest[3:]) if len(rest) > 3 else ""
    form = catalogue.form(resource)
    stored = catalogue.on(resource.shelf) if form else resource
    return Route(resource=stored, namespace=namespace, name=name, subresource=subresource, rest=tail, form=form)


def unknown(plural: str, group: str) -> StatusError:
    """404: not a resource of this server."""
    named = f"{plural}.{group}" if group else plural
    text = f"the server could not find the requested resource ({named}): the embedded cluster does not serve it"
    return StatusError(404, "NotFound", text, {"kind": plural, "group": group})
