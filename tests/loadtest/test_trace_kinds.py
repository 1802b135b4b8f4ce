"""Recorded demand of many kinds: each told by its content, beside what looks alike and is not."""

import gzip
import json
from pathlib import Path

import pytest

from loadtest import scenario, traces
from loadtest.errors import ScenarioError
from loadtest.plan import RatePlan
from loadtest.traces.forms import Source
from loadtest.traces.reading import readers

FIXTURES = Path(__file__).parents[1] / "fixtures" / "traces"


def figures(name: str, form: traces.Form | None = None) -> tuple[float, float, float]:
    """(requests in all, seconds, highest rate) of a fixture."""
    plan = RatePlan(tuple(traces.understand(FIXTURES / name, form).points))
    return round(plan.total, 3), plan.duration_s, round(plan.peak, 3)


@pytest.mark.parametrize(
    ("name", "total", "seconds", "peak"),
    [
        ("epoch_s_counts.csv", 9000, 600, 30),
        ("ga4_hour.csv", 37800, 86400, 0.597),
        ("iso_rate.csv", 8460, 540, 30),
        ("grafana_default.csv", 8460, 540, 30),
        ("grafana-epoch-ms.csv", 5400, 240, 40),
        ("prom_range.json", 8460, 540, 30),
        ("prom_counter.json", 1200 - 270, 60, 20),
        ("cloudwatch.json", 2760, 300, 20),
        ("azure_functions.csv", 360, 240, 3),
        ("nginx.log", 40, 235, 0.2),
        ("traefik.json", 40, 235, 0.2),
    ],
)
def test_counts_and_rates_are_told_by_heading_cells_magnitude_and_spacing(
    name: str, total: float, seconds: float, peak: float
) -> None:
    """Per-minute counts are a sixtieth a second, rates stay rates, epoch milliseconds are no hours."""
    assert figures(name) == (total, seconds, peak)


@pytest.mark.parametrize(
    ("name", "what", "requests"),
    [
        ("nginx-1.22-combined.log", "Common or Combined", 8),
        ("nginx-1.22-json.log", "time_iso8601", 8),
        ("apache-2.4-combined.log", "Common or Combined", 5),
        ("apache-2.4-common.log", "Common or Combined", 5),
        ("apache-2.4-vhost.log", "Common or Combined", 5),
        ("caddy.json", "Caddy", 3),
        ("envoy.log", "Envoy or Istio access log", 2),
        ("istio.json", "Envoy or Istio access log (JSON)", 2),
        ("alb.log", "ALB", 3),
    ],
)
def test_every_line_of_an_access_log_is_a_request(name: str, what: str, requests: int) -> None:
    """Requests that the server refused or could not read too; what the real nginx 1.22 and Apache 2.4 wrote."""
    found = traces.understand(FIXTURES / name)
    assert what in found.what
    assert RatePlan(tuple(found.points)).total == pytest.approx(requests)


@pytest.mark.parametrize(
    ("heading", "peak"),
    [
        ("kreq/s", 2000), ("krps", 2000), ("K requests per second", 2000), ("Mrps", 2_000_000),
        ("k req/min", 2000 / 60),
        ("rate (thousands)", 2000), ("requests per second [k]", 2000), ("requests (thousands)", 2000 / 60),
        ("requests in millions", 2_000_000 / 60), ("req/s", 2), ("rps", 2), ("requests", 2 / 60), ("kHz clicks rps", 2),
    ],
)  # fmt: skip
def test_a_heading_may_count_in_thousands(tmp_path: Path, heading: str, peak: float) -> None:
    """A dashboard's kreq/s are no requests a second; and a k that is no unit multiplies nothing."""
    (tmp_path / "k.csv").write_text(f"time,{heading}\n1795870000,1\n1795870060,2\n1795870120,1\n")
    plan = RatePlan(tuple(traces.understand(tmp_path / "k.csv", None).points))
    assert plan.peak == pytest.approx(peak)


HEADINGS = {  # of a number: 60 a minute, dated a minute apart; the rate that it is, None where it has to be asked for
    "requests_rate": 60, "arrivalRate": 60, "rps_total": 60, "irate(x_total[5m])": 60, "sum(rate(x_total[5m]))": 60,
    "req_s": 60, "reqPerSec": 60, "requests·s⁻¹": 60, "avg_rps": 60,
    "requestsPerMinute": 1, "RequestCount": 1, "increase(x_total[1m])": 1, "reqs min-1": 1, "num_requests": 1,
    "sum(increase(x_total[5m]))": 0.2, "requests/5min": 0.2, "requests every 5 minutes": 0.2, "hits_5m": 0.2,
    "hit rate": None, "error_rate": None, "mean requests": None, "active users": None, "requests per pod": None,
    "throughput": None,
}  # fmt: skip


@pytest.mark.parametrize(("heading", "rate"), HEADINGS.items())
def test_a_heading_says_whether_numbers_are_rates_and_over_how_long(heading: str, rate: float | None) -> None:
    """However its words are joined; the window of increase() counts, that of rate() does not; a mean is asked about."""
    lines = [f"time,{heading}", *(f"2026-11-28T08:0{n}:00Z,60" for n in range(4))]
    if rate is None:
        with pytest.raises(ScenarioError, match="form:"):
            traces.parse(lines, "x.csv")
    else:
        assert traces.parse(lines, "x.csv")[0] == (0, rate)


@pytest.mark.parametrize("heading", ["bytes per second", "latency_ms", "MB/s", "CPU", "cache hit ratio"])
def test_what_counts_no_requests_is_no_demand(heading: str) -> None:
    """Unless somebody says that it is, with `form:`."""
    lines = [f"time,{heading}", "2026-11-28T08:00:00Z,60", "2026-11-28T08:01:00Z,60"]
    with pytest.raises(ScenarioError, match="how many requests"):
        traces.parse(lines, "x.csv")
    assert traces.parse(lines, "x.csv", "rate")[0] == (0, 60)


def test_cells_of_bytes_are_no_requests() -> None:
    """`10 B/s` is not ten billion a second; `10 kreq/s` is ten thousand."""
    with pytest.raises(ScenarioError, match="B/s"):
        traces.parse(["Time,web", "2026-11-28T08:00:00Z,10 B/s", "2026-11-28T08:01:00Z,2 B/s"], "x.csv")
    assert traces.parse(["Time,web", "0,10 kreq/s", "60,2 kreq/s"], "x.csv") == [(0, 10_000), (60, 2000)]


@pytest.mark.parametrize(
    ("heading", "seconds"),
    [("hour_of_day", 3600), ("Nth hour", 3600), ("hour_utc", 3600), ("minute of hour", 60), ("time of day", 1),
     ("week", 604800), ("elapsed_sec", 1), ("bin", None), ("Month", None), ("interval", None)],
)  # fmt: skip
def test_a_heading_says_what_one_of_the_times_is(heading: str, seconds: float | None) -> None:
    """The hour of a day is no day, and what may be any length is no second."""
    lines = [f"{heading},requests", "0,60", "1,120", "2,60"]
    if seconds is None:
        with pytest.raises(ScenarioError, match=heading):
            traces.parse(lines, "x.csv")
    else:
        assert traces.parse(lines, "x.csv")[:2] == [(0, 60 / seconds), (seconds, 60 / seconds)]


def test_a_heading_that_says_neither_is_asked_about_without_dates_too() -> None:
    """`load` may be anything; a counter's name over numbers that only grow is no count of each bin."""
    with pytest.raises(ScenarioError, match="'load', which may be counts or rates"):
        traces.parse(["t,load", "0,1", "60,2"], "x.csv")
    counter = ["time,http_requests_total", *(f"{1795870000 + 60 * n},{1000 + 60 * n}" for n in range(5))]
    with pytest.raises(ScenarioError, match="only grow"):
        traces.parse(counter, "x.csv")
    assert traces.parse(counter, "x.csv", "counter")[0] == (0, 1)
    near = [*counter[:-1], "1795870240,900"]
    assert traces.parse(near, "x.csv")[0] == (0, pytest.approx(1000 / 60))


def test_lines_that_are_no_requests_are_left_out_and_told() -> None:
    """An error among Caddy's accesses is named by its line."""
    assert traces.understand(FIXTURES / "caddy.json").notes[0] == (
        "1 lines were no requests and left out, the first: line 3."
    )


NOW = 1795852803.25  # 2026-11-28T08:00:03.250Z, when a request of 3 s was answered
LATE = {
    "ALB": "http 2026-11-28T08:00:03.250000Z app/lb/5 192.0.2.39:2817 10.0.0.1:80 0.000 3.000 0.000 200 200 34 366 "
    '"GET http://shop.example:80/a HTTP/1.1" "curl/8.5" - - arn:aws:x "Root=1-5" "-" "-" 0 2026-11-28T08:00:00.250000Z '
    '"forward" "-" "-" "10.0.0.1:80" "200" "-" "-"',
    "Caddy": json.dumps({"ts": NOW, "duration": 3.0, "request": {"method": "GET", "uri": "/a"}}),
    "msec": json.dumps({"msec": NOW, "request_time": "3.000", "request_method": "GET", "request_uri": "/a"}),
    "time_iso8601": json.dumps(
        {"time_iso8601": "2026-11-28T08:00:03+00:00", "request_time": 3.0, "request_method": "GET", "request_uri": "/a"}
    ),
    "Common or Combined": '192.0.2.7 - - [28/Nov/2026:08:00:03 +0000] "GET /a HTTP/1.1" 200 2 "-" "curl/8.5" 76 3.000 '
    "[shop-web-80] [] 10.0.0.1:8080 2 3.000 200 0123456789abcdef",
    "IIS": "#Fields: date time cs-method cs-uri-stem sc-status time-taken\n2026-11-28 08:00:03 GET /a 200 3000",
    "CloudFront": "#Fields: date time cs-method cs-uri-stem time-taken\n2026-11-28\t08:00:03\tGET\t/a\t3.000",
}
BEGUN = {
    "Apache": '192.0.2.7 - - [28/Nov/2026:08:00:00 +0000] "GET /a HTTP/1.1" 200 2 "-" "curl/8.5"',
    "Envoy": json.dumps({"start_time": "2026-11-28T08:00:00Z", "duration": 3000, "method": "GET", "path": "/a"}),
    "Traefik": json.dumps({"StartUTC": "2026-11-28T08:00:00Z", "RequestMethod": "GET", "RequestPath": "/a"}),
    "IIS, at once": "#Fields: date time cs-method cs-uri-stem sc-status time-taken\n2026-11-28 08:00:00 GET /a 200 15",
}


@pytest.mark.parametrize("name", [*LATE, *BEGUN])
def test_a_request_is_demand_when_it_came_not_when_it_was_answered(name: str) -> None:
    """Where a log dates the end and says how long it took; another that dates the begin is left as it is."""
    lines = {**LATE, **BEGUN}[name].splitlines()
    assert traces.reading._understand(lines, "x.log", None).begin == 1795852800


@pytest.mark.parametrize("name", ["nginx.log", "traefik.json", "ga4_hour.csv", "prom_range.json"])
def test_gzip_is_read_as_what_is_in_it(tmp_path: Path, name: str) -> None:
    """Whatever the file is called; and one that was cut off is read as far as it goes."""
    packed = gzip.compress((FIXTURES / name).read_bytes())
    (tmp_path / "packed").write_bytes(packed)
    assert traces.read(tmp_path / "packed") == traces.read(FIXTURES / name)
    if name == "nginx.log":
        (tmp_path / "cut").write_bytes(packed[:-60])
        assert 5 < RatePlan(tuple(traces.read(tmp_path / "cut"))).total < 40


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("grafana_semicolon.csv", ["'Value'", "form:"]),
        ("dst_naive.csv", ["line 5", "2026-10-25 02:00:00 a second time", "offset"]),
        ("apache-2.4-error.log", ["at least 2", "docs/scenarios.md"]),
    ],
)
def test_what_cannot_be_told_is_asked_for(name: str, words: list[str]) -> None:
    """A heading that says nothing, an hour that came twice, an error log beside the access log."""
    with pytest.raises(ScenarioError) as caught:
        traces.understand(FIXTURES / name)
    assert all(word in str(caught.value) for word in words)


def test_the_form_answers_the_question() -> None:
    """The same file as counts and as rates."""
    assert figures("grafana_semicolon.csv", "count") == (9000, 600, 30)
    assert figures("grafana_semicolon.csv", "rate")[2] == 1800


LOOKALIKES = {
    "a counter whose sum lost its name": (
        {"status": "success", "data": {"resultType": "matrix", "result": [
            {"metric": {}, "values": [[0, "10"], [60, "20"], [120, "40"]]}]}}, "only grow"),
    "a gauge": (
        {"status": "success", "data": {"resultType": "matrix", "result": [
            {"metric": {"__name__": "queue_length"}, "values": [[0, "10"], [60, "20"]]}]}}, "no counter by its name"),
    "an instant answer": ({"status": "success", "data": {"resultType": "vector", "result": []}}, "query_range"),
    "averages": (
        {"Label": "TargetResponseTime", "Datapoints": [{"Timestamp": "2026-11-28T08:00:00Z", "Average": 0.2}]}, "Sum"),
    "metric data": (
        {"MetricDataResults": [{"Id": "m1", "Label": "RequestCount", "Values": [1, 2],
                                "Timestamps": ["2026-11-28T08:00:00Z", "2026-11-28T08:01:00Z"]}]}, "form:"),
    "another document": ({"level": "info", "msg": "started"}, "JSON of another kind (level, msg)"),
}  # fmt: skip


@pytest.mark.parametrize("case", LOOKALIKES)
def test_json_that_looks_alike_is_refused(case: str) -> None:
    """With what was found and what is wanted."""
    document, words = LOOKALIKES[case]
    with pytest.raises(ScenarioError) as caught:
        traces.parse([json.dumps(document)], "x.json")
    assert words in str(caught.value)


def test_json_lines_of_a_program_are_no_access_log() -> None:
    """A program's own log has times and no requests."""
    lines = [json.dumps({"level": "info", "ts": 1795852800.5 + i, "msg": "tick"}) for i in range(5)]
    with pytest.raises(ScenarioError, match="JSON"):
        traces.parse(lines, "app.log")


@pytest.mark.parametrize(
    ("lines", "points"),
    [
        (["time,req/min", "0,600", "60,1200"], [(0, 10), (60, 20)]),
        (["ts_ms,rps", "0,10", "60000,20"], [(0, 10), (60, 20)]),
        (["time,requests per hour", "0,3600", "60,7200"], [(0, 1), (60, 2)]),
        (["Series;Time;Value", "web;1764000000000;10 req/s", "web;1764000060000;20,5 req/s"], [(0, 10), (60, 20.5)]),
        (["t,rate", '2026-11-28T08:00:00Z,"1,200.5"', "2026-11-28T08:00:10Z,1.5 K"], [(0, 1200.5), (10, 1500)]),
        (["timestamp,requests", "2026112822,5", "2026112823,5"], [(0, 5), (1, 5), (1, 5), (2, 5)]),
        (["day,visits", "20261130,86400", "20261201,172800"], [(0, 1), (86400, 1), (86400, 2), (172800, 2)]),
        (
            ["t,requests", "2026-10-25T02:00:00+02:00,60", "2026-10-25T02:00:00+01:00,60"],
            [(0, 1 / 60), (3600, 1 / 60), (3600, 1 / 60), (7200, 1 / 60)],
        ),
    ],
)
def test_tables_of_other_tools(lines: list[str], points: list[tuple[float, float]]) -> None:
    """Units in headings and cells, milliseconds, digits that are dates or seconds, offsets that tell an hour twice."""
    assert traces.parse(lines, "x.csv") == points


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["time,requests", "2026-11-28T08:00:00Z,10.5", "2026-11-28T08:01:00Z,11"], "fractions"),
        (["time,a", "2026-11-28T08:00:00Z,10", "2026-11-28T08:01:00Z,11"], "'a'"),
        (["Series;Time;Value", "a;1;1", "b;1;1"], "2 series"),
        (["t,x", "2026-11-28T08:00:00Z,10 req/s", "2026-11-28T08:01:00Z,10 req/m"], "several units"),
        (["t,requests", "0,1", "1e300,2"], "400 days"),
        (["t,requests", "0,1", "60,-2"], "not below zero"),
    ],
)
def test_tables_that_contradict_themselves_are_refused(lines: list[str], words: str) -> None:
    """Half a request, columns without meaning, several series, two units, spans and numbers beyond sense."""
    with pytest.raises(ScenarioError) as caught:
        traces.parse(lines, "x.csv")
    assert words in str(caught.value)


def test_a_long_log_is_counted_in_bounded_memory_and_a_part_of_it_in_finer_bins() -> None:
    """A day at one request a second: bins of a minute for the day, of ten seconds for ten minutes; counts are kept."""
    lines = [
        f'h - - [28/Nov/2026:{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02} +0000] "GET / HTTP/1.1" 200 1'
        for s in range(86400)
    ]
    found = traces.reading._understand(lines, "day.log", None)
    assert RatePlan(tuple(found.points)).total == pytest.approx(86400)
    assert len(found.points) <= 2 * 1500
    part = RatePlan(tuple(traces.window(found, 3600, 600)))
    assert (part.total, part.duration_s) == (pytest.approx(600), 600)
    assert part.points[1][0] == 10


def test_the_mix_is_what_was_asked_for_without_what_is_private() -> None:
    """Numbers, identifiers and queries are gone; shares stay."""
    mix = traces.understand(FIXTURES / "alb.log").mix
    assert mix == {"GET /items/{id}": 2}
    for path, template in {
        "/users/6f1ed002-ab5d-4f1b-9b6e-0c0a6b8f0d11/orders/12": "/users/{id}/orders/{id}",
        "/reset/eyJhbGciOiJIUzI1NiJ9": "/reset/{id}",
        "/mail/jane%40example.org?x=1#y": "/mail/{id}",
        "/checkout": "/checkout",
        "": "/",
        "/v2/items": "/v2/items",
    }.items():
        assert traces.mix.template(path) == template


def test_requests_from_the_trace_are_sent_by_share() -> None:
    """`requests: from-trace`; a table tells none, and that is an error."""
    data = {"name": "x", "requests": "from-trace", "load": {"trace": {"file": "caddy.json"}}}
    sent = scenario.parse(data, "x.yaml", FIXTURES).file.requests
    assert [(r.method, r.path, r.weight) for r in sent] == [("GET", "/items/1", 2), ("POST", "/cart", 1)]
    data["load"] = {"trace": {"file": "iso_rate.csv"}}
    with pytest.raises(ScenarioError, match="from-trace"):
        scenario.parse(data, "x.yaml", FIXTURES)


def clf(second: int, path: str = "/a") -> str:
    """A line of nginx."""
    return f'10.0.0.1 - - [28/Nov/2026:10:00:{second:02} +0000] "GET {path} HTTP/1.1" 200 3 "-" "curl/8"'


def test_a_containers_log_begins_with_what_its_program_says(tmp_path: Path) -> None:
    """nginx's image writes some twenty lines before the first request: these are left out, and told."""
    start = ["/docker-entrypoint.sh: Configuration complete; ready for start up"] * 8
    start += ["2026/11/28 09:59:59 [notice] 1#1: start worker process 29"] * 12
    (tmp_path / "nginx.log").write_text("\n".join([*start, *(clf(n) for n in range(40))]))
    found = traces.understand(tmp_path / "nginx.log")
    assert RatePlan(tuple(found.points)).total == pytest.approx(40)
    assert found.notes == ("20 lines were no requests and left out, the first: line 1.",)


def test_odd_bytes_of_a_client_lose_no_line(tmp_path: Path) -> None:
    """A log may hold what is no UTF-8; a file with NULs is no text at all."""
    text = "\n".join(clf(n, "/caf\xe9") for n in range(20))
    (tmp_path / "latin.log").write_bytes(text.encode("latin-1"))
    assert RatePlan(tuple(traces.read(tmp_path / "latin.log"))).total == pytest.approx(20)
    (tmp_path / "wide.log").write_bytes(text.encode("utf-16"))
    with pytest.raises(ScenarioError, match="not UTF-8 text"):
        traces.read(tmp_path / "wide.log")


CADDY = {"level": "error", "ts": 1795860000.5, "msg": "dial tcp: refused", "status": 502, "logger": "http.log.error",
         "request": {"method": "GET", "uri": "/a"}}  # fmt: skip
TCP = '[2026-11-28T10:00:00.123Z] "- - -" 0 - - - "-" 517 3 1 - "-" "-" "-" "-" "10.1.1.1:80" outbound'


@pytest.mark.parametrize(("line", "words"), [
    (json.dumps(CADDY), "one JSON a line, without the fields of a known access log (level, ts"),
    (json.dumps({"time": "2026-11-28T10:00:00Z", "uri": "/a"}), "without the fields of a known access log (time, uri)"),
    (TCP, "1 columns, wanted 2"),
])  # fmt: skip
def test_lines_beside_an_access_log_are_no_requests(line: str, words: str) -> None:
    """Caddy's error log names the request that its access log has already; Envoy's TCP connections are none."""
    with pytest.raises(ScenarioError) as caught:
        traces.parse([line] * 20, "some.log")
    assert words in str(caught.value)


AZURE = [
    "TIMESTAMP,ContextTokens,GeneratedTokens",
    "2023-11-16 18:15:46.6805900,374,44",
    "2023-11-16 18:15:50.9951690,396,109",
    "2023-11-16 18:15:51.2225670,879,55",
    "2023-11-16 18:15:51.3917630,91,16",
]
BURST = [
    "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type",
    "5,ChatGPT,472,18,490,Conversation log",
    "45,ChatGPT,1087,230,1317,Conversation log",
    "118,GPT-4,417,276,693,Conversation log",
    "118,GPT-4,417,0,417,API log",
]
ALIBABA = [
    "traceid,timestamp,rpcid,um,rpctype,dm,interface,rt",
    "0b13,1200,0.1,ab,rpc,cd,x,12",
    "0b14,1207,0.1,ab,rpc,cd,x,3",
    "0b15,1290,0.1,ab,mc,cd,x,0",
]
JTL = ["timeStamp,elapsed,label,responseCode,success", *(f"17958528{n:02}000,120,home,200,true" for n in (0, 1, 3, 9))]
ENDS = ["app,func,end_timestamp,duration_s,duration", "a,f,2021-01-31 00:00:09,1,9", "a,g,2021-01-31 00:00:12,1,2",
        "b,h,2021-01-31 00:00:40,1,10"]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "requests", "seconds", "begin"),
    [
        (AZURE, 4, 6, 1700158546),
        (BURST, 4, 114, 5),
        (["2026-11-28T10:00:00Z", "2026-11-28T10:00:01Z", "2026-11-28T10:00:02Z"], 3, 3, 1795860000),
        (["timestamp", "1795860000.25", "1795860000.5", "1795860009"], 3, 10, 1795860000),
        (["arrival_s", "0.1", "0.2", "4.5"], 3, 5, 0),
        (["arrivals [ms]", "100", "200", "4500"], 3, 5, 0),
        (JTL, 4, 10, 1795852800),
        (ENDS, 3, 31, 1612051200),
        (["# recorded by us", "time,path", "2026-11-28T10:00:00Z,/a", "2026-11-28T10:00:01Z,/b",
          "2026-11-28T10:00:02Z,/b"], 3, 3, 1795860000),
    ],
    ids=["azure", "burstgpt", "dates", "epoch", "seconds", "milliseconds", "jtl", "ends", "paths"],
)  # fmt: skip
def test_each_line_of_a_list_of_requests_is_one(lines: list[str], requests: int, seconds: int, begin: int) -> None:
    """Counted by the column that says when it came, whatever else the line tells; an end less its duration."""
    found = scenario_trace(lines)
    assert "list of requests" in found.what
    plan = RatePlan(tuple(found.points))
    assert (round(plan.total, 6), plan.duration_s) == (requests, pytest.approx(seconds, abs=9))
    assert (found.begin, found.notes[1:]) == (begin, ())


def scenario_trace(lines: list[str]) -> traces.Understood:
    """What lines say."""
    return next(reader for reader in readers() if reader.matches(lines)).read(Source("x.csv", lines))


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (ALIBABA, "under the heading 'timestamp', wanted times of requests whose form and unit are known"),
        (["10", "20", "40"], "say so by a heading with its unit: arrival_s"),
        (["timestamp", "3", "4", "9"], "Name the column for its unit"),
        (["time,a,b", *(f"2026-11-28T10:{m:02}:00Z,1,2" for m in range(9))], "or the time alone"),
        (["time,tenant,requests", *(f"2026-11-28T10:{m:02}:00Z,x,2" for m in (0, 1, 5, 7))], "3 columns"),
        (["time,cpu,memory", *(f"2026-11-28T10:{m:02}:00Z,1,2" for m in (0, 1, 5, 7))], "3 columns"),
        (["metric_name,timestamp,metric_value,url", *(f"http_reqs,17958600{m:02},1,/" for m in (10, 11, 15))], "4 col"),
        (["requests", "10", "20", "40"], "1 columns"),
    ],
)
def test_what_looks_like_a_list_of_requests_is_asked_about(lines: list[str], words: str) -> None:
    """Times without a unit, numbers alone, and tables of bins or samples; each says what to do."""
    with pytest.raises(ScenarioError) as caught:
        traces.parse(lines, "x.csv")
    assert words in str(caught.value)


def test_the_paths_of_a_list_of_requests_are_its_mix() -> None:
    """Where it has a method too; a tokens column is no path."""
    lines = ["time,method,path", *(f"2026-11-28T10:00:0{n}Z,POST,/items/{n}" for n in range(4))]
    assert scenario_trace(lines).mix == {"POST /items/{id}": 4}
    assert not scenario_trace(AZURE).mix
