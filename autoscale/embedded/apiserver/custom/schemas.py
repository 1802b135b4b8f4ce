"""Whether a schema is structural, in upstream's words (apiextensions-apiserver, pkg/apiserver/schema/validation.go and
pkg/apis/apiextensions/validation). Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from autoscale.embedded.apiserver.custom.shape import EMBEDDED, pruned_value
from autoscale.embedded.apiserver.custom.values import faults
from autoscale.embedded.apiserver.validation.causes import Cause, required, unsupported, wrong
from autoscale.kube.patterns import compiled

Schema = Mapping[str, Any]
_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_PRESERVE, _INT_OR_STRING, _MAP_KEYS = (
    f"x-kubernetes-{name}" for name in ("preserve-unknown-fields", "int-or-string", "list-map-keys")
)
_ANY_INT_OR_STRING = [{"type": "integer"}, {"type": "string"}]
_ABSENT = ("id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref")
_PLAIN = ("type", "title", "description", "default", "nullable", "additionalProperties")
_EXTENDED = tuple(
    f"x-kubernetes-{name}"
    for name in (
        *("preserve-unknown-fields", "embedded-resource", "int-or-string", "list-map-keys", "list-type", "map-type"),
        "validations",
    )
)
_EMPTY = {"default": "undefined", "additionalProperties": "undefined", "nullable": "false"}
_EMPTY |= {"x-kubernetes-list-type": "undefined", "x-kubernetes-map-type": "undefined"}
_EMPTY |= dict.fromkeys(_EXTENDED[:3], "false")


def structural(schema: Schema, path: str) -> Iterator[Cause]:
    """Why a version's ``openAPIV3Schema`` is not structural."""
    if schema.get("nullable"):
        yield forbidden(f"{path}.nullable", "nullable cannot be true at the root")
    if schema.get("type") not in (None, "", "object"):
        yield wrong(f"{path}.type", schema["type"], "must be object at the root")
    if "additionalProperties" in schema:
        yield forbidden(f"{path}.additionalProperties", "must not be used at the root")
    about = (schema.get("properties") or {}).get("metadata")
    if about is not None and not _is_plain_metadata(about):
        text = "must not specify anything other than name and generateName, but metadata is implicitly specified"
        yield forbidden(f"{path}.properties[metadata]", text)
    yield from _node(schema, path, "at the root")


def forbidden(field: str, why: str) -> Cause:
    """A field that must not be there."""
    return "FieldValueForbidden", field, f"Forbidden: {why}"


def _is_plain_metadata(schema: Schema) -> bool:
    names = set(schema.get("properties") or {})
    return schema.get("type") == "object" and names <= {"name", "generateName"} and "additionalProperties" not in schema


def _node(schema: Schema, path: str, where: str) -> Iterator[Cause]:
    """One value's schema; ``where``: how messages name its place."""
    yield from _type(schema, path, where)
    yield from _fields(schema, path)
    yield from _merging(schema, path)
    yield from _pattern(schema, path)
    yield from _default(schema, path)
    any_of = schema.get("anyOf") or []
    for word in ("allOf", "anyOf", "oneOf"):
        if word != "anyOf" or any_of != _ANY_INT_OR_STRING:
            for index, inner in enumerate(schema.get(word) or ()):
                yield from _nested(inner, schema, f"{path}.{word}[{index}]", path)
    if schema.get("not"):
        yield from _nested(schema["not"], schema, f"{path}.not", path)
    for name, inner in (schema.get("properties") or {}).items():
        yield from _node(inner, f"{path}.properties[{name}]", "for specified object fields")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from _node(schema["additionalProperties"], f"{path}.additionalProperties", "for specified object fields")
    if isinstance(schema.get("items"), dict):
        yield from _node(schema["items"], f"{path}.items", "for specified array items")


def _type(schema: Schema, path: str, where: str) -> Iterator[Cause]:
    kind = schema.get("type") or ""
    if kind and kind not in _TYPES:
        yield unsupported(f"{path}.type", kind, _TYPES)
    if schema.get(EMBEDDED) and kind != "object":
        why = "must be object if x-kubernetes-embedded-resource is true"
        yield wrong(f"{path}.type", kind, why) if kind else required(f"{path}.type", why)
    elif not kind and not schema.get(_INT_OR_STRING) and not schema.get(_PRESERVE):
        yield required(f"{path}.type", f"must not be empty {where}")
    if kind == "array" and not schema.get("items"):
        yield required(f"{path}.items", "must be specified")
    if schema.get(EMBEDDED) and not schema.get(_PRESERVE) and not schema.get("properties"):
        marks = f"{EMBEDDED} is true without {_PRESERVE}"
        yield required(f"{path}.properties", f"must not be empty if {marks}")


def _fields(schema: Schema, path: str) -> Iterator[Cause]:
    for name in _ABSENT:
        if name in schema:
            yield forbidden(f"{path}.{name}", f"{name} is not supported")
    if schema.get("uniqueItems"):
        why = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        yield forbidden(f"{path}.uniqueItems", why)
    more = schema.get("additionalProperties")
    if schema.get("properties") and more is not None and more is not True:
        yield forbidden(f"{path}.additionalProperties", "additionalProperties and properties are mutual exclusive")
    if schema.get(_PRESERVE) is False:
        yield wrong(f"{path}.{_PRESERVE}", "false", "must be true or undefined")
    if schema.get(_INT_OR_STRING):
        for name in (_PRESERVE, EMBEDDED):
            if schema.get(name):
                yield wrong(f"{path}.{name}", "true", f"must be false if {_INT_OR_STRING} is true")


def _merging(schema: Schema, path: str) -> Iterator[Cause]:
    """How lists and maps merge."""
    for name, of, known in (("map", "object", ("atomic", "granular")), ("list", "array", ("atomic", "map", "set"))):
        mark, kind = f"x-kubernetes-{name}-type", schema.get("type") or ""
        if mark not in schema:
            continue
        if kind != of:
            why = f"must be {of} if {mark} is specified"
            yield wrong(f"{path}.type", kind, why) if kind else required(f"{path}.type", why)
        if schema[mark] not in known:
            yield unsupported(f"{path}.{mark}", schema[mark], known)
    keys, is_map = schema.get(_MAP_KEYS) or [], schema.get("x-kubernetes-list-type") == "map"
    if keys and not is_map:
        yield required(f"{path}.x-kubernetes-list-type", f"must be map if {_MAP_KEYS} is non-empty")
    if is_map and not keys:
        yield required(f"{path}.{_MAP_KEYS}", "must not be empty if x-kubernetes-list-type is map")
    items = schema.get("items") or {}
    for key in keys if is_map else ():
        if key not in (items.get("properties") or {}):
            yield wrong(f"{path}.{_MAP_KEYS}", keys, "entries must all be names of item properties")
        elif key not in (items.get("required") or []) and "default" not in items["properties"][key]:
            why = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
            yield required(f"{path}.items.properties[{key}].default", why)


def _pattern(schema: Schema, path: str) -> Iterator[Cause]:
    if pattern := schema.get("pattern"):
        try:
            compiled(pattern)
        except re.error as error:
            why = f"must be a valid regular expression, but isn't: {error}"
            yield wrong(f"{path}.pattern", pattern, why)


def _default(schema: Schema, path: str) -> Iterator[Cause]:
    """A default has to be of its own schema."""
    if schema.get("default") is None or any(True for _ in _pattern(schema, path)):
        return
    if pruned_value(schema["default"], schema) != schema["default"]:
        yield wrong(f"{path}.default", schema["default"], "must not have unknown fields")
    for reason, field, message in faults(schema["default"], schema, ""):
        yield reason, f"{path}.default" + (f".{field}" if field not in ("", "<nil>") else ""), message


def _nested(schema: Schema, outer: Schema, path: str, at: str) -> Iterator[Cause]:
    """What stands under allOf, anyOf, oneOf or not may only say more of what is described outside of it."""
    for name in (*_PLAIN, *_EXTENDED):
        if schema.get(name) not in (None, "", False, [], {}) or (name == "default" and name in schema):
            yield forbidden(f"{path}.{name}", f"must be {_EMPTY.get(name, 'empty')} to be structural")
    described, open_ = outer.get("properties") or {}, isinstance(outer.get("additionalProperties"), dict)
    for name, inner in (schema.get("properties") or {}).items():
        if name == "metadata":
            yield forbidden(f"{path}.properties[metadata]", "must not be specified in a nested context")
        if name not in described and not open_:
            yield required(f"{at}.properties[{name}]", f"because it is defined in {path}.properties[{name}]")
        yield from _nested(inner, described.get(name) or {}, f"{path}.properties[{name}]", f"{at}.properties[{name}]")
    if isinstance(schema.get("items"), dict):
        if not outer.get("items"):
            yield required(f"{at}.items", f"because it is defined in {path}.items")
        yield from _nested(schema["items"], outer.get("items") or {}, f"{path}.items", f"{at}.items")
    yield from _pattern(schema, path)
    for word in ("allOf", "anyOf", "oneOf"):
        for index, inner in enumerate(schema.get(word) or ()):
            yield from _nested(inner, outer, f"{path}.{word}[{index}]", at)
