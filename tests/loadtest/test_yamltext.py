"""YAML is bounded where it is read, whoever reads it."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from autoscale.base.errors import InputError, Problem
from autoscale.cli.manifests import documents
from autoscale.cluster import kubeconfig
from autoscale.cluster.kustomize.read import parse_yaml, read_yaml
from loadtest import scenario, scenario_text, yamltext
from loadtest.errors import ScenarioError
from loadtest.scenario_text import override, read
from loadtest.yamltext import MOST_LEVELS, MOST_VALUES, KubernetesLoader, Loader, fault

NINE = "[" + ",".join(["x"] * 9) + "]"


def billion(levels: int) -> str:
    """9 to the power of ``levels`` values in as many lines."""
    lines = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(2, levels + 1)]
    return "\n".join([f"a1: &a1 {NINE}", *lines, ""])


MERGED = "a1: &a1 {x: 1}\n" + "".join(f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}\n" for i in range(2, 14))
CHAINED = "a1: &a1 1\n" + "".join(f"a{i}: &a{i} {'[' * 60}*a{i - 1}{']' * 60}\n" for i in range(2, 5))
BAD = {
    "billion": (billion(13), "aliases that stand for more than 1,000,000 values"),
    "merged": (MERGED, "aliases that stand for more than 1,000,000 values"),
    "chained": (CHAINED, "nested more than 100 levels deep"),
    "itself": ("a: &a [*a]", "an alias inside what it stands for"),
    "deep": ("a: " + "[" * 3000, "nested more than 100 levels deep"),
}


@pytest.mark.parametrize("case", BAD)
def test_every_reader_counts_before_it_expands(case: str, tmp_path: Path) -> None:
    """Scenario, override, manifest, kustomization and kubeconfig refuse the same documents, by their place."""
    text, said = BAD[case]
    file = tmp_path / "x.yaml"
    file.write_text(text)
    with pytest.raises(ScenarioError, match=said):
        read(file)
    with pytest.raises(ScenarioError, match=said):
        override({}, [f"x={text.partition(': ')[2] if case == 'deep' else text}"])
    with pytest.raises(InputError, match=said):
        documents(file)
    with pytest.raises(InputError, match="is not YAML"):
        kubeconfig.read(str(file))
    problems: list[Problem] = []
    assert (parse_yaml(text, "x", problems), said in str(problems[0])) == ([], True)


@pytest.mark.parametrize(
    "text",
    [
        billion(5),
        "a: &a [1, 2]\nb: *a\nc: [*a, *a]",
        "base: &b {x: 1}\nmore: {<<: *b, y: 2}",
        "a: " + "[" * (MOST_LEVELS - 2) + "]" * (MOST_LEVELS - 2),
        "[" + "1, " * (MOST_VALUES // 100) + "1]",
    ],
)
def test_aliases_lists_and_depth_within_bounds_are_read(text: str) -> None:
    """As plain PyYAML reads them."""
    assert yaml.load(text, Loader) == yaml.safe_load(text)


def test_a_time_is_text_to_kubernetes_and_a_date_to_a_scenario() -> None:
    """The one difference of the two."""
    assert yaml.load("2024-01-02", KubernetesLoader) == "2024-01-02"
    assert str(yaml.load("2024-01-02", Loader)) == "2024-01-02"
    with pytest.raises(yaml.YAMLError, match="which is no timestamp"):
        yaml.load("2024-13-45", Loader)


@given(st.text(alphabet="ab1:-[]{},&*!<>|'\"#%? \n\t\0\x85é=~", max_size=40))
def test_any_text_is_read_or_one_kind_of_error(text: str) -> None:
    """Never another exception, and the error has words."""
    for loader in (Loader, KubernetesLoader):
        try:
            list(yaml.load_all(text, loader))
        except yaml.YAMLError as error:
            caught = error
        else:
            continue
        assert fault(caught)[1]


def test_what_is_larger_than_any_file_of_people_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By each reader in its own words, and no more of it is read than that."""
    file = tmp_path / "large.yaml"
    file.write_text("a: " + "x" * 5000)
    assert yamltext.text_of(file) == file.read_text()
    for reader in (yamltext, scenario_text):
        monkeypatch.setattr(reader, "MOST_CHARACTERS", 4096)
    with pytest.raises(ScenarioError, match="more than 0 MiB"):
        scenario.load(str(file))
    with pytest.raises(InputError, match="cannot be read: more than"):
        kubeconfig.read(str(file))
    with pytest.raises(InputError) as caught:
        documents(file)
    assert "more than" in str(caught.value)
    problems: list[Problem] = []
    assert read_yaml(file, problems) == []
    assert "more than" in problems[0].found
