"""Make ``schema.json`` from Kubernetes' published OpenAPI document.

``python -m autoscale.kube.schema_import swagger.json v1.35.4``, where swagger.json is
``api/openapi-spec/swagger.json`` of the Go module k8s.io/kubernetes at the release to follow. Only names, types and
merge keys are taken.
"""

import json
import sys
from pathlib import Path
from typing import Any

from autoscale.kube.kinds import TABLE

TARGET = Path(__file__).with_name("schema.json")
_SCALARS = {
    "Quantity": "Quantity",
    "IntOrString": "IntOrString",
    "Time": "Time",
    "MicroTime": "MicroTime",
    "RawExtension": "any",
    "FieldsV1": "any",
    "JSON": "any",
    "JSONSchemaPropsOrArray": "JSONSchemaProps",
    "JSONSchemaPropsOrBool": "SchemaOrBool",
    "JSONSchemaPropsOrStringArray": "any",
}
_EXTRA = ("autoscaling.v1.Scale", "policy.v1.Eviction")
_MERGED = ("networking.v1.Ingress",)
"""Kinds that are only merged (kustomizations hold them): the embedded cluster does not serve them."""


def compact(swagger: dict[str, Any], release: str) -> dict[str, Any]:
    """``{"release", "types": {name: {"fields": {...}, "required": [...]}}}`` for every type that our kinds reach."""
    definitions = swagger["definitions"]
    todo = [name for name in definitions if _wanted(name, definitions[name])]
    types: dict[str, Any] = {}
    while todo:
        name = todo.pop()
        short = _short(name)
        if short in types or short in _SCALARS:
            continue
        body = definitions[name]
        fields = {field: _field(spec) for field, spec in sorted(body.get("properties", {}).items())}
        types[short] = {"fields": fields, "required": sorted(body.get("required", []))}
        if body.get("x-kubernetes-map-type") == "atomic":
            types[short]["atomic"] = True
        todo += [ref for spec in body.get("properties", {}).values() for ref in _references(spec)]
    return {"release": release, "types": dict(sorted(types.items()))}


def _wanted(name: str, body: dict[str, Any]) -> bool:
    named = {(r.group, r.version, r.kind) for r in TABLE}
    marks = body.get("x-kubernetes-group-version-kind", [])
    own = len(marks) == 1 and (marks[0]["group"], marks[0]["version"], marks[0]["kind"]) in named
    return own or any(name.endswith(extra) for extra in (*_EXTRA, *_MERGED))


_FORMS = tuple(row.schema for row in TABLE if not row.stored)


def _short(name: str) -> str:
    """The name without what all have; what another form of a kind has for itself keeps group and version."""
    long = ".".join(name.split(".")[-3:])
    return long if long.startswith(_FORMS) else name.rsplit(".", 1)[-1]


def _references(spec: dict[str, Any]) -> list[str]:
    if "$ref" in spec:
        return [spec["$ref"].removeprefix("#/definitions/")]
    inner = spec.get("items") or spec.get("additionalProperties")
    return _references(inner) if isinstance(inner, dict) else []


def _field(spec: dict[str, Any]) -> Any:
    """A scalar's or type's name; or {"list"|"map"|"object": what it holds, and how it merges}."""
    atomic = {"atomic": True} if spec.get("x-kubernetes-map-type") == "atomic" else {}
    if spec.get("type") == "array":
        merging = {
            "type": spec.get("x-kubernetes-list-type"),
            "keys": spec.get("x-kubernetes-list-map-keys"),
            "merge": spec.get("x-kubernetes-patch-merge-key"),
            "strategy": spec.get("x-kubernetes-patch-strategy"),
        }
        return {"list": _field(spec["items"]), **{name: value for name, value in merging.items() if value}}
    if "additionalProperties" in spec:
        return {"map": _field(spec["additionalProperties"]), **atomic}
    if "$ref" in spec:
        name = _short(_references(spec)[0])
        name = _SCALARS.get(name, name)
        strategy = {"strategy": spec["x-kubernetes-patch-strategy"]} if "x-kubernetes-patch-strategy" in spec else {}
        return {"object": name, **atomic, **strategy} if atomic or strategy else name
    if spec.get("type") == "integer":
        return spec["format"]
    return spec.get("type", "any") if spec.get("type") != "object" else "any"


def main(path: str, release: str) -> None:
    """Read the document at ``path`` and write ``schema.json`` beside this module."""
    schema = compact(json.loads(Path(path).read_text()), release)
    TARGET.write_text(json.dumps(schema, indent=1, sort_keys=False) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
