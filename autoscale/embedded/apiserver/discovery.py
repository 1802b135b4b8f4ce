"""Discovery: which groups, versions and resources there are (/api, /apis, /version)."""

from collections.abc import Iterable, Sequence

from autoscale.kube.kinds import Object
from autoscale.kube.resource import Resource
from autoscale.kube.schema import release

_SUB_KINDS = {
    "scale": {"group": "autoscaling", "version": "v1", "kind": "Scale"},
    "eviction": {"group": "policy", "version": "v1", "kind": "Eviction"},
    "proxy": {"kind": "PodProxyOptions"},
    "exec": {"kind": "PodExecOptions"},
    "attach": {"kind": "PodAttachOptions"},
    "portforward": {"kind": "PodPortForwardOptions"},
}
_SUB_VERBS = {
    "log": ["get"],
    "eviction": ["create"],
    **{name: ["create", "get"] for name in ("exec", "attach", "portforward")},
    "proxy": ["create", "delete", "get", "patch", "update"],
}


def version() -> Object:
    """``/version``: the release whose behaviour is followed, marked as embedded."""
    major, minor, _ = release().removeprefix("v").split(".")
    return {
        "major": major,
        "minor": minor,
        "gitVersion": f"{release()}-embedded",
        "gitCommit": "",
        "gitTreeState": "",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "",
        "platform": "linux",
    }


Table = Sequence[Resource]
"""All that is served."""


def group_versions(table: Table) -> list[tuple[str, str]]:
    """Every (group, version) but the core's."""
    return sorted({(resource.group, resource.version) for resource in table if resource.group})


def core_versions() -> Object:
    """``/api``."""
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}


def groups(table: Table, more: Iterable[Object] = ()) -> Object:
    """``/apis``; ``more`` are those that are there for a while."""
    return {
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": [*(_group(table, name) for name in sorted({name for name, _ in group_versions(table)})), *more],
    }


def group(table: Table, name: str) -> Object | None:
    """``/apis/GROUP``; None where there is no such group."""
    known = any(name == one for one, _ in group_versions(table))
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(table, name)} if known else None


def _group(table: Table, name: str) -> Object:
    """Its versions in the order of the table of kinds: what is stored comes before its other forms."""
    versions = dict.fromkeys(resource.version for resource in table if resource.group == name)
    listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def resources(table: Table, group: str, version: str) -> Object | None:
    """``/api/v1`` or ``/apis/GROUP/VERSION``; None where there is no such version."""
    found = [resource for resource in table if (resource.group, resource.version) == (group, version)]
    if not found:
        return None
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": found[0].api_version,
        "resources": [entry for resource in found for entry in _entries(resource)],
    }


def _entries(resource: Resource) -> list[Object]:
    main = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(resource.verbs) if resource.served else ["create", "get", "list", "patch"],
    }
    if resource.short:
        main["shortNames"] = list(resource.short)
    if resource.categories:
        main["categories"] = list(resource.categories)
    return [main, *(_subresource(resource, name) for name in resource.subresources)]


def _subresource(resource: Resource, name: str) -> Object:
    return {
        "name": f"{resource.plural}/{name}",
        "singularName": "",
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": _SUB_VERBS.get(name, ["get", "patch", "update"]),
        **_SUB_KINDS.get(name, {}),
    }
