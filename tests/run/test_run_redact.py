"""What is written down of manifests, scenario and messages: an allow-list, tried with a secret in every place."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscale.base.resources import manifests
from autoscale.base.secrets import REDACTED, harmless
from autoscale.cluster.kustomize.render import render
from autoscale.hpa.check.sidecars import without_request
from autoscale.observe.convert import conditions, event_row, hpa_row
from autoscale.observe.keda import scaled_object_row
from autoscale.run.options import RunOptions
from autoscale.run.prepare import resolve
from autoscale.run.redact import redact_object, redact_scenario, without_path_names
from loadtest.models import Patch, Resolved

SECRET = "s3cret"
CONTAINER: dict[str, Any] = {
    "name": "web",
    "image": "shop:1",
    "command": ["shop", SECRET],
    "args": [f"--token={SECRET}"],
    "env": [{"name": "TOKEN", "value": SECRET}, {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "a"}}}],
    "resources": {"requests": {"cpu": "200m"}},
    "lifecycle": {
        "preStop": {"exec": {"command": ["curl", SECRET]}},
        "postStart": {"httpGet": {"port": 80, "path": SECRET, "httpHeaders": [{"name": "X", "value": SECRET}]}},
    },
    "readinessProbe": {
        "periodSeconds": 3,
        "httpGet": {"path": f"/ready?key={SECRET}", "port": 80, "httpHeaders": [{"name": "A", "value": SECRET}]},
    },
    "livenessProbe": {"exec": {"command": [SECRET]}},
    "startupProbe": {"grpc": {"port": 1, "service": SECRET}},
    "somethingNew": {"deep": [SECRET]},
}
DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "web",
        "labels": {"app": "web"},
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": SECRET, "vault/token": SECRET},
        "managedFields": [{"manager": "x", "fieldsV1": {SECRET: {}}}],
    },
    "spec": {
        "replicas": 2,
        "template": {
            "metadata": {"annotations": {"dapr.io/enabled": "true", "dapr.io/api-token-secret": SECRET}},
            "spec": {
                "containers": [CONTAINER],
                "initContainers": [{**CONTAINER, "name": "init", "restartPolicy": "Always"}],
                "volumes": [{"name": "v", "csi": {"volumeAttributes": {"password": SECRET}}}],
                "hostAliases": [{"ip": "1.2.3.4", "hostnames": [SECRET]}],
                "imagePullSecrets": [{"name": SECRET}],
            },
        },
    },
    "status": {"message": SECRET},
}


@pytest.fixture(scope="module")
def scenario() -> Resolved:
    """The built-in smoke scenario."""
    return resolve(RunOptions("smoke"))


def test_no_secret_of_a_workload_is_written_down() -> None:
    """Command, arguments, environment, hooks, probe headers and queries, annotations, volumes, unlisted fields."""
    assert SECRET not in json.dumps(redact_object(DEPLOYMENT))


def test_what_is_read_of_a_workload_is_written_down() -> None:
    """Sizes, requests, probes' times, names; a field that was there and is not told says so."""
    clean = redact_object(DEPLOYMENT)
    pod = clean["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert clean["spec"]["replicas"] == 2
    assert clean["metadata"]["labels"] == {"app": "web"}
    assert container["resources"] == CONTAINER["resources"]
    assert container["readinessProbe"] == {"periodSeconds": 3, "httpGet": {"path": f"/ready?{REDACTED}", "port": 80,
                                                                           "httpHeaders": REDACTED}}  # fmt: skip
    assert container["args"] == container["command"] == REDACTED
    assert [entry.get("value") for entry in container["env"]] == [REDACTED, None]
    assert pod["initContainers"][0]["restartPolicy"] == "Always"
    template = DEPLOYMENT["spec"]["template"]
    assert without_request(clean["spec"]["template"], "cpu") == without_request(template, "cpu") != []


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret", "Widget", "Service", "Job", "ServiceAccount"])
@pytest.mark.parametrize("field", ["data", "stringData", "binaryData", "spec", "secrets", "somethingNew"])
def test_no_field_of_any_kind_is_written_down_unlisted(kind: str, field: str) -> None:
    """Keys of data are names; their values, and every field that nobody has listed, stay out."""
    clean = redact_object({"kind": kind, "metadata": {"name": "x"}, field: {"key": SECRET}})
    assert SECRET not in json.dumps(clean)
    assert clean["metadata"] == {"name": "x"}


FIELDS = st.sampled_from(["containers", "env", "value", "spec", "template", "httpGet", "new"])


@given(st.recursive(st.just(SECRET), lambda one: st.lists(one, max_size=2) | st.dictionaries(FIELDS, one, max_size=3)))
def test_no_shape_of_a_field_lets_a_secret_through(value: Any) -> None:
    """What stands where something else was expected is not told either."""
    for field in ("template", "spec", "strategyOfSomebody"):
        assert SECRET not in json.dumps(redact_object({"kind": "Deployment", "metadata": {}, "spec": {field: value}}))


def test_our_own_manifests_are_told_but_for_what_they_run() -> None:
    """Nothing of the project's own Deployment stays out but commands and environment: the rest is on the list."""
    found: set[str] = set()

    def hidden(value: Any, path: str) -> None:
        if value == REDACTED:
            found.add(path)
        for key, item in value.items() if isinstance(value, dict) else ():
            hidden(item, f"{path}.{key}")
        for item in value if isinstance(value, list) else ():
            hidden(item, path)

    for obj in [*render(manifests() / "base", namespace="shop"), *render(manifests() / "loadtest", namespace="shop")]:
        hidden(redact_object(obj), "")
    assert {path.rsplit(".", 1)[1] for path in found} == {"command", "value", "json"}


def test_no_secret_of_a_scenario_is_written_down(scenario: Resolved) -> None:
    """Header values, User-Agent too, bodies, queries and users in URLs, the authority, what patches put into pods."""
    request = scenario.requests[0].model_copy(
        update={
            "headers": {"Authorization": SECRET, "User-Agent": SECRET, "Accept": "*/*"},
            "body": SECRET,
            "path": f"/cart?key={SECRET}",
        }
    )
    patch = Patch(kind="Deployment", name="web", patch={"spec": {"template": DEPLOYMENT["spec"]["template"]}})
    full = scenario.model_copy(
        update={
            "requests": [request],
            "patches": [patch],
            "tls": scenario.tls.model_copy(update={"ca": SECRET}),
            "target": scenario.target.model_copy(update={"url": f"http://me:{SECRET}@web/p?key={SECRET}"}),
        }
    )
    plain = redact_scenario(full)
    assert SECRET not in json.dumps(plain)
    assert plain["requests"][0]["path"] == f"/cart?{REDACTED}"
    assert plain["requests"][0]["headers"]["Accept"] == "*/*"
    assert plain["target"]["url"] == f"http://web/p?{REDACTED}"
    assert plain["points"] == scenario.model_dump()["points"]


def test_a_scenario_without_secrets_is_written_down_whole(scenario: Resolved) -> None:
    """Nothing else is lost: what is compared and modelled stands there; our own app's queries tell its work."""
    assert redact_scenario(scenario, ours=True) == scenario.model_dump()
    assert redact_scenario(scenario)["requests"][0]["path"] == f"/work?{REDACTED}"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("locust-plugins", "locust-plugins"),
        ("locust-plugins[kafka] >=4.1, <5 ; python_version < '4'", None),
        (f"mine @ https://me:{SECRET}@pypi.shop/mine-1.whl", f"mine @ {REDACTED}"),
        (f"mine@git+ssh://{SECRET}@git.shop/mine", f"mine @ {REDACTED}"),
        (f"--extra-index-url https://me:{SECRET}@pypi.shop/simple", REDACTED),
        (f"mine --index-url https://{SECRET}@pypi.shop", REDACTED),
        (f"https://pypi.shop/mine-1.whl?token={SECRET}", REDACTED),
        (f"mine==1 --config-settings={SECRET}", REDACTED),
    ],
)
def test_of_a_requirement_package_and_versions_are_told(scenario: Resolved, line: str, shown: str | None) -> None:
    """Where it is fetched from, and as whom, is not; what only names it stands as it was written."""
    load = scenario.load.model_copy(update={"requirements": [line]})
    assert redact_scenario(scenario.model_copy(update={"load": load}))["load"]["requirements"] == [shown or line]


def test_paths_stay_out_where_they_are_told_to(scenario: Resolved) -> None:
    """Of requests, of their names, of the target and of probes; a name of one's own stays."""
    paths = [("GET /people/17", "/people/17?x=1"), ("home", "/people/17"), ("GET /", "/")]
    first = scenario.requests[0]
    requests = [first.model_copy(update={"name": name, "path": path}) for name, path in paths]
    target = scenario.target.model_copy(update={"url": "http://web/people/17"})
    named = without_path_names(scenario.model_copy(update={"requests": requests, "target": target}))
    assert [request.name for request in named.requests] == ["GET 1", "home", "GET /"]
    text = json.dumps([redact_scenario(named, paths=True), redact_object(DEPLOYMENT, paths=True)])
    assert "people" not in text
    assert "/ready" not in text
    assert "/ready" in json.dumps(redact_object(DEPLOYMENT))


@pytest.mark.parametrize(("reason", "said", "told"), [
    ("Unhealthy", f'Readiness probe failed: Get "http://10.0.0.1:80/r?k={SECRET}": context deadline exceeded',
     f'Readiness probe failed: Get "http://10.0.0.1:80/r?{REDACTED}": context deadline exceeded'),
    ("Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500", None),
    ("Unhealthy", f"Liveness probe failed: cat: /etc/{SECRET}: No such file", f"Liveness probe failed: {REDACTED}"),
    ("FailedPreStopHook", f"Exec lifecycle hook ([/bin/sh -c curl -u {SECRET}]) failed", REDACTED),
    ("ScalingReplicaSet", "Scaled up replica set web-1 from 2 to 3", None),
    ("SuccessfulRescale", "New size: 3; reason: cpu resource utilization (percentage of request) above target", None),
])  # fmt: skip
def test_messages_tell_neither_queries_nor_what_probes_and_hooks_do(reason: str, said: str, told: str | None) -> None:
    """What a kubelet quotes of them stays out; what controllers say is told as it is."""
    event = {"metadata": {"uid": "u"}, "reason": reason, "message": said}
    assert event_row(event)["message"] == (told or said)


def test_paths_stay_out_of_what_conditions_say() -> None:
    """KEDA and the HPA quote where they ask; who wants paths out has them out there too."""
    said = "error requesting http://prometheus/people/17?query=x: 500"
    status = {"conditions": [{"type": "Ready", "status": "False", "message": said}]}
    assert conditions(status)["Ready"]["message"] == f"error requesting http://prometheus/people/17?{REDACTED} 500"
    assert conditions(status, paths=True)["Ready"]["message"] == f"error requesting http://prometheus/{REDACTED} 500"
    scaled = {"metadata": {"name": "s", "uid": "u"}, "spec": {}, "status": status}
    assert "people" not in json.dumps(scaled_object_row(scaled, redact_paths=True))
    assert "people" not in json.dumps(hpa_row(scaled, redact_paths=True))


@pytest.mark.parametrize(("text", "shown"), [
    (f"DB_PASSWORD={SECRET} is wrong", f"DB_PASSWORD={REDACTED} is wrong"),
    (f'{{"api_key": "{SECRET}", "a": 1}}', f'{{"api_key": "{REDACTED}", "a": 1}}'),
    (f"exec --token='{SECRET}'", f"exec --token='{REDACTED}'"),
    (f"Authorization: Basic {SECRET}", f"Authorization: Basic {REDACTED}"),
    ("sent Bearer eyJhbGciOiJIUzI1NiJ9.x", f"sent Bearer {REDACTED}"),
    ('secret "db" not found; token expired', None),
    ("bearer authentication is missing", None),
    ("couldn't find key password in Secret shop/db", None),
    ("tokens=5 and a secretary: 3", None),
])  # fmt: skip
def test_what_is_named_as_a_secret_is_told_by_its_name_alone(text: str, shown: str | None) -> None:
    """In the messages of others, as events and load pods have them; prose about secrets stays as it is."""
    assert harmless(text) == (shown or text)


@pytest.mark.parametrize(("text", "shown"), [
    ("http://u:p@web:80/a/b?x=1#y rest", f"http://web:80/a/b?{REDACTED} rest"),
    ("http://web?x=1", f"http://web?{REDACTED}"),
    ("/a?x=1", f"/a?{REDACTED}"),
    (f"redis://:{SECRET}@cache:6379/0 is down", "redis://cache:6379/0 is down"),
    (f"postgres://u:{SECRET}@db/shop?sslmode=x", f"postgres://db/shop?{REDACTED}"),
    (f"ftp://u:a/{SECRET}@web/x", "ftp://web/x"),
    ("http://web:80/a@b and http://web/a@b", None),
    ("is it there? yes", None),
    ("a@b, 3 of 4 pods", None),
    ("http://web/a", None),
])  # fmt: skip
def test_urls_are_told_without_users_and_queries(text: str, shown: str | None) -> None:
    """Wherever they stand in a text; a text without stays as it is."""
    assert harmless(text) == (shown or text)
