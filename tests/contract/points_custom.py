"""The contract of custom kinds: what a CustomResourceDefinition may say, and what becomes of its objects."""

import contextlib
import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autoscale.cluster.resources import resource_of
from tests.conftest import eventually
from tests.contract.asking import APPLY, MERGE, ask, owners, told
from tests.contract.world import World

Object = dict[str, Any]
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
SPEC = {
    "type": "object",
    "required": ["schedule"],
    "properties": {
        "schedule": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 8},
        "image": {"type": "string", "default": "busybox"},
        "replicas": {"type": "integer", "minimum": 1, "maximum": 11},
        "size": {"type": "string", "enum": ["small", "large"]},
        "port": {"x-kubernetes-int-or-string": True},
        "ports": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "number": {"type": "integer", "default": 80}},
            },
        },
        "kept": {"type": "string"},
    },
}
STATUS = {"type": "object", "properties": {"replicas": {"type": "integer"}, "selector": {"type": "string"}}}
SCALE = {
    "specReplicasPath": ".spec.replicas",
    "statusReplicasPath": ".status.replicas",
    "labelSelectorPath": ".status.selector",
}
COLUMNS = [{"name": "Schedule", "type": "string", "jsonPath": ".spec.schedule"}]


def definition(world: World, plural: str) -> Object:
    """A definition of a group that no other run, and no other point, has."""
    group = f"{plural}.{world.namespace}.example.com"
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": SPEC, "status": STATUS}}},
        "subresources": {"status": {}, "scale": SCALE},
        "additionalPrinterColumns": COLUMNS,
    }
    kind = plural.removesuffix("s").capitalize()
    names = {"plural": plural, "kind": kind}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [version]},
    }


@contextmanager
def defined(world: World, plural: str, made: Object | None = None) -> Iterator[str]:
    """The path of a custom kind's objects in the contract's namespace, while the kind is served."""
    made = made or definition(world, plural)
    path = f"{DEFINITIONS}/{made['metadata']['name']}"
    assert ask(world, "POST", DEFINITIONS, made).status == 201
    objects = f"/apis/{made['spec']['group']}/v1/namespaces/{world.namespace}/{plural}"
    try:
        world.until(lambda: ask(world, "GET", objects).status == 200, f"{plural} are served")
        yield objects
    finally:
        ask(world, "DELETE", path)


def custom(world: World, plural: str, name: str = "one", **spec: Any) -> Object:
    """An object of such a kind."""
    made = definition(world, plural)["spec"]
    head = {"apiVersion": f"{made['group']}/v1", "kind": made["names"]["kind"], "metadata": {"name": name}}
    return {**head, "spec": {"schedule": "daily", **spec}}


def definitions(world: World) -> list[str]:
    """What a CustomResourceDefinition may not say, and what becomes of one that is right"""
    right = definition(world, "clocks")
    seen = [told(world, ask(world, "POST", DEFINITIONS, wrong)) for wrong in _wrong(right)]
    path = f"{DEFINITIONS}/{right['metadata']['name']}"
    with defined(world, "clocks"):
        made = ask(world, "GET", path).json()
        seen += [f"{one['type']} {one['status']} {one['reason']}" for one in made["status"]["conditions"]]
        seen.append(f"names {json.dumps(made['status']['acceptedNames'], sort_keys=True)}")
        seen.append(f"stored {made['status']['storedVersions']}")
        found = ask(world, "GET", f"/apis/{right['spec']['group']}/v1").json()["resources"]
        seen += sorted(f"{one['name']} {one['kind']} {' '.join(sorted(one['verbs']))}" for one in found)
        seen.append(told(world, ask(world, "POST", DEFINITIONS, right)))
    world.until(lambda: ask(world, "GET", path).status == 404, "the definition is gone")
    world.until(lambda: ask(world, "GET", f"/apis/{right['spec']['group']}/v1").status == 404, "the group is gone")
    return [*seen, "gone, with its group"]


def _wrong(right: Object) -> Iterator[Object]:
    """Definitions that cannot be, each in one thing."""
    for change in (
        {"scope": "Galaxy"},
        {"group": "other.example.com"},
        {"versions": []},
        {"names": {**right["spec"]["names"], "plural": "Clocks"}},
    ):
        yield {**right, "spec": {**right["spec"], **change}}
    for schema in (
        {"properties": {"a": {}}},
        {"properties": {"a": {"type": "array"}}},
        {"properties": {"a": {"type": "int"}}},
        {"properties": {"a": {"type": "integer", "default": "x"}}},
    ):
        made = copy.deepcopy(right)
        made["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"] = {"type": "object", **schema}
        yield made


def custom_objects(world: World) -> list[str]:
    """Objects of a custom kind: defaults, pruning, what the schema and its rules refuse, generations"""
    with defined(world, "bells") as path:
        given = custom(world, "bells", unknown=1, ports=[{"name": "a", "z": 1}])
        made = ask(world, "POST", path, given)
        seen = [told(world, made), json.dumps(made.json()["spec"], sort_keys=True)]
        seen.append(told(world, ask(world, "POST", f"{path}?fieldValidation=Strict", given)))
        seen += [told(world, ask(world, "POST", path, custom(world, "bells", "two", **spec))) for spec in _refused()]
        seen += _changes(world, path)
        seen.append(told(world, ask(world, "PATCH", f"{path}/one", {}, "application/strategic-merge-patch+json")))
    return seen


def _refused() -> tuple[Object, ...]:
    return (
        {"schedule": 5},
        {"schedule": "Daily"},
        {"schedule": "dailydaily"},
        {"replicas": 12},
        {"size": "big"},
        {"port": 1.5},
        {"ports": [{}]},
        {"ports": [{"name": "a"}, {"name": "a"}]},
    )


def _changes(world: World, path: str) -> list[str]:
    """An object changed, in and outside of its spec."""
    seen = []
    for body in ({"metadata": {"labels": {"a": "b"}}}, {"spec": {"replicas": 3, "kept": "x"}}, {"spec": {"kept": "y"}}):
        answer = ask(world, "PATCH", f"{path}/one", body, MERGE)
        generation = answer.json()["metadata"].get("generation")
        seen.append(f"{told(world, answer)} generation {generation}")
    return seen


def custom_subresources(world: World) -> list[str]:
    """The subresources status and scale of a custom kind: what a write to one leaves of the rest"""
    with defined(world, "drums") as path:
        state = {"replicas": 2, "selector": "app=one"}
        made = ask(world, "POST", path, {**custom(world, "drums", replicas=3), "status": {"replicas": 9}}).json()
        seen = [f"created without status: {'status' not in made}"]
        body = {**made, "spec": {**made["spec"], "replicas": 7}, "status": state}
        done = ask(world, "PUT", f"{path}/one/status", body).json()
        seen.append(f"PUT status: {_state(done)}")
        scale = ask(world, "GET", f"{path}/one/scale").json()
        counted = json.dumps(scale["status"], sort_keys=True)
        seen.append(f"{scale['apiVersion']} {scale['kind']} {scale['spec']} {counted}")
        for replicas in (5, -1, 4, 99):
            answer = ask(world, "PATCH", f"{path}/one/scale", {"spec": {"replicas": replicas}}, MERGE)
            seen.append(f"scale to {replicas}: {told(world, answer)}")
        seen.append(_state(ask(world, "GET", f"{path}/one").json()))
        return seen + _applied(world, path)


def _state(obj: Object) -> str:
    return f"{obj['spec']['replicas']} {obj['status']} generation {obj['metadata']['generation']}"


def _applied(world: World, path: str) -> list[str]:
    """Server-side apply of an object and of its parts."""
    seen = []
    body = custom(world, "drums", "two", replicas=3, ports=[{"name": "a", "number": 1}])
    head = {name: body[name] for name in ("apiVersion", "kind", "metadata")}
    scale = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "two"}, "spec": {"replicas": 5}}
    for part, manager, one in (
        ("", "contract", body),
        ("", "contract-too", {**head, "spec": {"schedule": "daily", "ports": [{"name": "a", "number": 2}]}}),
        ("/status", "contract-status", {**head, "status": {"replicas": 1}}),
        ("/scale", "contract-scale", scale),
    ):
        answer = ask(world, "PATCH", f"{path}/two{part}?fieldManager={manager}", one, APPLY)
        seen.append(f"apply {part or 'object'}: {told(world, answer)}")
    return seen + owners(world, ask(world, "GET", f"{path}/two").json())


def custom_scale_applied(world: World) -> list[str]:
    """Server-side apply of a custom object's scale, by somebody who may take the replicas over"""
    with defined(world, "gongs") as path:
        ask(world, "POST", path, custom(world, "gongs", replicas=3))
        scale = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "one"}, "spec": {"replicas": 5}}
        query = "fieldManager=contract&force=true"
        return [told(world, ask(world, "PATCH", f"{path}/one/scale?{query}", scale, APPLY))]


def custom_rules(world: World) -> list[str]:
    """Rules in CEL (x-kubernetes-validations): one that does not compile, and objects that break one"""
    seen = []
    for rule in ("self.nothing > 1", "self.replicas % 2 == 1"):
        made = definition(world, "flutes")
        schema = made["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
        schema["spec"] = {**schema["spec"], "x-kubernetes-validations": [{"rule": rule, "message": "must be odd"}]}
        answer = ask(world, "POST", f"{DEFINITIONS}?dryRun=All", made)
        seen.append(told(world, answer).partition("Invalid value:")[0])
    with defined(world, "flutes", made) as path:
        for replicas in (1, 2):
            answer = ask(world, "POST", path, custom(world, "flutes", f"of-{replicas}", replicas=replicas))
            seen.append(f"{replicas} replicas: {told(world, answer)}")
    return seen


def counted_custom_objects(world: World) -> list[str]:
    """A ResourceQuota on objects of a custom kind: what is used, and how one too many is refused"""
    with defined(world, "horns") as path:
        name = f"count/horns.horns.{world.namespace}.example.com"
        quota = {"metadata": {"name": "horns"}, "spec": {"hard": {name: "1"}}}
        world.until(lambda: _counted(world, quota), "the quota is counted")
        seen = [told(world, ask(world, "POST", path, custom(world, "horns", "one")))]
        seen.append(told(world, ask(world, "POST", path, custom(world, "horns", "two"))))
        world.until(lambda: _used(world) == {name: "1"}, "the object is counted")
        ask(world, "DELETE", f"{path}/one")
        world.until(lambda: _used(world) == {name: "0"}, "its end is counted")
        return [*seen, "counted, and given back"]


def _counted(world: World, quota: Object) -> bool:
    """Whether a new quota is counted. The real controller learns of a new kind within half a minute, and looks at a
    quota that it could not count only minutes later: it is made anew."""
    path = resource_of("ResourceQuota").path(world.namespace)
    ask(world, "DELETE", f"{path}/horns")
    ask(world, "POST", path, quota)
    with contextlib.suppress(AssertionError):
        return bool(eventually(lambda: _used(world) == dict.fromkeys(quota["spec"]["hard"], "0"), "its use", 10.0))
    return False


def _used(world: World) -> Any:
    return (world.get("ResourceQuota", "horns").get("status") or {}).get("used")
