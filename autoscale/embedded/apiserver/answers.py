"""Answers: JSON, a Table or bare metadata, as the client's Accept header asks; warnings as headers."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aiohttp import web

from autoscale.embedded.apiserver.tables.table import partial, table
from autoscale.kube.forms import Form
from autoscale.kube.kinds import Object
from autoscale.kube.resource import Resource
from autoscale.kube.statuses import StatusError

NOW: web.AppKey[Callable[[], float]] = web.AppKey("now")
"""The clock of an API server, in seconds since the epoch."""


@dataclass(frozen=True)
class View:
    """How a client wants objects: ``as_`` is "" (whole), "Table" or "PartialObjectMetadata"; ``include`` is a
    Table's includeObject (Metadata, Object, None), ``form`` another form than that in which they are stored."""

    as_: str = ""
    include: str = "Metadata"
    form: Form | None = None

    @property
    def plain(self) -> bool:
        """Objects as they are stored."""
        return not self.as_ and self.form is None

    def row(self, resource: Resource) -> Resource:
        """The version of a kind whose columns are shown: a custom one's may each have their own."""
        return self.form.resource if self.form and resource.defined is not None else resource


def negotiate(request: web.Request, form: Form | None = None) -> View:
    """The first form in Accept that this server has. 406 where there is none: protobuf alone."""
    accepts = request.headers.get("Accept", "*/*")
    for one in accepts.split(","):
        media, *parameters = [part.strip() for part in one.split(";")]
        if media not in ("application/json", "*/*", "application/*", "application/yaml"):
            continue
        named = dict(part.split("=", 1) for part in parameters if "=" in part)
        as_ = named.get("as", "")
        if as_ in ("", "Table", "PartialObjectMetadata", "PartialObjectMetadataList"):
            return View(as_.removesuffix("List"), request.query.get("includeObject") or "Metadata", form)
    text = f"only the following media types are accepted: application/json (asked for: {accepts})"
    raise StatusError(406, "NotAcceptable", text)


def answer(body: Object, *, code: int = 200, warnings: Iterable[str] = ()) -> web.Response:
    """One object as JSON."""
    return raw_answer(json.dumps(body, separators=(",", ":")).encode(), code=code, warnings=warnings)


def raw_answer(body: bytes, *, code: int = 200, warnings: Iterable[str] = ()) -> web.Response:
    """JSON that is already there."""
    response = web.Response(body=body, status=code, content_type="application/json")
    for text in dict.fromkeys(warnings):
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        response.headers.add("Warning", f'299 - "{quoted}"')
    return response


def refusal(error: StatusError) -> web.Response:
    """A ``Status`` of failure."""
    return answer(error.to_dict(), code=error.code)


def success(resource: Resource, obj: Object) -> Object:
    """The ``Status`` that a delete is answered with once the object is gone."""
    metadata = obj["metadata"]
    details = {"name": metadata["name"], "kind": resource.plural, "uid": metadata.get("uid")}
    if resource.group:
        details["group"] = resource.group
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}


def view_one(view: View, resource: Resource, obj: Object, version: int, now: float) -> Object:
    """One object in the asked form."""
    if view.as_ == "Table":
        return table(view.row(resource), [obj], version, now, include=view.include)
    whole = view.form.outward(obj) if view.form else obj
    return partial(obj) if view.as_ else whole


def view_list(view: View, resource: Resource, objs: list[Object], version: int, now: float) -> Object:
    """Many objects as a Table, as bare metadata or in another form."""
    if view.as_ == "Table":
        return table(view.row(resource), objs, version, now, include=view.include)
    metadata = {"resourceVersion": str(version)}
    if view.form and not view.as_:
        row = view.form.resource
        head = {"kind": row.list_kind, "apiVersion": row.api_version, "metadata": metadata}
        return {**head, "items": [view.form.outward(obj) for obj in objs]}
    items = [partial(obj) for obj in objs]
    return {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "items": items}
