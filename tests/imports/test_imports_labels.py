"""The labels of Prometheus' series as exporters spell them: how requests ended, in which unit, and whose they are."""

import json
from pathlib import Path

import pytest

from autoscale.base.errors import InputError
from autoscale.verdict.judging import judge
from tests.imports.test_imports_fixtures import shown, taken

BUCKET = "http_server_duration_bucket"


def written(tmp_path: Path, *series: tuple[str, dict[str, str], int]) -> str:
    """A range answer of ten seconds in which each series grew by its number."""
    found = [
        {"metric": {"__name__": name, **labels}, "values": [[1795870000, "0"], [1795870010, str(n)]]}
        for name, labels, n in series
    ]
    (tmp_path / "x.json").write_text(json.dumps({"data": {"resultType": "matrix", "result": found}}))
    return "x.json"


@pytest.mark.parametrize("label", ["statusCode", "status-code", "http.response.status_code", "HTTP_STATUS", "Code"])
def test_the_label_of_the_end_is_known_in_any_spelling(tmp_path: Path, label: str) -> None:
    """A tenth failed, whatever an exporter's taste."""
    name = written(tmp_path, ("http_requests_total", {label: "200"}, 90), ("http_requests_total", {label: "500"}, 10))
    assert taken(tmp_path, name).failures == {"500": 10}


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ({"status_code": "200", "grpc_status": "0"}, {"status_code": "200", "grpc_status": "14"}),
        (
            {"response_code": "200", "grpc_response_status": "unknown"},
            {"response_code": "200", "grpc_response_status": "13"},
        ),
        ({"status_code": "200", "classification": "success"}, {"status_code": "200", "classification": "failure"}),
    ],
)
def test_a_call_that_failed_with_http_200_has_failed(tmp_path: Path, good: dict[str, str], bad: dict[str, str]) -> None:
    """gRPC's status and Linkerd's classification say what HTTP's code does not."""
    name = written(tmp_path, ("response_total", good, 90), ("response_total", bad, 10))
    found = taken(tmp_path, name)
    assert (sum(n or 0 for n in found.seconds.answered), sum(found.failures.values())) == (90, 10)


@pytest.mark.parametrize(
    ("bounds", "between"),
    [(("0.1", "0.25", "10"), "between 100ms and 250ms"), (("5", "25", "10000"), "between 5ms and 25ms")],
)
def test_a_name_without_a_unit_has_that_of_its_bounds(tmp_path: Path, bounds: tuple[str, ...], between: str) -> None:
    """OpenTelemetry's http_server_duration was milliseconds up to 1.20 and seconds after."""
    ended = {"http_status_code": "200"}
    counts = [(BUCKET, {"le": le, **ended}, n) for le, n in zip((*bounds, "+Inf"), (0, 100, 100, 100), strict=True)]
    found = taken(tmp_path, written(tmp_path, *counts))
    assert shown(judge(found, ["p50 < 1h"])) == [between]


@pytest.mark.parametrize("odd", [{}, {"le": ""}, {"le": "many"}, {"le": "NaN"}])
def test_a_bucket_without_a_bound_is_left_out(tmp_path: Path, odd: dict[str, str]) -> None:
    """What a query added up, or a file lost, has no bound; the other buckets say how long requests took."""
    ended = {"http_status_code": "200"}
    counts = [(BUCKET, {"le": le, **ended}, n) for le, n in (("0.1", 0), ("0.25", 100), ("+Inf", 100))]
    found = taken(tmp_path, written(tmp_path, *counts, (BUCKET, {**ended, **odd}, 700)))
    assert shown(judge(found, ["p50 < 1h"])) == ["between 100ms and 250ms"]


def test_opentelemetrys_dots_and_kongs_two_names(tmp_path: Path) -> None:
    """Prometheus 3 may keep dots; Kong 2 had one histogram for three durations, of which the request's is taken."""
    dotted = written(tmp_path, ("http.server.request.duration_count", {"http.response.status_code": "200"}, 70))
    assert sum(n or 0 for n in taken(tmp_path, dotted).seconds.answered) == 70
    kong = [
        ("kong_latency_bucket", {"type": kind, "le": le}, n)
        for kind, split in (("request", 0), ("kong", 100), ("upstream", 100))
        for le, n in (("50", split), ("400", 100), ("60000", 100), ("+Inf", 100))
    ]
    found = taken(tmp_path, written(tmp_path, ("kong_http_status", {"code": "200"}, 100), *kong))
    assert shown(judge(found, ["p50 < 1s"])) == ["between 50ms and 400ms"]


@pytest.mark.parametrize(
    ("mine", "others"),
    [
        (
            {"exported_service": "web", "exported_namespace": "shop", "namespace": "ingress"},
            {"exported_service": "api", "exported_namespace": "shop", "namespace": "ingress"},
        ),
        ({"app": "web"}, {"app": "web-canary"}),
        ({"exported_namespace": "shop", "namespace": "edge"}, {"exported_namespace": "test", "namespace": "edge"}),
        ({"pod": "web-7d9f8c6b5-abcde"}, {"pod": "web-api-5c4d7b9f8-fghij"}),
        (
            {"destination_workload": "web", "destination_workload_namespace": "shop", "namespace": "edge"},
            {"destination_workload": "web", "destination_workload_namespace": "test", "namespace": "edge"},
        ),
    ],
)
def test_the_requests_are_those_of_the_workload(tmp_path: Path, mine: dict[str, str], others: dict[str, str]) -> None:
    """By the labels that tell whose they are: also where an ingress controller's own namespace stands beside them."""
    size = [
        ("kube_deployment_status_replicas", {"deployment": name, "namespace": "shop"}, 1) for name in ("web", "web-api")
    ]
    name = "nginx_ingress_controller_requests"
    file = written(tmp_path, (name, {**mine, "status": "200"}, 90), (name, {**others, "status": "200"}, 50), *size)
    found = taken(tmp_path, file, workload="shop/web")
    assert sum(n or 0 for n in found.seconds.answered) == 90


POD = {"job": "web", "instance": "10.0.0.1:80"}


@pytest.mark.parametrize(
    ("first", "second", "n"),
    [
        (
            {"prometheus_replica": "a"},
            {"prometheus_replica": "b"},
            90,
        ),  # a pair of Prometheus servers, as Thanos has it
        ({**POD, "replica": "0"}, {**POD, "replica": "1"}, 90),
        ({"replica": "0"}, {"replica": "1"}, 180),  # without an address it may be the target's own word
        (POD, {**POD, "job": "kubernetes-pods"}, 90),  # one target in two jobs
        (POD, {**POD, "job": "other", "instance": "10.0.0.2:80"}, 180),
        ({"job": "web"}, {"job": "other"}, 180),
    ],
)
def test_a_target_that_was_scraped_twice_counts_once(
    tmp_path: Path, first: dict[str, str], second: dict[str, str], n: int
) -> None:
    """By two servers or in two jobs of one; two targets are two."""
    both = [("http_requests_total", {**labels, "status": "200"}, 90) for labels in (first, second)]
    found = taken(tmp_path, written(tmp_path, *both), workload=None)
    assert sum(m or 0 for m in found.seconds.answered) == n


def buckets(name: str, n: int) -> list[tuple[str, dict[str, str], int]]:
    """A histogram of seconds that counted so many, all of them between 100 and 250 ms."""
    return [(f"{name}_bucket", {"le": le}, seen) for le, seen in (("0.1", 0), ("0.25", n), ("+Inf", n))]


@pytest.mark.parametrize("name", ["http_client_request_duration_seconds", "rpc_client_duration_seconds"])
def test_what_the_workload_asked_of_others_is_not_its_own_load(tmp_path: Path, name: str) -> None:
    """OpenTelemetry's client histograms count what a service sent, not what it served."""
    with pytest.raises(InputError, match="no known series"):
        taken(tmp_path, written(tmp_path, *buckets(name, 100)))
    served = ("http_requests_total", {"code": "200"}, 100)
    found = taken(tmp_path, written(tmp_path, served, *buckets(name, 100)))
    assert shown(judge(found, ["p95 < 1h"])) == ["unknown"]


@pytest.mark.parametrize(("counted", "said"), [(100, "between 100ms and 250ms"), (40, "unknown")])
def test_a_histogram_of_another_name_is_that_of_the_requests_where_it_counts_as_many(
    tmp_path: Path, counted: int, said: str
) -> None:
    """One of the database's 40 queries says nothing of 100 requests."""
    served = ("http_requests_total", {"code": "200"}, 100)
    found = taken(tmp_path, written(tmp_path, served, *buckets("db_query_duration_seconds", counted)))
    assert shown(judge(found, ["p95 < 1h"])) == [said]


@pytest.mark.parametrize(
    ("counter", "mine", "own"),
    [
        ("traefik_service_requests_total", {"service": "shop-web-80@kubernetes"}, {"service": "prometheus@internal"}),
        ("traefik_entrypoint_requests_total", {"entrypoint": "websecure"}, {"entrypoint": "traefik"}),
        ("haproxy_frontend_http_responses_total", {"proxy": "fe"}, {"proxy": "stats"}),
        ("envoy_cluster_upstream_rq", {"envoy_cluster_name": "web"}, {"envoy_cluster_name": "xds_cluster"}),
    ],
)
def test_what_watches_a_proxy_is_no_load(
    tmp_path: Path, counter: str, mine: dict[str, str], own: dict[str, str]
) -> None:
    """Scrapes and configuration that a proxy counts among its requests are left aside, and that is said."""
    name = written(tmp_path, (counter, {"code": "200", **mine}, 90), (counter, {"code": "200", **own}, 20))
    found = taken(tmp_path, name)
    assert sum(n or 0 for n in found.seconds.answered) == 90


@pytest.mark.parametrize(
    ("mine", "other"),
    [
        ("shop-web-80@kubernetes", "shop-web-admin-80@kubernetes"),
        ("outbound|80||web.shop.svc.cluster.local", "outbound|80||cart.shop.svc.cluster.local"),
        ("web", "web-admin"),
    ],
)
def test_a_proxys_backend_is_the_workload_that_it_is_named_after(tmp_path: Path, mine: str, other: str) -> None:
    """By its whole name: web-admin is another."""
    label, counter = (
        ("envoy_cluster_name", "envoy_cluster_upstream_rq")
        if "|" in mine
        else ("service", "traefik_service_requests_total")
    )
    name = written(tmp_path, (counter, {"code": "200", label: mine}, 90), (counter, {"code": "200", label: other}, 20))
    assert sum(n or 0 for n in taken(tmp_path, name, workload="shop/web").seconds.answered) == 90


@pytest.mark.parametrize("name", ["http_server_active_requests", "app_inflight_requests", "job:http_requests_total"])
def test_what_is_no_counter_counts_no_requests(tmp_path: Path, name: str) -> None:
    """How many there are at a time goes up and down, and a recording rule may hold a rate."""
    with pytest.raises(InputError, match="no known series"):
        taken(tmp_path, written(tmp_path, (name, {"code": "200"}, 90)))
    assert taken(tmp_path, written(tmp_path, ("app_requests_total", {"code": "200"}, 90))).load_start is not None


def test_java_writes_grpcs_words_into_code(tmp_path: Path) -> None:
    """`code="UNAVAILABLE"` has failed, `code="OK"` has not."""
    name = written(
        tmp_path,
        ("grpc_server_handled_total", {"code": "OK"}, 90),
        ("grpc_server_handled_total", {"code": "UNAVAILABLE"}, 10),
    )
    assert taken(tmp_path, name).failures == {"UNAVAILABLE": 10}


@pytest.mark.parametrize("workload", ["web", "shop/web", None])
@pytest.mark.parametrize("unknown", ["unknown", "web"])
def test_what_a_clients_sidecar_refused_of_istios_requests_counts(
    tmp_path: Path, workload: str | None, unknown: str
) -> None:
    """The server's sidecar has seen 10/s, the client's refused 5/s more (circuit open); what the client's reports of
    the 10/s, of its own way out, and of another service, does not count again."""
    seen = {"destination_service_name": "web", "response_code": "200"}
    seen |= {"destination_workload": "web", "destination_workload_namespace": "shop", "response_flags": "-"}
    flagged = {**seen, "reporter": "source", "response_code": "503", "destination_workload": unknown}
    other = {**flagged, "destination_workload": "unknown", "response_flags": "NR"}
    name = "istio_requests_total"
    file = written(
        tmp_path,
        (name, {**seen, "reporter": "destination"}, 100),
        (name, {**seen, "reporter": "source"}, 100),
        (name, {**flagged, "response_flags": "UO"}, 30),
        (name, {**flagged, "response_flags": "UF,URX"}, 20),
        (name, {**other, "destination_service_name": "BlackHoleCluster"}, 70),
        (name, {**other, "destination_service_name": "basket"}, 70),
    )
    found = taken(tmp_path, file, workload=workload)
    assert (sum(n or 0 for n in found.seconds.answered), found.failures) == (100, {"503": 50})
    assert "sent to nobody (UF, UO, URX)" in " ".join(found.header["environment"]["notes"])
