"""Requests' bodies, and which patch they are."""

import json
import math
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import yaml
from aiohttp import web

from autoscale.embedded.apiserver.incoming import Patcher, WriteOptions
from autoscale.embedded.apiserver.routes import ROUTE, Route
from autoscale.embedded.apiserver.validation.causes import Cause, required, unsupported
from autoscale.embedded.apiserver.validation.kinds import invalid
from autoscale.kube.kinds import Object
from autoscale.kube.patches.rfc import json_patch, merge_patch
from autoscale.kube.patches.strategic import PatchError, strategic_merge
from autoscale.kube.resource import Resource
from autoscale.kube.schema import Type, type_of
from autoscale.kube.statuses import StatusError, bad_request
from loadtest.yamltext import MOST_LEVELS, KubernetesLoader, fault

APPLY = "application/apply-patch+yaml"
STRATEGIC = "application/strategic-merge-patch+json"
PATCH_TYPES = (
    "application/json-patch+json",
    "application/merge-patch+json",
    STRATEGIC,
    APPLY,
)


PROTOBUF = "application/vnd.kubernetes.protobuf"
_MEDIA_TYPES = ("application/json", "application/yaml", PROTOBUF)
_OF_SUBRESOURCE = {"scale": ("autoscaling/v1", "Scale"), "eviction": ("policy/v1", "Eviction")}


async def read_body(request: web.Request) -> Any:
    """The body as JSON, YAML (JSON is YAML, but read much faster) or protobuf. 400 where it cannot be read."""
    data = await request.read()
    if not data:
        return {}
    _require_known(request)
    if request.content_type == PROTOBUF:
        return _bounded(_protobuf(request, data))
    try:
        return _bounded(_JSON.decode(data.decode()))
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        if "yaml" not in request.content_type:
            raise bad_request("the request's body is not JSON") from None
    try:
        return yaml.load(data, KubernetesLoader)
    except yaml.YAMLError as error:
        line, found = fault(error)
        raise bad_request(f"the request's body is not YAML: {line}{': ' if line else ''}{found}") from None


def _require_known(request: web.Request) -> None:
    """415 for what is neither JSON nor YAML nor protobuf; who says nothing means JSON. A patch says which it is."""
    named = request.headers.get("Content-Type", "")
    if request.method != "PATCH" and named and request.content_type not in _MEDIA_TYPES:
        raise _unknown_format(_MEDIA_TYPES)


def _unknown_format(known: Iterable[str]) -> StatusError:
    text = f"the body of the request was in an unknown format - accepted media types include: {', '.join(known)}"
    return StatusError(415, "UnsupportedMediaType", text)


def _protobuf(request: web.Request, data: bytes) -> Object:
    """The library and its descriptor take 9 MB, so they are loaded by the first client that needs them."""
    from autoscale.kube.protobuf.envelope import decode

    route: Route = request[ROUTE]
    if request.method == "DELETE":
        return decode(data, "v1", "DeleteOptions")
    resource = route.form.resource if route.form else route.resource
    wanted = _OF_SUBRESOURCE.get(route.subresource, (resource.api_version, resource.kind))
    return decode(data, *wanted)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is no JSON number")
    return value


# Python would read NaN and 1e999, which no other reader of JSON takes back.
_JSON = json.JSONDecoder(parse_float=_finite, parse_constant=_finite)


def _bounded(body: Any) -> Any:
    """The body, unless lists and objects lie too deep in each other for what reads it later."""
    level = [body]
    for _ in range(MOST_LEVELS + 1):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return body
    raise _too_deep()


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _too_deep() -> StatusError:
    return bad_request(f"the request's body is nested more than {MOST_LEVELS} levels deep")


async def read_object(request: web.Request) -> Object:
    """The body as an object; 400 for anything else."""
    return _object(await read_body(request), "the request's body")


def _object(body: Any, what: str) -> Object:
    """An object whose metadata, if there is any, is one too."""
    if not isinstance(body, dict):
        raise bad_request(f"{what} is not an object")
    metadata = body.get("metadata")
    if metadata is None:
        return {name: value for name, value in body.items() if name != "metadata"}
    if not isinstance(metadata, dict):
        raise bad_request(f"{what} has metadata that is not an object")
    return body


async def read_patch(request: web.Request, type_name: str, *, custom: bool = False) -> Patcher:
    """The patch in the body, by its content type. 415 for another type, and for a strategic one of a custom kind, of
    whose lists nobody knows by what they are merged."""
    known = [one for one in PATCH_TYPES if not custom or one != STRATEGIC]
    if request.content_type not in known:
        raise _unknown_format(known)
    body = await read_body(request)
    match request.content_type:
        case "application/json-patch+json":
            return partial(_result, json_patch, body)
        case "application/merge-patch+json":
            return partial(_result, merge_patch, body)
        case _ if request.content_type == STRATEGIC:
            return partial(_result, partial(_strategic, type_of(type_name)), body)
    raise _unknown_format(known)


def _strategic(type_: Type | None, current: Object, patch: Any) -> Any:
    try:
        return strategic_merge(current, patch, type_)
    except PatchError as error:
        raise bad_request(str(error)) from None


def _result(patch: Any, body: Any, current: Object) -> Object:
    return _object(patch(current, body), "the patched document")


def options_of(request: web.Request, now: float) -> WriteOptions:
    """How a write is meant: dryRun, fieldManager (else the program's name), fieldValidation."""
    query = request.query
    level = query.get("fieldValidation") or "Warn"
    if causes := list(_wrong_options(request)):
        raise _invalid_options(request, causes)
    manager = query.get("fieldManager") or request.headers.get("User-Agent", "unknown").partition("/")[0]
    return WriteOptions(now, manager[:128], bool(query.get("dryRun")), level)  # type: ignore[arg-type]


_KIND_OF_OPTIONS = {"POST": "Create", "PUT": "Update", "PATCH": "Patch", "DELETE": "Delete"}
_MOST_MANAGER = 128
_LEVELS = ("", "Ignore", "Strict", "Warn")


def _wrong_options(request: web.Request) -> Iterator[Cause]:
    """As apimachinery's ``pkg/apis/meta/v1/validation`` has it."""
    query = request.query
    if len(query.get("fieldManager", "").encode()) > _MOST_MANAGER:
        yield "FieldValueTooLong", "fieldManager", f"Too long: may not be more than {_MOST_MANAGER} bytes"
    if dry := [one for one in query.getall("dryRun", []) if one and one != "All"]:
        yield unsupported("dryRun", dry, ("All",))
    if query.get("fieldValidation", "") not in _LEVELS:
        yield unsupported("fieldValidation", query["fieldValidation"], _LEVELS)


def _invalid_options(request: web.Request, causes: list[Cause]) -> StatusError:
    kind = Resource(group="meta.k8s.io", plural="", kind=f"{_KIND_OF_OPTIONS[request.method]}Options")
    return invalid(kind, "", causes)


def applier_of(request: web.Request) -> str:
    """Who applies; 422 where the request does not say."""
    if not request.query.get("fieldManager"):
        raise _invalid_options(request, [required("fieldManager", "is required for apply patch")])
    return request.query["fieldManager"]
