"""What a CustomResourceDefinition may not say, in upstream's words (apiextensions-apiserver, validation.go). Pure."""

import re
from collections.abc import Iterator
from typing import Any

from autoscale.embedded.apiserver.custom.schemas import forbidden, structural
from autoscale.embedded.apiserver.validation.causes import LABEL, Cause, required, unsupported, wrong
from autoscale.kube.kinds import RESOURCES, Object

_LABEL_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_WHY_LABEL = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
    "'[a-z]([-a-z0-9]*[a-z0-9])?')"
)
_COLUMNS = ("boolean", "date", "integer", "number", "string")
_FORMATS = ("byte", "date", "date-time", "double", "float", "int32", "int64", "password")
_APPROVED = "api-approved.kubernetes.io"
_PROTECTED = re.compile(r"(.*\.)?(k8s|kubernetes)\.io")


def definition(obj: Object) -> Iterator[Cause]:
    """Everything that is wrong with a definition that has all it needs (defaults filled in)."""
    spec, names = obj["spec"], obj["spec"]["names"]
    if obj["metadata"].get("name") != f"{names['plural']}.{spec['group']}":
        yield wrong("metadata.name", obj["metadata"].get("name", ""), 'must be spec.names.plural+"."+spec.group')
    yield from _group(obj, spec["group"])
    if not spec["scope"]:
        yield required("spec.scope")
    elif spec["scope"] not in ("Cluster", "Namespaced"):
        yield unsupported("spec.scope", spec["scope"], ("Cluster", "Namespaced"))
    yield from _names(names)
    if spec.get("preserveUnknownFields"):
        why = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
        yield wrong("spec.preserveUnknownFields", True, why)
    if spec["conversion"]["strategy"] not in ("None", "Webhook"):
        yield unsupported("spec.conversion.strategy", spec["conversion"]["strategy"], ("None", "Webhook"))
    yield from _versions(spec["versions"])


def _group(obj: Object, group: str) -> Iterator[Cause]:
    if any(one.group == group for one in RESOURCES.values()):
        yield forbidden("spec.group", "this group is built in")
    elif not all(LABEL.fullmatch(part) for part in group.split(".")):
        yield wrong("spec.group", group, "a lowercase RFC 1123 subdomain is needed")
    elif "." not in group:
        yield wrong("spec.group", group, "should be a domain with at least one dot")
    approval = (obj["metadata"].get("annotations") or {}).get(_APPROVED)
    if _PROTECTED.fullmatch(group) and not approval:
        url = "https://github.com/kubernetes/enhancements/pull/1111"
        why = f'protected groups must have approval annotation "{_APPROVED}", see {url}'
        yield required(f"metadata.annotations[{_APPROVED}]", why)


def _names(names: Object) -> Iterator[Cause]:
    for name in ("plural", "singular"):
        if not _LABEL_1035.fullmatch(names[name]):
            yield wrong(f"spec.names.{name}", names[name], _WHY_LABEL)
    for name in ("kind", "listKind"):
        if not _LABEL_1035.fullmatch(names[name].lower()):
            why = f"may have mixed case, but should otherwise match: {_WHY_LABEL}"
            yield wrong(f"spec.names.{name}", names[name], why)
    if names["kind"] == names["listKind"]:
        yield wrong("spec.names.listKind", names["listKind"], "kind and listKind may not be the same")
    for field in ("shortNames", "categories"):
        for index, name in enumerate(names.get(field) or ()):
            if not _LABEL_1035.fullmatch(name):
                yield wrong(f"spec.names.{field}[{index}]", name, _WHY_LABEL)


def _versions(versions: list[Object]) -> Iterator[Cause]:
    names = [one["name"] for one in versions]
    if len(set(names)) < len(names):
        yield wrong("spec.versions", names, "must contain unique version names")
    if sum(one["storage"] for one in versions) != 1:
        yield wrong("spec.versions", names, "must have exactly one version marked as storage version")
    if not any(one["storage"] for one in versions):
        yield wrong("status.storedVersions", None, "must have at least one stored version")
    for index, one in enumerate(versions):
        if not _LABEL_1035.fullmatch(one["name"]):
            yield wrong(f"spec.versions[{index}].name", one["name"], _WHY_LABEL)
    for path, schema in _parts(versions, "schema", "validation"):
        if not schema or schema.get("openAPIV3Schema") is None:
            yield required(f"{path}.openAPIV3Schema")
        else:
            yield from structural(schema["openAPIV3Schema"], f"{path}.openAPIV3Schema")
    for path, subresources in _parts(versions, "subresources", "subresources"):
        yield from _scale((subresources or {}).get("scale"), f"{path}.scale")
    for path, columns in _parts(versions, "additionalPrinterColumns", "additionalPrinterColumns"):
        for number, column in enumerate(columns or ()):
            yield from _column(column, f"{path}[{number}]")


def _parts(versions: list[Object], name: str, common: str) -> Iterator[tuple[str, Any]]:
    """A part of each version by its path; once where all have the same, as upstream has that in one place."""
    found = [one.get(name) for one in versions]
    if found and all(one == found[0] for one in found):
        yield f"spec.{common}", found[0]
    else:
        yield from ((f"spec.versions[{index}].{name}", one) for index, one in enumerate(found))


def _scale(scale: Object | None, path: str) -> Iterator[Cause]:
    roots = {"specReplicasPath": (".spec.",), "statusReplicasPath": (".status.",)}
    for name, starts in {**roots, "labelSelectorPath": (".spec.", ".status.")}.items():
        found = (scale or {}).get(name)
        if not found:
            continue
        if not found.startswith("."):
            yield wrong(f"{path}.{name}", found, "must be a simple json path starting with .")
        elif not found.startswith(starts):
            under = starts[0].rstrip(".") if len(starts) == 1 else "either .spec or .status"
            yield wrong(f"{path}.{name}", found, f"should be a json path under {under}")


def _column(column: Object, path: str) -> Iterator[Cause]:
    for name, known in (("type", _COLUMNS), ("format", _FORMATS)):
        if column.get(name) and column[name] not in known:
            yield wrong(f"{path}.{name}", column[name], f"must be one of {','.join(known)}")
