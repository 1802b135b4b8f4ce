"""The examples that bring a scenario of their own: it is valid, and what it deploys can be loaded and scaled."""

import shutil
from pathlib import Path

import pytest

from autoscale.base.errors import InputError
from autoscale.base.resources import manifests
from autoscale.cluster.kustomize.render import render
from autoscale.hpa import parse_spec
from autoscale.plane.adapter.rules import is_adapters, read_rules
from autoscale.run.options import RunOptions
from autoscale.run.prepare import app_folder, existing_of, resolve
from autoscale.run.target import brought
from loadtest.models import Target

SCENARIOS = [*sorted(map(str, manifests().glob("examples/*/scenario.yaml"))), "grpc"]


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: Path(file).parent.name or file)
def test_an_examples_scenario_deploys_what_it_loads(file: str) -> None:
    """The folder renders, its HPAs are valid, and a rule makes every metric of them that is not a resource."""
    options = RunOptions(file)
    scenario = resolve(options)
    objects = render(app_folder(options, scenario))
    assert existing_of(options, scenario) is None
    assert brought(objects, scenario.target)
    names = {obj["metadata"]["name"] for obj in objects if obj["kind"] == "Deployment"}
    specs = [parse_spec(obj) for obj in objects if obj["kind"] == "HorizontalPodAutoscaler"]
    scaled = [obj["spec"]["scaleTargetRef"]["name"] for obj in objects if obj["kind"] == "ScaledObject"]
    assert specs or scaled
    assert set(scaled) <= names
    assert {spec.target.name for spec in specs} <= names
    rules = [
        read_rules(obj["data"]["config.yaml"]) for obj in objects if obj["kind"] == "ConfigMap" and is_adapters(obj)
    ]
    made = {rule.as_ for one in rules for rule in (*one.custom, *one.external)}
    assert {metric.name for spec in specs for metric in spec.metrics if "Resource" not in metric.type} <= made


def test_a_folder_beside_the_scenario_comes_before_an_example(tmp_path: Path) -> None:
    """``examples/grpc`` is the project's, unless it lies beside the scenario; another name is always beside it."""
    path = tmp_path / "own.yaml"
    load = "load: {shape: {kind: constant, rate: 1, duration: 9}}"

    def folder(name: str) -> Path:
        path.write_text(f"name: own\ntarget: {{manifests: {name}}}\n{load}\n")
        return app_folder(RunOptions(path), resolve(RunOptions(path)))

    assert folder("examples/grpc") == manifests() / "examples/grpc"
    shutil.copytree(manifests() / "base", tmp_path / "base")
    assert folder("base") == tmp_path / "base"
    shutil.copytree(manifests() / "base", tmp_path / "examples/grpc")
    assert folder("examples/grpc") == tmp_path / "examples/grpc"


def test_a_scenario_without_manifests_deploys_our_own_app() -> None:
    """The built-in ones bring nothing along."""
    options = RunOptions("first-look")
    assert app_folder(options, resolve(options)) == manifests() / "base"


def test_what_is_loaded_is_the_first_hpas_target_unless_named() -> None:
    """Of several the scenario may name another workload and another way in; without an HPA there is nothing to test."""
    objects = render(manifests() / "base")
    found = brought(objects, Target())
    assert (found.target, found.url) == ("deployment/web", "http://web:8080")
    named = brought(objects, Target(manifests=".", workload="deployment/back", url="http://front:8080"))
    assert (named.target, named.url) == ("deployment/back", "http://front:8080")
    with pytest.raises(InputError, match="no HorizontalPodAutoscaler"):
        brought([obj for obj in objects if obj["kind"] != "HorizontalPodAutoscaler"], Target())
