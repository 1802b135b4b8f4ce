"""The Flask application, asked as a client asks it."""

from threading import Event

import pytest
from flask.testing import FlaskClient
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from app.metrics import Metrics
from app.service import create_app
from app.settings import Settings

SETTINGS = Settings(pod="web-7")


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def client(metrics: Metrics) -> FlaskClient:
    return create_app(SETTINGS, metrics=metrics).test_client()


def samples(metrics: Metrics, name: str) -> dict[tuple[str, ...], float]:
    """(method, route, status) -> value of one series name."""
    families = text_string_to_metric_families(generate_latest(metrics.registry).decode())
    found = [sample for family in families for sample in family.samples if sample.name == name]
    return {
        tuple(sample.labels.get(key, "") for key in ("method", "route", "status")): sample.value for sample in found
    }


def test_it_greets(client: FlaskClient) -> None:
    """`/` says which container answers."""
    assert client.get("/").text == "Hello from Python container 1!\n"


@pytest.mark.parametrize(
    ("path", "status"), [("/", 200), ("/work", 200), ("/work?cpu_ms=x", 400), ("/nowhere", 404), ("/healthz", 200)]
)
def test_every_answer_names_its_pod(client: FlaskClient, path: str, status: int) -> None:
    """Right or wrong, an answer says which pod gave it."""
    answer = client.get(path)
    assert (answer.status_code, answer.headers["X-Pod"]) == (status, "web-7")


def test_a_crash_names_its_pod_and_is_counted(metrics: Metrics) -> None:
    """An answer of 500 carries the pod's name too, counts under its status, and leaves nothing in progress."""
    app = create_app(SETTINGS, metrics=metrics)

    @app.get("/crash")
    def crash() -> str:
        raise RuntimeError

    answer = app.test_client().get("/crash")
    assert (answer.status_code, answer.headers["X-Pod"]) == (500, "web-7")
    counted = samples(metrics, "http_request_duration_seconds_count")
    assert {key: value for key, value in counted.items() if value} == {("GET", "/crash", "500"): 1}
    assert samples(metrics, "http_requests_in_progress") == {("", "", ""): 0}


def test_counters_are_there_before_the_first_request(metrics: Metrics) -> None:
    """A counter that is not there yet has no rate, and an autoscaler on that rate is blind: so they begin at 0."""
    create_app(SETTINGS, metrics=metrics)
    counted = samples(metrics, "http_request_duration_seconds_count")
    assert counted[("GET", "/work", "200")] == counted[("POST", "/work", "200")] == 0


def test_without_settings_the_environment_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """`create_app()` reads the environment, so that any WSGI server can serve it."""
    monkeypatch.setenv("POD_NAME", "web-9")
    monkeypatch.setenv("APP_NUMBER", "2")
    answer = create_app().test_client().get("/")
    assert (answer.headers["X-Pod"], "container 2!" in answer.text) == ("web-9", True)


def test_work_says_what_it_did(client: FlaskClient) -> None:
    """The answer states the CPU time burned, which is at least what was asked."""
    done = client.get("/work?cpu_ms=5&wait_ms=1").get_json()
    assert done["cpu_ms"] >= 5
    assert done["wait_ms"] == 1


def test_work_returns_the_bytes_asked_for(client: FlaskClient) -> None:
    """A request for n bytes gets n bytes; by POST as well."""
    assert len(client.get("/work?bytes=1234").data) == 1234
    assert len(client.post("/work?bytes=10", data=b"body").data) == 10


def test_the_same_seed_gives_the_same_sequence() -> None:
    """Two fresh apps asked with one seed wait the same times in the same order, and not the same time twice."""
    first, second = (
        [create.get("/work?wait_ms=1&spread=0.5&seed=3").get_json()["wait_ms"] for _ in range(3)]
        for create in (create_app(SETTINGS).test_client(), create_app(SETTINGS).test_client())
    )
    assert first == second
    assert len(set(first)) == 3


def test_bad_parameters_are_all_named(client: FlaskClient) -> None:
    """A wrong request gets 400 and a JSON list of every mistake."""
    answer = client.get("/work?cpu_ms=-1&colour=red")
    assert answer.status_code == 400
    assert [problem["where"] for problem in answer.get_json()["problems"]] == ["cpu_ms", "colour"]


def test_readiness_turns_false_while_draining() -> None:
    """Once draining, the pod says that it is not ready; it stays healthy, or it would be killed."""
    draining = Event()
    client = create_app(SETTINGS, draining=draining).test_client()
    assert client.get("/readyz").status_code == 200
    draining.set()
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_requests_count_by_method_route_and_status(client: FlaskClient, metrics: Metrics) -> None:
    """Series go by the route's template: neither parameters nor unknown paths nor odd methods make new ones."""
    for path in ("/work?cpu_ms=1", "/work?wait_ms=1", "/work?x=1", "/a", "/b"):
        client.get(path)
    for method in ("BREW", "SHAKE"):
        client.open("/", method=method)
    counted = samples(metrics, "http_request_duration_seconds_count")
    assert {key: value for key, value in counted.items() if value} == {
        ("GET", "/work", "200"): 2,
        ("GET", "/work", "400"): 1,
        ("GET", "none", "404"): 2,
        ("other", "none", "405"): 2,
    }


def test_two_apps_do_not_share_metrics(client: FlaskClient, metrics: Metrics) -> None:
    """Each app has a registry of its own."""
    other = Metrics()
    create_app(SETTINGS, metrics=other).test_client().get("/")
    assert not any(samples(metrics, "http_request_duration_seconds_count").values())
    assert sum(samples(other, "http_request_duration_seconds_count").values()) == 1
