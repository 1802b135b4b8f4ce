"""Whatever a file holds, who reads it ends with an answer or with an error of the one form, never with a traceback."""

import contextlib
import gzip
import io
import json
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from autoscale.base.errors import AutoscaleError
from autoscale.cli import cli
from autoscale.cluster import client, contexts, kubeconfig
from autoscale.cluster.kustomize.render import render
from tests.fuzz.mutations import bounded, mutated, spoiled

FIXTURES = Path(__file__).parents[1] / "fixtures"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def autoscale(*arguments: str | Path) -> None:
    """The command in this process; an error of the one form is an answer, anything else goes up."""
    with contextlib.suppress(AutoscaleError, click.ClickException, SystemExit):
        cli.main([str(one) for one in arguments], standalone_mode=False)


def dumped(document: Any) -> bytes:
    """As YAML; lone surrogates and such as they are."""
    return yaml.safe_dump_all(document if isinstance(document, list) else [document], allow_unicode=True).encode(
        errors="surrogatepass"
    )


KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "c1",
    "preferences": {},
    "clusters": [
        {"name": "k1", "cluster": {"server": "https://127.0.0.1:1", "certificate-authority-data": "aGVsbG8="}},
        {"name": "k2", "cluster": {"server": "http://127.0.0.1:1", "certificate-authority": "ca.crt"}},
        {"name": "k3", "cluster": {"server": "https://127.0.0.1:1", "proxy-url": "http://127.0.0.1:2"}},
    ],
    "contexts": [
        {"name": "c1", "context": {"cluster": "k1", "user": "u1", "namespace": "n"}},
        {"name": "c2", "context": {"cluster": "k2", "user": "u2"}},
        {"name": "c3", "context": {"cluster": "k3", "user": "u3"}},
    ],
    "users": [
        {"name": "u1", "user": {"token": "abc"}},
        {"name": "u2", "user": {"tokenFile": "token"}},
        {"name": "u3", "user": {"username": "a", "password": "b"}},
    ],
}


def opened(file: Path) -> None:
    """All that is done with a kubeconfig before the first request."""
    try:
        config = kubeconfig.read(str(file))
    except AutoscaleError:
        return
    found = kubeconfig.contexts_of(config)
    for context in found:
        contexts.doubts(context, None)
        with contextlib.suppress(AutoscaleError):
            kubeconfig.choose(config, context.name)
            client.connect(context.name, file).close()


@bounded(60)
@given(document=mutated(KUBECONFIG))
def test_kubeconfigs(document: Any, folder: Path) -> None:
    """A kubeconfig with other values, keys or entries than it should have."""
    (folder / "kubeconfig").write_bytes(dumped([document]))
    opened(folder / "kubeconfig")


@bounded(40)
@given(data=spoiled(dumped(KUBECONFIG)))
def test_kubeconfigs_of_other_bytes(data: bytes, folder: Path) -> None:
    """A kubeconfig that was cut or spoiled."""
    (folder / "kubeconfig").write_bytes(data)
    opened(folder / "kubeconfig")


IMPORTS = sorted((FIXTURES / "imports").iterdir())


@bounded(60)
@given(data=st.data())
def test_imports(data: st.DataObject, folder: Path) -> None:
    """Another tool's results, packed or not, cut or spoiled."""
    source = data.draw(st.sampled_from(IMPORTS))
    raw = source.read_bytes()
    plain = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" and "cut-off" not in source.name else raw
    if source.suffix == ".json" and data.draw(st.booleans()):
        file = json.dumps(data.draw(mutated(json.loads(plain)))).encode()
    else:
        file = data.draw(spoiled(plain))
    if data.draw(st.integers(0, 4)) == 0:
        file = data.draw(spoiled(gzip.compress(file), most=1))
    (folder / "import").write_bytes(file)
    autoscale("import", folder / "import", "--out", folder / "out.jsonl", "--workload", "web")


JMETER = (
    "timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,bytes,grpThreads,allThreads,Latency\n"
    + "".join(
        f"{1795000000000 + i * 250},{20 + i},GET,{200 if i % 5 else 503},OK,t 1-1,{'true' if i % 5 else 'false'},"
        f"900,1,1,{19 + i}\n"
        for i in range(40)
    )
)
JMETER_XML = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<testResults version="1.2">\n'
    + "".join(
        f'<httpSample t="{20 + i}" lt="9" ts="{1795000000000 + i * 250}" s="true" lb="GET" rc="200"/>\n'
        for i in range(20)
    )
    + "</testResults>\n"
)


@bounded(40)
@given(data=st.sampled_from([JMETER, JMETER_XML]).flatmap(lambda text: spoiled(text.encode())))
def test_imports_of_jmeter(data: bytes, folder: Path) -> None:
    """JMeter's two forms, cut or spoiled."""
    (folder / "jtl").write_bytes(data)
    autoscale("import", folder / "jtl", "--out", folder / "out.jsonl")


KUSTOMIZATION = {
    "apiVersion": "kustomize.config.k8s.io/v1beta1",
    "kind": "Kustomization",
    "namespace": "shop",
    "resources": ["all.yaml"],
    "labels": [{"pairs": {"a": "b"}, "includeTemplates": True}],
    "images": [{"name": "app", "newName": "other/app", "newTag": "1"}],
    "patches": [
        {"path": "patch.yaml"},
        {"patch": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2}"},
        {"target": {"kind": "Deployment", "name": "web"}, "path": "patch.yaml"},
    ],
}
BASE = [
    one
    for file in ("deployment", "hpa")
    for one in yaml.safe_load_all((ROOT / "k8s" / "base" / f"{file}.yaml").read_text())
]
PATCH = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "template": {"spec": {"containers": [{"name": "web", "image": "app:2", "ports": [{"containerPort": 1}]}]}}
    },
}


RIGHT = {"kustomization": KUSTOMIZATION, "all": BASE, "patch": PATCH}


@bounded(20)
@given(data=st.data())
def test_kustomizations(data: st.DataObject, folder: Path) -> None:
    """One of a kustomization's files is not as it should be."""
    wrong = data.draw(st.sampled_from(sorted(RIGHT)))
    for name, right in RIGHT.items():
        (folder / f"{name}.yaml").write_bytes(dumped(data.draw(mutated(right)) if name == wrong else right))
    with contextlib.suppress(AutoscaleError):
        render(folder, labels={"x": "y"}, namespace="other", images={"web": "z"})


MANIFESTS = [
    document
    for file in sorted((FIXTURES / "manifests").glob("*.yaml"))
    if "duplicate" not in file.name
    for document in [[one for one in yaml.safe_load_all(file.read_text()) if one]]
]


@bounded(40)
@given(documents=st.sampled_from([*MANIFESTS, BASE]).flatmap(mutated))
def test_manifests(documents: Any, folder: Path) -> None:
    """Manifests that `hpa check` looks at, and a case that `hpa explain` works out."""
    (folder / "check.yaml").write_bytes(dumped(documents))
    autoscale("hpa", "check", folder / "check.yaml")
    autoscale("hpa", "explain", folder / "check.yaml")


EXPLAINED = yaml.safe_load((FIXTURES / "manifests" / "explain-overhead.yaml").read_text())


@bounded(30)
@given(case=mutated(EXPLAINED))
def test_explained_cases(case: Any, folder: Path) -> None:
    """A case of `hpa explain` with other values."""
    (folder / "case.yaml").write_bytes(dumped([case]))
    autoscale("hpa", "explain", folder / "case.yaml")


SCENARIOS = [
    yaml.safe_load(file.read_text())
    for file in [
        *sorted((FIXTURES / "scenarios").glob("*.yaml")),
        *sorted((ROOT / "loadtest/scenarios").glob("*.yaml")),
    ]
]


@bounded(40)
@given(document=st.sampled_from(SCENARIOS).flatmap(mutated))
def test_scenarios(document: Any, folder: Path) -> None:
    """A scenario with other values, keys or items."""
    (folder / "scenario.yaml").write_bytes(dumped([document]))
    autoscale("plan", folder / "scenario.yaml")


TRACES = sorted((FIXTURES / "traces").iterdir())


@bounded(50)
@given(data=st.data())
def test_traces(data: st.DataObject, folder: Path) -> None:
    """Recorded demand that was cut or spoiled."""
    source = data.draw(st.sampled_from(TRACES))
    (folder / source.name).write_bytes(data.draw(spoiled(source.read_bytes())))
    scenario = {"name": "x", "load": {"trace": source.name}, "requests": [{"path": "/"}]}
    (folder / "trace.yaml").write_bytes(dumped([scenario]))
    autoscale("plan", folder / "trace.yaml")


RECORDS = [
    FIXTURES / "told" / f"{name}.jsonl.gz" for name in ("131121-smoke", "130852-smoke", "real-two-metrics-one-failing")
]
FORMS = ("text", "json", "junit", "markdown", "html")


@bounded(20)
@given(data=st.data())
def test_records(data: st.DataObject, folder: Path) -> None:
    """A record with rows that are missing, doubled, moved or changed, or whose bytes are."""
    lines = gzip.decompress(data.draw(st.sampled_from(RECORDS)).read_bytes()).splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        how = data.draw(st.sampled_from(["values", "values", "values", "gone", "twice", "moved", "bytes"]))
        if how == "values":
            with contextlib.suppress(ValueError):
                row = json.loads(lines[at])
                lines[at] = json.dumps(data.draw(mutated(row))).encode() + b"\n"
        elif how == "bytes":
            lines[at] = data.draw(spoiled(lines[at]))
        elif how == "gone" and len(lines) > 2:
            del lines[at]
        else:
            line = lines[at] if how == "twice" else lines.pop(at)
            lines.insert(data.draw(st.integers(0, len(lines))), line)
    (folder / "record.jsonl").write_bytes(b"".join(lines))
    autoscale("judge", folder / "record.jsonl")
    autoscale("report", folder / "record.jsonl", "--format", data.draw(st.sampled_from(FORMS)), "--out", folder / "out")
    autoscale("record", "verify", folder / "record.jsonl")


@bounded(30)
@given(data=spoiled(RECORDS[0].read_bytes()))
def test_packed_records(data: bytes, folder: Path) -> None:
    """A compressed record whose bytes were cut or changed."""
    (folder / "record.jsonl.gz").write_bytes(data)
    autoscale("judge", folder / "record.jsonl.gz")


PATHS = ("", ".", "/dev/null", "x" * 5000, "/proc/self/mem", "é\udcff", "-", "file/x", "~", "empty", "folder")
COMMANDS = (
    ("judge", "{}"),
    ("report", "{}"),
    ("compare", "{}", "{}"),
    ("plan", "{}"),
    ("hpa", "check", "{}"),
    ("whatif", "{}"),
    ("hpa", "explain", "{}"),
    ("import", "{}", "--out", "{}"),
    ("record", "verify", "{}"),
    ("tune", "{}", "-o", "p95 < 1s"),
    ("contexts", "list", "--kubeconfig", "{}"),
    ("run", "{}", "--dry-run", "--context", "c", "--kubeconfig", "{}"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("path", PATHS, ids=ascii)
def test_odd_paths(command: tuple[str, ...], path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path that is no file, cannot be one, or holds nothing."""
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("x")
    Path("empty").touch()
    Path("folder").mkdir()
    monkeypatch.setattr("sys.stdin", io.StringIO())
    autoscale(*(word.format(path) for word in command))
