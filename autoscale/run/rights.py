"""What a run has to be allowed: from what it watches, what it asks for and what it makes."""

from collections.abc import Iterable
from pathlib import Path

from autoscale.base.resources import manifests
from autoscale.cluster.apply import REMOVED
from autoscale.cluster.kustomize.render import render
from autoscale.cluster.metrics import Question, questions
from autoscale.cluster.permissions import Permission
from autoscale.kube.kinds import BY_KIND
from autoscale.observe.table import NODE_EVENTS, SOURCES, watched
from autoscale.run.target import WORKLOADS, Target

_ASKED = (
    Permission("list", "metrics.k8s.io", "pods"),
    Permission("get", "", "services"),
    Permission("get", "", "pods"),
    Permission("get", "", "pods", "log"),
    # The load generator's page and its clock; `create` is its Stop button.
    Permission("get", "", "pods", "proxy", optional=True),
    Permission("create", "", "pods", "proxy", optional=True),
)
_LOOKED_FOR = tuple(source.permissions[0] for source in SOURCES if source.addon)  # list
_LOCK = tuple(Permission(verb, "", "configmaps") for verb in ("get", "create", "patch", "delete"))


def needed(
    kind: str, made: Iterable[str], beside: Iterable[str] = (), *, selects: bool = False
) -> tuple[Permission, ...]:
    """What a run on a workload of that kind needs; ``made``: the kinds of what it makes, ``beside``: of the workloads
    that are recorded beside it, ``selects``: some of these are looked for by their labels. Each permission once."""
    kinds = tuple(dict.fromkeys((kind, *beside)))
    sources = [source for source in watched(*kinds) if not source.addon]
    watching = [permission for source in sources for permission in source.permissions]
    read = [Permission("get", BY_KIND[one].group, BY_KIND[one].plural) for one in kinds]
    looked = [Permission("list", BY_KIND[one].group, BY_KIND[one].plural) for one in WORKLOADS if selects]
    making = [permission for one in made for permission in _making(one)]
    return tuple(dict.fromkeys((*watching, *read, *looked, *_ASKED, *_LOOKED_FOR, *_LOCK, *making)))


def of_node_events(namespace: str) -> tuple[Permission, ...]:
    """What is needed in the namespace of events about nodes, where a run takes place in another one."""
    verbs = ("list", "watch") if namespace != NODE_EVENTS else ()
    return tuple(Permission(verb, "", "events", optional=True) for verb in verbs)


def of_addons(targets: Iterable[Target]) -> tuple[Permission, ...]:
    """What is needed besides where targets are scaled by what not every cluster has."""
    targets = list(targets)
    found = {obj["kind"] for target in targets for obj in (target.scaled, target.vpa) if obj is not None}
    addons = (permission for source in SOURCES if source.kind in found for permission in source.permissions)
    asked = (asking(one) for target in targets for one in questions(target.hpa["spec"].get("metrics")))
    return tuple(dict.fromkeys((*addons, *asked)))


def asking(asked: Question) -> Permission:
    """What it takes to ask the API of a metric for its values: a path without an object's name is a list to RBAC."""
    if asked.of is None:
        return Permission("list", asked.group, asked.name, optional=True)
    return Permission("get", asked.group, asked.of, asked.name, optional=True)


def made_kinds(app: Path | None) -> tuple[str, ...]:
    """The kinds of the load generator's objects and of the service that is deployed from the folder ``app``, if any."""
    folders = [manifests() / "loadtest", *([app] if app else [])]
    return tuple(dict.fromkeys(obj["kind"] for folder in folders for obj in render(folder)))


def _making(kind: str) -> Iterable[Permission]:
    """Looked at first, made, and found again to be removed."""
    of = BY_KIND[kind]
    removing = ("list", "delete") if kind in REMOVED else ()
    for verb in ("get", "create", "patch", *removing):
        yield Permission(verb, of.group, of.plural, wide=not of.namespaced)
