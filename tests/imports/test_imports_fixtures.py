"""Real inputs of other tools with their right answers."""

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from autoscale.analysis import Analysis, analyse
from autoscale.analysis.resolution import resolution_of
from autoscale.base.errors import InputError
from autoscale.cli.imports import command
from autoscale.imports import convert, importers, write
from autoscale.imports.prom.families import KNOWN
from autoscale.imports.prom.latency import unit_of
from autoscale.record.reader import read
from autoscale.report.gather import Account
from autoscale.report.summary import in_short
from autoscale.verdict.judging import judge
from autoscale.verdict.results import Verdict

FIXTURES = Path(__file__).parents[1] / "fixtures" / "imports"


def taken(tmp_path: Path, *names: str, workload: str | None = "web", objectives: tuple[str, ...] = ()) -> Analysis:
    """A record of some fixtures, written, read and analysed."""
    paths = [FIXTURES / name if (FIXTURES / name).exists() else tmp_path / name for name in names]
    out = tmp_path / f"record-{len(list(tmp_path.iterdir()))}.jsonl"
    write(out, convert(paths, None, "taken", workload=workload, objectives=objectives))
    return analyse(read(out))


def verdicts(found: Analysis, *texts: str) -> list[str]:
    """The outcome of each objective."""
    return [one.outcome for one in judge(found, texts).judgements]


def shown(verdict: Verdict) -> list[str]:
    """The value of each objective in words."""
    return [one.value_text for one in verdict.judgements]


def rate(found: Analysis) -> int:
    """The requests in the middle of the load, a second."""
    return found.seconds.asked[len(found.seconds) // 2] or 0


@pytest.mark.parametrize("name", ["prom-istio.json", "prom-istio-both-reporters.json"])
def test_istio_counts_milliseconds_and_its_reporters_see_one_request(tmp_path: Path, name: str) -> None:
    """20/s, a tenth of it 503, p95 of the answers between 10 and 25 ms: neither 15.8 s nor 40/s nor 0 %."""
    found = taken(tmp_path, name)
    assert rate(found) == 20
    assert resolution_of(found.header).text(found.measures["p95"].value) == "between 10 ms and 25 ms"
    assert verdicts(found, "p50 < 300ms", "errors < 1%", "p50 < 20ms") == ["pass", "fail", "unknown"]
    assert shown(judge(found, ["p50 < 300ms", "errors < 1%"])) == ["between 10ms and 25ms", "10%"]


def test_traefik_counts_a_request_in_three_layers(tmp_path: Path) -> None:
    """20/s, not 60/s; the layers that were left aside are named."""
    found = taken(tmp_path, "prom-traefik-layers.json")
    assert rate(found) == 20
    assert "Traefik (router), Traefik (entry point)" in " ".join(found.header["environment"]["notes"])


@pytest.mark.parametrize("name", ["prom-haproxy.json", "prom-spring.json"])
def test_failures_are_told_by_the_exporters_own_label(tmp_path: Path, name: str) -> None:
    """HAProxy's coded responses before its uncoded requests; Micrometer's `status`."""
    found = taken(tmp_path, name)
    assert rate(found) == 20
    assert found.measures["errors"].value == pytest.approx(0.1)


def test_without_a_label_that_says_how_they_ended_errors_are_unknown(tmp_path: Path) -> None:
    """Neither 0 % nor a pass; the rate is known."""
    found = taken(tmp_path, "prom-no-code-label.json")
    assert rate(found) == 20
    judged = judge(found, ["errors < 1%", "throughput > 1/s"])
    assert [one.outcome for one in judged.judgements] == ["unknown", "unknown"]
    assert judged.judgements[0].reason == "how the requests ended is not known"
    assert "How the requests ended" in in_short(Account(tmp_path, found, judged, ()))


@pytest.mark.parametrize(("name", "most"), [("prom-two-hpas.json", 3), ("two_hpa.json", 20)])
def test_the_hpa_is_that_whose_info_names_the_workload(tmp_path: Path, name: str, most: int) -> None:
    """web-hpa; without `_info` and with two HPAs the question is asked."""
    found = taken(tmp_path, name)
    assert found.hpa is not None
    assert found.hpa.max_replicas == most
    document = json.loads((FIXTURES / name).read_text())
    result = document["data"]["result"]
    document["data"]["result"] = [one for one in result if not one["metric"]["__name__"].endswith("_info")]
    (tmp_path / "no-info.json").write_text(json.dumps(document))
    with pytest.raises(InputError, match="several HPAs"):
        taken(tmp_path, "no-info.json")


def test_a_series_without_a_name_is_asked_for_raw(tmp_path: Path) -> None:
    """The message names the input, what was found, what is known and what to save."""
    with pytest.raises(InputError) as caught:
        taken(tmp_path, "prom-rate-without-name.json")
    text = str(caught.value)
    assert all(word in text for word in ("prom-rate-without-name.json", "without a name", "http_requests_total", "raw"))


def test_series_that_are_not_known_are_named_with_those_that_are(tmp_path: Path) -> None:
    """A foreign answer leads somewhere."""
    series = [{"metric": {"__name__": f"queue_{n}"}, "values": [[1, "1"], [2, "2"]]} for n in "abc"]
    (tmp_path / "x.json").write_text(json.dumps({"data": {"resultType": "matrix", "result": series}}))
    with pytest.raises(InputError) as caught:
        taken(tmp_path, "x.json")
    assert "queue_a, queue_b, queue_c" in str(caught.value)
    assert "istio_requests_total" in str(caught.value)


def test_the_pods_own_sum_is_not_a_container(tmp_path: Path) -> None:
    """300 millicores: Prometheus drops the empty `container` label of the sum; requests come over."""
    found = taken(tmp_path, "cpu_cadvisor.json")
    assert found.cpu.total.at(1795870100) == pytest.approx(300)
    assert found.cpu.requested.at(1795870100) == pytest.approx(500)


def test_percentiles_are_told_as_far_as_buckets_allow(tmp_path: Path) -> None:
    """Half up to 250 ms, half up to 500 ms: a bound inside the bucket is unknown, its edges are not."""
    found = taken(tmp_path, "m_p95.json")
    texts = ("p95 < 400ms", "p95 < 500ms", "p95 <= 250ms", "p95 > 200ms", "p50 < 250ms", "p95 != 300ms", "bad < 1%")
    assert verdicts(found, *texts) == ["unknown", "pass", "fail", "pass", "pass", "unknown", "unknown"]
    judged = judge(found, ["p95 < 400ms"])
    assert shown(judged) == ["between 250ms and 500ms"]
    assert "p95 between 250 ms and 500 ms" in in_short(Account(tmp_path, found, judged, ()))


def test_beyond_the_last_bucket_is_at_least(tmp_path: Path) -> None:
    """Ten requests of which nobody knows more than that they took longer than a second."""
    series = [
        {
            "metric": {"__name__": "http_request_duration_seconds_bucket", "le": le, "status": "200"},
            "values": [[1795870000, "0"], [1795870010, n]],
        }
        for le, n in (("0.5", "0"), ("1", "0"), ("+Inf", "10"))
    ]
    (tmp_path / "x.json").write_text(json.dumps({"data": {"resultType": "matrix", "result": series}}))
    found = taken(tmp_path, "x.json")
    assert verdicts(found, "p95 < 1s", "p95 < 10s", "p95 > 900ms") == [
        "fail",
        "unknown",
        "pass",
    ]
    assert shown(judge(found, ["p95 < 1s"])) == ["at least 1s"]


def test_this_projects_own_app_imports_without_a_word(tmp_path: Path) -> None:
    """20/s and then 10/s, all answered, p95 between 5 and 10 ms, and objectives that need no more pass."""
    found = taken(tmp_path, "app-all.json", workload=None, objectives=("p95 < 50ms", "errors < 1%"))
    assert sum(n or 0 for n in found.seconds.answered) == 1600 - 894
    judged = judge(found)
    assert judged.outcome == "pass"
    assert shown(judged) == ["between 5ms and 10ms", "0%"]


def test_a_counter_that_began_anew_and_one_that_came_late(tmp_path: Path) -> None:
    """700 requests as they stand; after a fall the new value counts; failures that appear count from zero."""
    assert sum(n or 0 for n in taken(tmp_path, "reset.json").seconds.answered) == 700
    label = {"__name__": "http_requests_total", "instance": "a"}
    series = [
        {"metric": {**label, "code": "200"}, "values": [[0, "90"], [15, "150"], [30, "30"], [45, "90"]]},
        {"metric": {**label, "code": "500"}, "values": [[30, "6"], [45, "12"]]},
    ]
    (tmp_path / "x.json").write_text(json.dumps({"data": {"resultType": "matrix", "result": series}}))
    found = taken(tmp_path, "x.json")
    assert sum(n or 0 for n in found.seconds.answered) == 60 + 30 + 60
    assert found.failures == {"500": 12}


@pytest.mark.parametrize("name", ["k6-results.json.gz", "k6-cut-off.json.gz"])
def test_k6_is_read_compressed_and_cut(tmp_path: Path, name: str) -> None:
    """100 requests, a tenth failed, in 20 ms; what was cut off is partial and says so."""
    found = taken(tmp_path, name)
    done = sum(n or 0 for n in found.seconds.answered) + sum(found.failures.values())
    cut = "cut" in name
    assert done in ((99, 100) if cut else (100,))
    assert found.partial is cut
    assert ("cut off (line 301)" in " ".join(found.header["environment"]["notes"])) is cut
    if cut:
        assert judge(found, ["p50 < 100ms"]).outcome == "unknown"


def test_the_model_is_said_where_it_is_known(tmp_path: Path) -> None:
    """Locust's users wait for their answers; neither Prometheus nor k6 tells."""
    names = ("locust-full-history.csv", "locust-json-file.json", "prom-istio.json", "k6-results.json.gz")
    models = [taken(tmp_path, name).header["scenario"]["model"] for name in names]
    assert models == ["closed", "closed", None, None]


def test_locusts_json_has_the_durations_of_the_whole_run(tmp_path: Path) -> None:
    """1,140 requests, 40 failed, p95 of 52 to 55 ms, whichever the failed ones took; parts are not known."""
    found = taken(tmp_path, "locust-json-file.json")
    assert sum(n or 0 for n in found.seconds.answered) == 1100
    assert found.failures == {"failed": 40}
    assert resolution_of(found.header).whole
    assert shown(judge(found, ["p95 < 100ms"])) == ["between 51.5ms and 55.5ms"]
    assert verdicts(found, "p95 < 100ms", "p95 < 100ms from 5s after start") == ["pass", "unknown"]


def test_locusts_history_is_read_as_it_stands(tmp_path: Path) -> None:
    """25 s of one process: totals of each second are that second's."""
    found = taken(tmp_path, "locust-full-history.csv")
    assert sum(n or 0 for n in found.seconds.answered) == 1110 - 36
    assert max(n or 0 for n in found.seconds.asked) == 59


def history(totals: list[int], ending: str = "\n") -> str:
    """A history of these running totals, a row for each second."""
    head = "Timestamp,User Count,Type,Name,Requests/s,Failures/s,Total Request Count,Total Failure Count\n"
    rows = [f"{1795871377 + i},5,,Aggregated,0.0,0.0,{n},0" for i, n in enumerate(totals)]
    return head + "\n".join(rows) + ending


@pytest.mark.parametrize("phases", [(0,), (0, 1), (0, 1, 2), (0, 0)])
def test_the_reports_of_a_distributed_locust_are_no_peaks(tmp_path: Path, phases: tuple[int, ...]) -> None:
    """20/s, then 10/s, by workers that report every 3 s: the peak is 20/s, and the sum is kept."""

    def told(second: int, phase: int) -> float:
        heard = max(0, (second - phase) // 3 * 3 + phase)
        return (min(heard, 30) * 20 + max(0, heard - 30) * 10) / len(phases)

    totals = [round(sum(told(second, phase) for phase in phases)) for second in range(64)]
    (tmp_path / "h.csv").write_text(history(totals))
    found = taken(tmp_path, "h.csv")
    asked = [n or 0 for n in found.seconds.asked]
    assert sum(asked) == totals[-1]
    assert max(asked) <= 24
    assert "every 3 s" in " ".join(found.header["environment"]["notes"]) or len(phases) == 3


def test_one_process_that_stalls_is_not_smoothed(tmp_path: Path) -> None:
    """A second without an answer in a steady run stays a second without an answer."""
    steps = [20] * 20 + [0, 40] + [20] * 20
    totals = [sum(steps[:i]) for i in range(len(steps) + 1)]
    (tmp_path / "h.csv").write_text(history(totals))
    assert 0 in taken(tmp_path, "h.csv").seconds.asked


def test_the_history_of_two_workers(tmp_path: Path) -> None:
    """The five rows that were saved: 101 requests, 8 of them failed."""
    found = taken(tmp_path, "locust-master-two-workers_stats_history.csv")
    assert sum(n or 0 for n in found.seconds.asked) == 101
    assert max(n or 0 for n in found.seconds.asked) <= 30


def test_a_history_whose_statistics_were_reset_loses_nothing(tmp_path: Path) -> None:
    """`--reset-stats` begins anew when all users are there: what comes after counts from zero, and that is said."""
    (tmp_path / "h.csv").write_text(history([0, 20, 40, 60, 5, 25, 45]))
    found = taken(tmp_path, "h.csv")
    assert [n for n in found.seconds.asked if n] == [20, 20, 20, 5, 20, 20]
    assert "reset" in " ".join(found.header["environment"]["notes"])


def test_a_history_that_is_cut_in_its_last_line_is_partial(tmp_path: Path) -> None:
    """Its whole lines count."""
    (tmp_path / "h.csv").write_text(history([0, 20, 40, 60], ending="\n1795871381,5,,Aggr"))
    found = taken(tmp_path, "h.csv")
    assert sum(n or 0 for n in found.seconds.asked) == 60
    assert found.partial


JTL = (
    "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,"
    "grpThreads,allThreads,URL,Latency,IdleTime,Connect\n"
)


def sample(i: int, code: str = "200", message: str = "OK") -> str:
    """One line of a JTL."""
    good = str(code == "200").lower()
    return f"{1795871377000 + 100 * i},20,GET /,{code},{message},T 1-1,text,{good},,612,120,1,1,http://web/,19,0,1\n"


def test_jmeters_csv(tmp_path: Path) -> None:
    """Nine answers of 20 ms and a failure; a transaction's own line is not one more request; a cut line is told."""
    lines = [sample(i) for i in range(9)] + [sample(9, "503", "Service Unavailable")]
    lines.append(sample(9, "200", '"Number of samples in transaction : 10, number of failing samples : 1"'))
    (tmp_path / "r.jtl").write_text(JTL + "".join(lines) + "17958713")
    found = taken(tmp_path, "r.jtl")
    assert sum(n or 0 for n in found.seconds.answered) == 9
    assert found.failures == {"503": 1}
    assert found.measures["p95"].value == pytest.approx(0.02, rel=0.02)
    assert found.partial


@pytest.mark.parametrize(
    ("name", "answered", "words"),
    [
        ("jmeter-transactions.jtl", 4, ["2 transactions are left out", "4 redirects"]),
        ("jmeter-parents.jtl", 4, ["2 transactions are left out", "4 redirects"]),
        ("jmeter-parents-alone.jtl", 10, ["10 transactions are counted as one request each"]),
    ],
)
def test_jmeters_csv_has_lines_for_parts_of_a_sample(
    tmp_path: Path, name: str, answered: int, words: list[str]
) -> None:
    """Of each turn, a page and a redirected one are two requests, whatever lines JMeter 5.6.3 was told to write."""
    found = taken(tmp_path, name)
    assert sum(n or 0 for n in found.seconds.answered) == answered
    assert not found.failures
    notes = " ".join(found.header["environment"]["notes"])
    assert all(one in notes for one in words)
    assert ("left out" in notes) == (answered == 4)


@pytest.mark.parametrize(
    ("begin", "label", "thread", "counts"),
    [
        (20, "buy-0", "T 1-1", False),
        (20, "buy-0-1", "T 1-1", False),
        (20, "pay", "T 1-1", True),
        (5, "/a.png", "T 1-1", False),
        (5, "buy-0", "T 1-2", True),
        (5, "pay", "T 1-2", True),
        (21, "buy-1", "T 1-1", False),
        (22, "buy-1", "T 1-1", True),
        (100, "buy-1", "T 1-1", True),
        (19, "pay", "T 1-1", True),
        (20, "buyer-0", "T 1-1", True),
    ],
)
def test_a_sample_of_jmeter_is_a_part_by_its_name_and_its_time(
    tmp_path: Path, begin: int, label: str, thread: str, counts: bool
) -> None:
    """What lies within a sample of 20 ms of its thread; another thread's, or what begins where it ends, is not."""
    after = f"{1795871377000 + begin},0,{label},200,OK,{thread},text,true,,612,120,1,1,http://web/,0,0,1\n"
    (tmp_path / "r.jtl").write_text(JTL + sample(0).replace("GET /", "buy") + after)
    assert sum(n or 0 for n in taken(tmp_path, "r.jtl").seconds.answered) == 1 + counts


@pytest.mark.parametrize("elapsed", [0, 1])
def test_samples_that_follow_each_other_within_a_millisecond_all_count(tmp_path: Path, elapsed: int) -> None:
    """Refused connections, or a service that answers at once; JMeter's HTMLReportFalseTestFile.csv has 50 of these."""
    line = "{},{},{},,Connection refused,T 1-1,text,false,,0,0,1,1,http://web/,0,0,0\n"
    lines = [line.format(1795871377000 + n // 10, elapsed, "AB"[n % 2]) for n in range(50)]
    (tmp_path / "r.jtl").write_text(JTL + "".join(lines))
    assert sum(n or 0 for n in taken(tmp_path, "r.jtl").seconds.failed) == 50


def test_jmeters_xml(tmp_path: Path) -> None:
    """Samples inside a transaction count, those inside a sample (its redirects, its images) do not."""
    (tmp_path / "r.jtl").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<testResults version="1.2">\n'
        '<sample t="60" ts="1795871377000" s="false" lb="buy" rc="" rm="Number of samples in transaction : 2, x">\n'
        '<httpSample t="20" ts="1795871377000" s="true" lb="a" rc="200" rm="OK">'
        '<httpSample t="5" ts="1795871377000" s="true" lb="a-0" rc="302" rm="Found"/></httpSample>\n'
        '<httpSample t="40" ts="1795871377020" s="false" lb="b" rc="500" rm="Oops"/>\n</sample>\n</testResults>\n'
    )
    found = taken(tmp_path, "r.jtl")
    assert sum(n or 0 for n in found.seconds.answered) == 1
    assert found.failures == {"500": 1}


@pytest.mark.parametrize("encoding", ["UTF-8", "ISO-8859-1", "none-such", "hex", "utf-16"])
def test_jmeters_xml_is_read_whatever_encoding_it_names(encoding: str, tmp_path: Path) -> None:
    """JMeter writes UTF-8; a heading that was spoiled changes none of what is counted."""
    sample = '<httpSample t="20" ts="1795871377000" s="true" lb="GET é" rc="200"/>'
    text = f'<?xml version="1.0" encoding="{encoding}"?>\n<testResults version="1.2">\n{sample}\n</testResults>\n'
    (tmp_path / "r.jtl").write_text(text, encoding="utf-8")
    assert sum(n or 0 for n in taken(tmp_path, "r.jtl").seconds.answered) == 1


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([("envoy_cluster_upstream_rq_xx", {"envoy_response_code_class": "2"}, 90),
          ("envoy_cluster_upstream_rq_xx", {"envoy_response_code_class": "5"}, 10)], {"5xx": 10}),
        ([("nginx_ingress_controller_requests", {"status": "200"}, 90),
          ("nginx_ingress_controller_requests", {"status": "502"}, 10)], {"502": 10}),
        ([("http_server_request_duration_seconds_count", {"http_response_status_code": "200"}, 90),
          ("http_server_request_duration_seconds_count", {"http_response_status_code": "404"}, 10)], {"404": 10}),
        ([("grpc_server_handled_total", {"grpc_code": "OK"}, 90),
          ("grpc_server_handled_total", {"grpc_code": "Unavailable"}, 10)], {"Unavailable": 10}),
        ([("response_total", {"direction": "inbound", "classification": "success"}, 90),
          ("response_total", {"direction": "inbound", "classification": "failure"}, 10),
          ("response_total", {"direction": "outbound", "classification": "success"}, 500)], {"failure": 10}),
        ([("http_server_requests_seconds_count", {"outcome": "SUCCESS"}, 90),
          ("http_server_requests_seconds_count", {"outcome": "SERVER_ERROR"}, 10)], {"SERVER_ERROR": 10}),
        ([("http_requests_total", {"status": "2xx"}, 90), ("http_requests_total", {"status": "5xx"}, 10),
          ("promhttp_metric_handler_requests_total", {"code": "200"}, 900)], {"5xx": 10}),
    ],
)  # fmt: skip
def test_known_exporters(tmp_path: Path, labels: list[tuple[str, dict[str, str], int]], words: dict[str, int]) -> None:
    """90 answers and 10 failures by each one's own label; scrapes and calls outwards are not the workload's."""
    series = [
        {"metric": {"__name__": name, **more}, "values": [[1795870000, "0"], [1795870010, str(n)]]}
        for name, more, n in labels
    ]
    (tmp_path / "x.json").write_text(json.dumps({"data": {"resultType": "matrix", "result": series}}))
    found = taken(tmp_path, "x.json")
    assert (sum(n or 0 for n in found.seconds.answered), found.failures) == (90, words)


@pytest.mark.parametrize(
    ("name", "bounds", "unit"),
    [
        ("x_latency", (5, 100, 1000, 10000), 0.001),
        ("x_latency", (0.1, 1, 10), 1),
        ("x_latency_us", (100, 1000), 1e-6),
        ("x_duration_milliseconds", (1, 2), 0.001),
        ("x_latency", (50, 100, 500), None),
    ],
)
def test_the_unit_is_told_by_the_name_or_by_the_bounds(
    name: str, bounds: tuple[float, ...], unit: float | None
) -> None:
    """And is not guessed where neither tells."""

    assert unit_of(f"{name}_bucket", bounds) == unit


def test_an_hpa_is_told_by_the_kind_that_it_scales_too(tmp_path: Path) -> None:
    """A StatefulSet and a Deployment of one name have an HPA each; a StatefulSet is no Deployment in the record."""

    def gauge(name: str, value: int, **labels: str) -> dict[str, object]:
        metric = {"__name__": name, "namespace": "shop", **labels}
        return {"metric": metric, "values": [[1795870000 + 15 * i, str(value)] for i in range(4)]}

    def hpa(name: str, kind: str, most: int) -> list[dict[str, object]]:
        info = {"scaletargetref_kind": kind, "scaletargetref_name": "web"}
        return [
            gauge("kube_horizontalpodautoscaler_info", 1, horizontalpodautoscaler=name, **info),
            gauge("kube_horizontalpodautoscaler_spec_max_replicas", most, horizontalpodautoscaler=name),
        ]

    both = [*hpa("h1", "Deployment", 7), *hpa("h2", "StatefulSet", 3)]
    for kind, prefix, most in (("Deployment", "kube_deployment_", 7), ("StatefulSet", "kube_statefulset_", 3)):
        sizes = [gauge(prefix + f"status_replicas{end}", 2, **{kind.lower(): "web"}) for end in ("", "_ready")]
        (tmp_path / "k.json").write_text(json.dumps({"data": {"resultType": "matrix", "result": [*both, *sizes]}}))
        found = taken(tmp_path, "k.json")
        assert found.header["target"]["kind"] == kind
        assert found.hpa is not None
        assert found.hpa.max_replicas == most


def test_two_namespaces_are_two_workloads(tmp_path: Path) -> None:
    """The same name in two namespaces is asked about; NAMESPACE/NAME answers."""
    series = [
        {"metric": {"__name__": name, "deployment": "web", "namespace": ns}, "values": [[0, n], [15, n]]}
        for ns, n in (("shop", "2"), ("test", "9"))
        for name in ("kube_deployment_status_replicas", "kube_deployment_status_replicas_ready")
    ]
    (tmp_path / "x.json").write_text(json.dumps({"data": {"resultType": "matrix", "result": series}}))
    with pytest.raises(InputError, match="several workloads"):
        taken(tmp_path, "x.json")
    assert taken(tmp_path, "x.json", workload="shop/web").replicas.ready.at(10) == 2


def test_pods_belong_to_the_workload_that_owns_them(tmp_path: Path) -> None:
    """web-api's pods are not web's, by the name where no owner was saved and by the owner where one was."""

    def cpu(pod: str) -> dict[str, object]:
        metric = {"__name__": "container_cpu_usage_seconds_total", "pod": pod, "container": "app", "namespace": "shop"}
        return {"metric": metric, "values": [[0, "0"], [15, "1.5"]]}

    def size(name: str) -> dict[str, object]:
        return {
            "metric": {"__name__": "kube_deployment_status_replicas", "deployment": name, "namespace": "shop"},
            "values": [[0, "1"], [15, "1"]],
        }

    pods = [cpu("web-7d9f-abcde"), cpu("web-api-5c4d-fghij"), size("web"), size("web-api")]
    (tmp_path / "x.json").write_text(json.dumps({"data": {"resultType": "matrix", "result": pods}}))
    assert [pod.name for pod in taken(tmp_path, "x.json").pods] == ["web-7d9f-abcde"]


@pytest.mark.parametrize(
    "text",
    [
        '{"data": {"resultType": "matrix", "result": [{"metric": {"__name__": "http_requests_total"}, '
        '"values": [[0, "1"], [1e15, "2"]]}]}}',
        '{"data": {"resultType": "matrix", "result": [{"metric": {"__name__": "http_requests_total"}, '
        '"values": [[0, "1"], [9e9, "2"]]}]}}',
        "Timestamp,Name,Total Request Count,Total Failure Count\n0,Aggregated,0,0\n9e10,Aggregated,5,0\n",
        '{"type":"Point","metric":"http_req_duration","data":{"time":"2026-01-01T00:00:00Z","value":1e18,"tags":3}}\n',
        '{"type":"Point","metric":"x","data":{"time":"0001-01-01T00:00:00","value":1}}\n',
        '[{"name":"a","num_requests":1,"response_times":{"1e300":1},"num_reqs_per_sec":{"1":1,"9e10":1}}]',
        JTL + "1795871377000,1e300,a,200,OK,,,true\n",
        "<testResults><httpSample",
        "<!DOCTYPE x [<!ENTITY a 'b'>]><testResults>&a;</testResults>",
        "\x00\x01\x02",
        "[]",
        "{}",
        "[" * 100_000,
        "",
    ],
)
def test_whatever_the_file_the_end_is_one_readable_error(tmp_path: Path, text: str) -> None:
    """Spans and numbers beyond sense are refused before anything is made of them."""
    (tmp_path / "x").write_text(text)
    with pytest.raises(InputError):
        taken(tmp_path, "x")


def test_a_damaged_gzip_is_read_as_far_as_it_goes_or_refused(tmp_path: Path) -> None:
    """A cut stream of lines is partial; a cut document cannot be read."""
    packed = (FIXTURES / "k6-results.json.gz").read_bytes()
    (tmp_path / "cut.gz").write_bytes(packed[:-100])
    assert taken(tmp_path, "cut.gz").partial
    (tmp_path / "doc.gz").write_bytes(gzip.compress((FIXTURES / "prom-istio.json").read_bytes())[:-50])
    with pytest.raises(InputError, match="no JSON"):
        taken(tmp_path, "doc.gz")


def test_the_help_lists_every_form_and_series() -> None:
    """What can be imported is found without the docs."""
    text = CliRunner().invoke(command, ["--help"]).output
    assert all(importer.form in text for importer in importers())
    assert all(counter in text for family in KNOWN for counter in family.counters)
