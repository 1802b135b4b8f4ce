"""The renderer against kustomize itself, and what it refuses."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autoscale.base.errors import InputError
from autoscale.base.resources import manifests
from autoscale.cluster.kustomize.render import render
from tests.conftest import need

pytestmark = pytest.mark.long

SHOP = """
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: front, labels: {tier: web}}
spec:
  selector: {matchLabels: {tier: web}}
  template:
    metadata: {labels: {tier: web}}
    spec:
      containers:
      - name: a
        image: registry.example:5000/shop/front:1
        command: [run, it]
        env: [{name: A, value: "1"}, {name: B, value: "2"}]
        ports: [{containerPort: 80}, {containerPort: 81}]
      - {name: b, image: "shop/side@sha256:0f"}
      tolerations: [{key: a}]
      initContainers:
      - name: i
        image: init
        ports: [{containerPort: 90, name: old}, {containerPort: 91}]
        volumeDevices: [{devicePath: /d, name: v}]
      imagePullSecrets: [{name: one}]
      hostAliases: [{ip: 10.0.0.1, hostnames: [a]}]
      topologySpreadConstraints: [{topologyKey: zone, whenUnsatisfiable: DoNotSchedule, maxSkew: 1}]
      volumes: [{name: v, emptyDir: {}}, {name: w, configMap: {name: c}}]
---
apiVersion: v1
kind: Service
metadata: {name: front}
spec: {ports: [{port: 80}, {port: 81}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: front}
spec: {maxReplicas: 3, metrics: [{type: Resource, resource: {name: cpu}}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly, annotations: {since: "2026-01-02"}}
spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: c, image: shop/front}]}}}}}
---
apiVersion: shop.example/v1
kind: Basket
metadata: {name: big}
spec: {containers: [{name: a, image: shop/front}]}
"""


def patch(api_version: str, kind: str, name: str, **fields: Any) -> dict[str, Any]:
    """An entry of a kustomization's patches."""
    metadata = {**fields.pop("metadata", {}), "name": name}
    body = {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}
    return {"patch": yaml.safe_dump(body)}


OVERLAYS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "namespace": {"namespace": "other"},
    "labels": {"labels": [{"pairs": {"run": "x"}}]},
    "labels in templates": {"labels": [{"pairs": {"run": "x", "tier": "new"}, "includeTemplates": True}]},
    "image name": {"images": [{"name": "shop/front", "newName": "elsewhere/front"}]},
    "image tag": {"images": [{"name": "registry.example:5000/shop/front", "newTag": "2"}]},
    "image digest": {"images": [{"name": "registry.example:5000/shop/front", "digest": "sha256:aa"}]},
    "image tag for digest": {"images": [{"name": "shop/side", "newTag": "3"}]},
    "patch containers": {"patches": [patch("apps/v1", "Deployment", "front", spec={"template": {"spec": {
        "containers": [
            {"name": "new", "image": "i"},
            {"name": "a", "command": ["other"], "env": [{"name": "N", "value": "2"}, {"name": "A", "value": "9"}],
             "ports": [{"containerPort": 81, "name": "p"}]},
        ],
        "tolerations": [{"key": "b"}],
    }}})]},
    "patch init containers": {"patches": [patch("apps/v1", "Deployment", "front", spec={"template": {"spec": {
        "initContainers": [{
            "name": "i", "image": None, "ports": [{"containerPort": 91, "name": "p"}],
            "volumeDevices": [{"devicePath": "/d", "name": "w"}],
        }],
    }}})]},
    "patch lists of pods": {"patches": [patch("apps/v1", "Deployment", "front", spec={"template": {"spec": {
        "imagePullSecrets": [{"name": "two"}],
        "hostAliases": [{"ip": "10.0.0.1", "hostnames": ["b"]}],
        "topologySpreadConstraints": [{"topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "maxSkew": 2}],
        "volumes": [{"name": "v", "emptyDir": None, "configMap": {"name": "d", "items": None}}],
    }}})]},
    "patch a nested template": {"patches": [patch("batch/v1", "CronJob", "nightly", spec={"jobTemplate": {"spec": {
        "template": {"spec": {"containers": [{"name": "c", "args": ["x"], "resources": None}]}},
    }}})]},
    "patch with null": {
        "patches": [patch("batch/v1", "CronJob", "nightly", metadata={"annotations": {"since": None, "new": "x"}})]
    },
    "patch an atomic list": {"patches": [patch("autoscaling/v2", "HorizontalPodAutoscaler", "front", spec={
        "metrics": [{"type": "Pods"}], "behavior": {"scaleUp": {"policies": [{"type": "Pods"}]}},
    })]},
    "patch a foreign kind": {
        "patches": [patch("shop.example/v1", "Basket", "big", spec={"containers": [{"name": "z"}]})]
    },
    "patch a service": {
        "patches": [patch("v1", "Service", "front", spec={"ports": [{"port": 82}, {"port": 80, "name": "p"}]})]
    },
    "patch by target": {"patches": [{
        **patch("v1", "Service", "another", spec={"type": "NodePort"}), "target": {"kind": "Service", "name": "front"}
    }]},
}  # fmt: skip


def kubectl() -> str:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    built = cache / "autoscale" / "bin" / "kubectl"
    found = os.environ.get("AUTOSCALE_KUBECTL") or (str(built) if built.exists() else shutil.which("kubectl"))
    need(found is not None, "no kubectl: run `make kubectl`")
    return str(found)


def kustomize(folder: Path) -> list[Any]:
    run = subprocess.run([kubectl(), "kustomize", str(folder)], capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stderr
    return list(yaml.safe_load_all(run.stdout))


def write(folder: Path, kustomization: dict[str, Any], **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


def shop(folder: Path, overlay: dict[str, Any]) -> Path:
    """A folder with an overlay over the shop."""
    write(folder / "base", {"resources": ["shop.yaml"]}, shop=SHOP)
    return write(folder / "overlay", {"resources": ["../base"], **overlay})


def mistakes(folder: Path, **options: Any) -> str:
    with pytest.raises(InputError) as caught:
        render(folder, **options)
    return str(caught.value)


@pytest.mark.kubectl
@pytest.mark.parametrize("name", ["base", "loadtest"])
def test_our_manifests_render_as_kustomize_does(name: str) -> None:
    """What `kubectl apply -k` takes and what `autoscale run` applies are the same objects in the same order."""
    assert render(manifests() / name) == kustomize(manifests() / name)


@pytest.mark.kubectl
def test_every_kustomization_of_ours_renders_as_kustomize_does() -> None:
    """Overlays and examples, whichever there are, come out as kustomize has them."""
    folders = [path.parent for path in manifests().rglob("kustomization.yaml")]
    assert len(folders) >= 2
    for folder in folders:
        assert render(folder) == kustomize(folder), folder


@pytest.mark.kubectl
@pytest.mark.parametrize("overlay", OVERLAYS.values(), ids=OVERLAYS.keys())
def test_an_overlay_renders_as_kustomize_does(overlay: dict[str, Any], tmp_path: Path) -> None:
    """Each part of kustomize that we do gives the result of kustomize."""
    folder = shop(tmp_path, overlay)
    assert render(folder) == kustomize(folder)


values = st.sampled_from(["1", "x", "true", ""])
env = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("ABCD"), "value": values}), max_size=4, unique_by=lambda e: e["name"]
)
containers = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("abc"), "env": env}, optional={"image": st.just("i:2")}),
    min_size=1,
    max_size=3,
    unique_by=lambda container: container["name"],
)


@pytest.mark.kubectl
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(containers)
def test_merged_lists_are_kustomizes(tmp_path: Path, containers: list[dict[str, Any]]) -> None:
    """Whatever containers and variables a patch names, known or new, the merged lists have kustomize's order."""
    spec = {"template": {"spec": {"containers": containers}}}
    folder = shop(tmp_path, {"patches": [patch("apps/v1", "Deployment", "front", spec=spec)]})
    assert render(folder) == kustomize(folder)


@pytest.mark.kubectl
def test_options_are_one_more_overlay(tmp_path: Path) -> None:
    """Labels, namespace, images and patches given to `render` do what a kustomization over the folder would do."""
    change = {"spec": {"maxReplicas": 9}}
    folder = shop(
        tmp_path,
        {
            "namespace": "other",
            "labels": [{"pairs": {"run": "r"}, "includeTemplates": True}],
            "images": [{"name": "shop/front", "newName": "host:5000/f", "newTag": "7"}],
            "patches": [patch("autoscaling/v2", "HorizontalPodAutoscaler", "front", **change)],
        },
    )
    options: dict[str, Any] = {
        "namespace": "other",
        "labels": {"run": "r"},
        "images": {"shop/front": "host:5000/f:7"},
        "patches": [{"kind": "HorizontalPodAutoscaler", "name": "front", "patch": change}],
    }
    assert render(tmp_path / "base", **options) == kustomize(folder)


def test_run_labels_reach_the_pods_and_no_selector() -> None:
    """Every object and every pod template carries the run's label; what selects pods stays as it was."""
    for name in ("base", "loadtest"):
        for item in render(manifests() / name, labels={"autoscale/run": "r1"}):
            assert item["metadata"]["labels"]["autoscale/run"] == "r1"
            spec = item.get("spec", {})
            if "template" in spec:
                assert spec["template"]["metadata"]["labels"]["autoscale/run"] == "r1"
            assert "autoscale/run" not in str(spec.get("selector"))


def test_rendering_changes_nothing_it_was_given(tmp_path: Path) -> None:
    """The options come back as they were, and a second rendering gives the same objects."""
    patches = [{"kind": "Service", "name": "front", "patch": {"spec": {"ports": [{"port": 80, "name": "p"}]}}}]
    before = yaml.safe_dump(patches)
    folder = shop(tmp_path, {})
    assert render(folder, patches=patches) == render(folder, patches=patches)
    assert yaml.safe_dump(patches) == before


@pytest.mark.parametrize(
    "field",
    [
        "commonLabels",
        "configMapGenerator",
        "components",
        "namePrefix",
        "replicas",
        "patchesStrategicMerge",
        "helmCharts",
    ],
)
def test_the_rest_of_kustomize_is_refused_by_name(field: str, tmp_path: Path) -> None:
    """A field that we do not do stops the rendering and is named; it is never left out silently."""
    assert f"kustomization.yaml: {field}: found" in mistakes(shop(tmp_path, {field: {}}))


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    """One message lists every mistake, each with the file and the field."""
    text = mistakes(
        shop(
            tmp_path,
            {
                "namePrefix": "x-",
                "labels": [{"pairs": {"a": "b"}, "includeSelectors": True}],
                "images": [{"newTag": 2}],
                "patches": [
                    patch("apps/v1", "Deployment", "nobody"),
                    {"target": {"kind": "Deployment", "name": "front"}, "patch": "[{op: remove, path: /spec}]"},
                    {**patch("apps/v1", "Deployment", "front"), "target": {"kind": "Deployment", "name": "fro.*"}},
                    patch("apps/v1", "Deployment", "front", spec={"$patch": "delete"}),
                    {"target": {"kind": "Deployment", "name": "front"}, "patch": "spec: {}"},
                ],
            },
        )
    )
    places = [
        "namePrefix",
        "labels[0].includeSelectors",
        "images[0].newTag",
        "images[0]",
        "patches[0]",
        "patches[1]",
        "patches[2].target",
        "patches[3]: spec.$patch",
        "patches[4]",
    ]
    for place in places:
        assert f"kustomization.yaml: {place}: found" in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: Service\nmetadata: {name: s}", "document 1: found no apiVersion"),
        ("apiVersion: v1\nkind: Service\nmetadata: {generateName: s}", "document 1: found no metadata.name"),
        ("apiVersion: v1\nkind: ServiceList\nitems: []", "document 1: found a ServiceList"),
        ("a: 1\na: 2", "line 2, column 1: found the key a twice"),
        ("a: [", "line 1, column 5: found"),
        ("- 1", "document 1: found list"),
        (
            "\n---\n".join(["apiVersion: v1\nkind: Service\nmetadata: {name: s}"] * 2),
            "found Service s 2 times",
        ),
    ],
)
def test_a_file_that_holds_no_objects_says_where(text: str, said: str, tmp_path: Path) -> None:
    """A wrong manifest is named with its file and the document or line."""
    assert said in mistakes(write(tmp_path, {"resources": ["x.yaml"]}, x=text))


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    """A folder without a kustomization, a missing file, an address and a circle each get their own message."""
    assert "no kustomization.yaml" in mistakes(tmp_path / "nowhere")
    assert "'gone.yaml', wanted a file" in mistakes(write(tmp_path / "a", {"resources": ["gone.yaml"]}))
    assert "never an address" in mistakes(write(tmp_path / "b", {"resources": ["https://host.example/x.yaml"]}))
    assert "includes itself" in mistakes(write(tmp_path / "c", {"resources": ["../c"]}))


def test_a_role_binding_is_not_moved_half_way(tmp_path: Path) -> None:
    """A namespace over a RoleBinding is refused, for its subjects would be left behind; without one it passes."""
    binding = "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b}"
    folder = write(tmp_path, {"resources": ["x.yaml"]}, x=binding)
    assert "a RoleBinding" in mistakes(folder, namespace="n")
    assert len(render(folder)) == 1


def test_a_time_stays_text(tmp_path: Path) -> None:
    """An unquoted date in a manifest is text, as Kubernetes reads it, and not Python's date."""
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {day: 2026-01-02}"
    assert render(write(tmp_path, {"resources": ["x.yaml"]}, x=text))[0]["data"] == {"day": "2026-01-02"}


POD = "spec: {template: {metadata: {labels: x}}}"


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("metadata: {name: s, labels: x}", "found labels that are 'x'"),
        ("metadata: {name: s, labels: [x]}", "found labels that are ['x']"),
        (f"metadata: {{name: s}}\n{POD}", "found labels that are 'x'"),
        ("metadata: {name: s}\nspec: {volumeClaimTemplates: [7]}", "found a template that is 7"),
        ("metadata: {name: s}\nspec: {volumeClaimTemplates: x}", "found a template that is 'x'"),
    ],
)
def test_labels_that_are_no_mapping_are_named_with_their_object(rest: str, said: str, tmp_path: Path) -> None:
    """On the object itself and on what it makes; without labels to add nothing looks at them."""
    folder = write(tmp_path, {"resources": ["x.yaml"]}, x=f"apiVersion: apps/v1\nkind: StatefulSet\n{rest}")
    found = mistakes(folder, labels={"a": "b"})
    assert "StatefulSet s: " in found
    assert said in found
    assert len(render(folder)) == 1


def test_a_patch_of_metadata_that_is_no_mapping_is_named(tmp_path: Path) -> None:
    """A near miss: one that takes the metadata away leaves the object's name, for a patch never renames."""
    folder = write(tmp_path, {"resources": ["x.yaml"]}, x="apiVersion: v1\nkind: Service\nmetadata: {name: s}")
    patch = {"kind": "Service", "name": "s", "patch": {"metadata": 7}}
    assert "patches[0]: metadata: found 7, wanted a mapping" in mistakes(folder, patches=[patch])
    (left,) = render(folder, patches=[{**patch, "patch": {"metadata": None}}])
    assert left["metadata"] == {"name": "s"}


@pytest.mark.parametrize("name", ["9" * 400, "a\0b"])
@pytest.mark.parametrize("field", ["resources", "patches"])
def test_a_name_that_no_file_system_takes_is_told(field: str, name: str, tmp_path: Path) -> None:
    """As that of any other file that is not there."""
    assert "wanted a" in mistakes(write(tmp_path, {field: [name if field == "resources" else {"path": name}]}))


@pytest.mark.parametrize("field", ["name", "newName", "newTag", "digest"])
@pytest.mark.parametrize("value", [-1, 1.5, [], {}, True])
def test_a_part_of_an_image_that_is_no_text_is_told_and_not_used(field: str, value: object, tmp_path: Path) -> None:
    """With an image that it would have been put into, so that nothing goes on with it."""
    image = {"name": "app", "newName": "other/app", "newTag": "1"} | {field: value}
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: 'app:0'}]}"
    assert f"images[0].{field}" in mistakes(write(tmp_path, {"resources": ["x.yaml"], "images": [image]}, x=pod))
