"""What is given to a command is wrong."""

import json
from pathlib import Path
from typing import Any

import yaml

from tests.faults.fault import Fault, Wanted
from tests.faults.files import Given, text

BAD = Wanted((2,))
SCENARIO: dict[str, Any] = {
    "name": "x",
    "load": {"plan": [{"name": "only", "duration": "5s", "rate": 1}]},
    "requests": [{"name": "work", "path": "/"}],
}
HPA: dict[str, Any] = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "web"},
    "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "minReplicas": 1,
        "maxReplicas": 5,
    },
}
DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": "100m"}}}]},
        },
    },
}
CONFIG: dict[str, Any] = {
    "clusters": [{"name": "k", "cluster": {"server": "https://127.0.0.1:1"}}],
    "users": [{"name": "u", "user": {"token": "secret"}}],
    "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
}
SILENT = ("Traceback (most recent call last)", "secret")


def scenario(name: str, content: str | bytes, wanted: Wanted = BAD) -> Fault:
    return Given(
        f"scenario: {name}", ("plan", "FILE"), text("s.yaml", content), wanted, text("s.yaml", yaml.safe_dump(SCENARIO))
    )


def with_fields(**fields: Any) -> str:
    return json.dumps({**SCENARIO, **fields})


def kubeconfig(name: str, wanted: Wanted, content: str | bytes | None = None, **changes: Any) -> Fault:
    found = yaml.safe_dump({**CONFIG, **changes}) if content is None else content
    words = ("run", "smoke", "--no-web", "--context", "c", "--kubeconfig", "FILE", "--out", "/nonexistent/x")
    return Given(f"kubeconfig: {name}", words, text("config", found), wanted)


def checked(name: str, content: Any, wanted: Wanted = BAD) -> Fault:
    found = content if isinstance(content, str | bytes) else "---\n".join(map(yaml.safe_dump, content))
    return Given(f"manifest: {name}", ("hpa", "check", "FILE"), text("m.yaml", found), wanted)


def sized(cpu: object) -> list[dict[str, Any]]:
    found = json.loads(json.dumps([HPA, DEPLOYMENT]))
    found[1]["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["cpu"] = cpu
    return found


def bounded(**spec: Any) -> list[dict[str, Any]]:
    return [{**HPA, "spec": {**HPA["spec"], **spec}}, DEPLOYMENT]


def folder(**files: str) -> Any:
    """A folder of a kustomization."""

    def make(home: Path) -> Path:
        for name, content in files.items():
            (home / name.replace("_yaml", ".yaml")).write_text(content)
        return home

    return make


def kustomized(name: str, **files: str) -> Fault:
    return Given(f"kustomization: {name}", ("hpa", "check", "FILE"), folder(**files), BAD)


def imported(name: str, kind: str, file: str, content: str | bytes, wanted: Wanted = BAD) -> Fault:
    words = ("import", "--from", kind, "FILE", "--out", "FILE.out")
    return Given(f"import: {name}", words, text(file, content), wanted)


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefghij", "bcdefghijk", strict=True)
)
FAULTS: list[Fault] = [
    scenario("aliases that multiply", LAUGHS),
    scenario("an alias to itself", "a: &a [*a]\n"),
    scenario("no YAML", "load: {plan: [\n"),
    scenario("bytes that are no text", b"\xff\xfe\x00name"),
    scenario("a NUL in the name of a file", with_fields(load={"locustfile": "a\0b.py"})),
    scenario("a rate of 1e400", '{"name": "x", "load": {"plan": [{"name": "a", "duration": "5s", "rate": 1e400}]}}'),
    scenario(
        "a duration of a million years", with_fields(load={"plan": [{"name": "a", "duration": "1e15s", "rate": 1}]})
    ),
    scenario("a rate below 0", with_fields(load={"plan": [{"name": "a", "duration": "5s", "rate": -1}]})),
    scenario("a list", "[1, 2]\n"),
    scenario("10,000 levels deep", "[" * 10_000),
    scenario("a key twice", "name: x\nname: y\n"),
    kubeconfig("no YAML", BAD, "users: [{name: u, user: {token: secret]}"),
    kubeconfig("nothing", BAD, ""),
    kubeconfig("bytes", BAD, b"\x00\xff"),
    kubeconfig("a cluster without a server", BAD, clusters=[{"name": "k", "cluster": {}}]),
    kubeconfig("a server that is no address", BAD, clusters=[{"name": "k", "cluster": {"server": "https://[::1"}}]),
    kubeconfig(
        "a port of 99999",
        Wanted((2,), ["server: found no address"]),
        clusters=[{"name": "k", "cluster": {"server": "https://127.0.0.1:99999"}}],
    ),
    kubeconfig(
        "an authority that is no certificate",
        BAD,
        clusters=[
            {"name": "k", "cluster": {"server": "https://127.0.0.1:1", "certificate-authority-data": "aGVsbG8="}}
        ],
    ),
    kubeconfig(
        "a key that is no key",
        Wanted((2,), never=SILENT),
        users=[{"name": "u", "user": {"client-certificate-data": "c2VjcmV0", "client-key-data": "c2VjcmV0"}}],
    ),
    kubeconfig("data that are no base64", BAD, users=[{"name": "u", "user": {"client-key-data": "§"}}]),
    kubeconfig("users that are a text", BAD, users="secret"),
    kubeconfig(
        "a token of two lines", Wanted((2,), never=SILENT), users=[{"name": "u", "user": {"token": "secret\nx"}}]
    ),
    kubeconfig(
        "a plugin that is not there",
        Wanted((2,)),
        users=[{"name": "u", "user": {"exec": {"command": "/none", "apiVersion": "client.authentication.k8s.io/v1"}}}],
    ),
    checked("cpu 100E", sized("100E"), Wanted((2,))),
    checked("cpu 1e99999999", sized("1e99999999"), Wanted((2,))),
    checked("cpu of 400 digits", sized("9" * 400), Wanted((2,))),
    checked("cpu 1n", sized("1n"), Wanted((0,))),
    checked("cpu -5", sized("-5"), Wanted((2,), ["greater than or equal to 0"])),
    checked("cpu NaN", sized("NaN"), Wanted((2,))),
    checked("cpu that is a list", sized([1]), Wanted((2,))),
    checked("maxReplicas 99999999999", bounded(maxReplicas=99999999999), Wanted((2,))),
    checked("maxReplicas 1.5", bounded(maxReplicas=1.5), Wanted((2,))),
    checked("minReplicas above maxReplicas", bounded(minReplicas=9), Wanted((2,))),
    checked("aliases that multiply", LAUGHS),
    checked("no document", "", Wanted((2,))),
    checked("bytes", b"\x80\x81"),
    kustomized("of itself", kustomization_yaml="resources: [.]\n"),
    kustomized("a resource that is not there", kustomization_yaml="resources: [none.yaml]\n"),
    kustomized("resources that are a number", kustomization_yaml="resources: 7\n"),
    kustomized(
        "a patch of nothing",
        kustomization_yaml="resources: [d.yaml]\npatches: [{patch: 7}]\n",
        d_yaml=yaml.safe_dump(DEPLOYMENT),
    ),
    kustomized(
        "a JSON patch with a number as path",
        d_yaml=yaml.safe_dump(DEPLOYMENT),
        kustomization_yaml="resources: [d.yaml]\n"
        "patches: [{target: {kind: Deployment}, patch: '[{op: add, path: 7}]'}]\n",
    ),
    kustomized("a path with a NUL", kustomization_yaml='resources: ["a\\0b"]\n'),
    kustomized("a list", kustomization_yaml="[1]\n"),
    imported(
        "JMeter XML that expands",
        "jmeter",
        "r.jtl",
        '<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;">]><testResults>&y;</testResults>',
        Wanted((2,)),
    ),
    imported("k6 of other JSON", "k6", "k.json", "[1, 2]\n{}\n"),
    imported("k6 cut off at once", "k6", "k.json.gz", b"\x1f\x8b\x08\x00"),
    imported(
        "Locust's CSV with times of the year 9999999",
        "locust",
        "a_stats_history.csv",
        "Timestamp,User Count,Type,Name,Requests/s,Failures/s\n99999999999999999999,1,,Aggregated,1,0\n",
    ),
    imported("an empty file", "locust", "a_stats_history.csv", ""),
    imported(
        "Prometheus of values that are no numbers",
        "prometheus",
        "p.json",
        '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"x"],[1e300,"1"]]}]}}',
    ),
]
