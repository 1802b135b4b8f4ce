"""custom.metrics.k8s.io and external.metrics.k8s.io, as the adapter behind the API server serves them."""

from collections.abc import Collection, Mapping
from urllib.parse import unquote

from autoscale.kube.kinds import BY_KIND, RESOURCES, Object
from autoscale.kube.label_query import SelectorError, parse_label_query
from autoscale.kube.requirements import all_match
from autoscale.kube.statuses import StatusError, bad_request
from autoscale.plane.adapter.answers import CUSTOM, EXTERNAL, Answers, NoMetric, Selector, selector_of
from autoscale.plane.store import Objects

VERSIONS = {CUSTOM: ("v1beta2", "v1beta1"), EXTERNAL: ("v1beta1",)}
"""What is served while a ConfigMap holds rules; the first is preferred."""

_KINDS = {BY_KIND[kind].plural: kind for kind in ("Pod", "Service")}


def groups(answers: Answers) -> list[str]:
    """The groups that are there now."""
    rules = answers.rules
    return [group for group, has in ((CUSTOM, rules), (EXTERNAL, rules and rules.external)) if has]


def document(parts: list[str], query: Mapping[str, str], answers: Answers, objects: Objects) -> Object | None:
    """The answer to a path of one of the groups; None where the path is none. StatusError where nothing is there."""
    match parts:
        case ["apis", group] if group in groups(answers):
            return {"kind": "APIGroup", "apiVersion": "v1", **described(group)}
        case ["apis", group, version] if group in groups(answers) and version in VERSIONS[group]:
            return _discovery(group, version, answers)
        case ["apis", group, version, "namespaces", namespace, *rest] if (
            group in groups(answers) and version in VERSIONS[group]
        ):
            try:
                return _values(group, version, namespace, [unquote(part) for part in rest], query, answers, objects)
            except NoMetric as error:
                raise StatusError(404, "NotFound", str(error)) from None
            except SelectorError as error:
                raise bad_request(f"unable to parse requirement: {error}") from None
    return None


def described(group: str) -> Object:
    """The entry of a group in ``/apis``."""
    versions = [{"groupVersion": f"{group}/{version}", "version": version} for version in VERSIONS[group]]
    return {"name": group, "versions": versions, "preferredVersion": versions[0]}


def _discovery(group: str, version: str, answers: Answers) -> Object:
    names = answers.metrics() if group == CUSTOM else answers.externals()
    kind = "MetricValueList" if group == CUSTOM else "ExternalMetricValueList"
    entries = [
        {
            "name": name,
            "singularName": "",
            "namespaced": not name.startswith("namespaces/"),
            "kind": kind,
            "verbs": ["get"],
        }
        for name in names
    ]
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": f"{group}/{version}",
        "resources": entries,
    }


def _values(
    group: str,
    version: str,
    namespace: str,
    rest: list[str],
    query: Mapping[str, str],
    answers: Answers,
    objects: Objects,
) -> Object | None:
    if group == EXTERNAL and len(rest) == 1:
        selector = _selector(query.get("labelSelector", ""))
        return _list("ExternalMetricValueList", group, version, answers.external(namespace, rest[0], selector))
    if group != CUSTOM or len(rest) not in (2, 3):
        return None
    selector = _selector(query.get("metricLabelSelector", ""))
    if rest[0] == "metrics" and len(rest) == 2:
        items = answers.custom("Namespace", namespace, (namespace,), rest[1], selector)
    elif len(rest) == 3 and rest[0] in _KINDS:
        kind = _KINDS[rest[0]]
        names = _named(kind, namespace, rest[1], query.get("labelSelector", ""), objects)
        items = answers.custom(kind, namespace, names, rest[2], selector)
        if rest[1] != "*" and not items:
            raise NoMetric(f"the server could not find the metric {rest[2]} for {rest[0]} {rest[1]}")
    else:
        raise NoMetric(f"the server could not find the metric {rest[-1]} for {rest[0]}")
    return _list("MetricValueList", group, version, [_as_version(item, version) for item in items])


def _named(kind: str, namespace: str, name: str, labels: str, objects: Objects) -> Collection[str]:
    """The object of that name, or with ``*`` all that the labels select."""
    if name != "*":
        return (name,)
    wanted = parse_label_query(labels)
    listed = objects.list(RESOURCES[kind].kind, namespace)
    return {one["metadata"]["name"] for one in listed if all_match(wanted, one["metadata"].get("labels") or {})}


def _selector(text: str) -> Selector:
    return selector_of(parse_label_query(text))


def _as_version(item: Object, version: str) -> Object:
    """``v1beta1`` has the name alone."""
    if version == "v1beta2":
        return item
    kept = {name: value for name, value in item.items() if name != "metric"}
    return {**kept, "metricName": item["metric"]["name"], "selector": item["metric"]["selector"]}


def _list(kind: str, group: str, version: str, items: list[Object]) -> Object:
    return {"kind": kind, "apiVersion": f"{group}/{version}", "metadata": {}, "items": items}
