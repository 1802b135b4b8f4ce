"""Forms that tools have beside their usual one: k6's CSV, native histograms, and totals without a course of time."""

import json
from pathlib import Path
from typing import Any

import pytest

from autoscale.analysis import analyse
from autoscale.base.errors import InputError
from autoscale.imports import convert, write
from autoscale.record.reader import read
from autoscale.verdict.judging import judge
from loadtest import traces

FIXTURES = Path(__file__).parents[1] / "fixtures" / "imports"
OBJECTIVES = ("p95 < 300ms", "p95 < 15ms", "errors < 1%")


def judged(path: Path, *, workload: str | None = None) -> dict[str, tuple[str, str]]:
    """(outcome, value) of each objective of what a file holds."""
    rows = convert([path], None, "x", workload=workload, objectives=OBJECTIVES)
    path.with_suffix(".jsonl").unlink(missing_ok=True)
    write(path.with_suffix(".jsonl"), rows)
    found = judge(analyse(read(path.with_suffix(".jsonl"))))
    return {one.text: (one.outcome, one.value_text) for one in found.judgements}


K6 = "metric_name,timestamp,metric_value,check,error,error_code,expected_response,method,name,status,url,extra_tags"
OLD = "metric_name,timestamp,metric_value,check,error,error_code,group,method,name,proto,scenario,status,url,extra_tags"


def k6_lines(heading: str, stamp: str) -> list[str]:
    """100 requests of 20 ms in ten seconds, a tenth of them failed, with k6's other samples between them."""
    columns, lines = heading.split(","), [heading]
    for i in range(100):
        bad = i % 10 == 9
        tags = {"status": "503" if bad else "200", "expected_response": "false" if bad else "true", "name": "http://a/"}
        tags["error_code"] = "1503" if bad else ""
        at = stamp.format(s=1795852800 + i // 10, clock=f"2026-11-28T08:00:{i // 10:02}Z")
        for metric, value in (("http_reqs", "1.000000"), ("http_req_duration", "20.0"), ("http_req_waiting", "19.0")):
            row = {"metric_name": metric, "timestamp": at, "metric_value": value, **tags}
            lines.append(",".join(row.get(column, "") for column in columns))
    return lines


@pytest.mark.parametrize("heading", [K6, OLD])
@pytest.mark.parametrize("stamp", ["{s}", "{s}000", "{s}000000000", "{clock}"])
def test_k6s_csv(tmp_path: Path, heading: str, stamp: str) -> None:
    """A tenth failed, in each of its time formats, with the columns of new and of older releases."""
    path = tmp_path / "k6.csv"
    path.write_text("\n".join(k6_lines(heading, stamp)) + "\n")
    assert judged(path)["errors < 1%"] == ("fail", "10%")
    found = analyse(read(path.with_suffix(".jsonl")))
    assert found.latency[0].p95 == pytest.approx(0.02, rel=0.02)
    assert found.load_end is not None
    assert found.load_start is not None
    assert 10 <= found.load_end - found.load_start <= 11


def test_k6s_csv_that_was_cut_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    """Its last line is told, one in the middle is a mistake."""
    lines = k6_lines(K6, "{s}")
    path = tmp_path / "k6.csv"
    path.write_text("\n".join([*lines, "http_req_dur"]))
    rows = convert([path], None, "x")
    assert rows[0]["k"] == "header"
    assert "the last line is cut off (line 302)" in rows[0]["environment"]["notes"][0]
    path.write_text("\n".join([*lines[:5], "http_req_dur", *lines[5:]]))
    with pytest.raises(InputError, match="no k6 CSV") as refused:
        convert([path], None, "x")
    assert "line 6" in str(refused.value.problems[0])


def histogram(count: int, buckets: list[list[Any]]) -> dict[str, Any]:
    """One sample of a native histogram."""
    return {"count": str(count), "sum": "1", "buckets": buckets}


def answer(*series: tuple[dict[str, str], list[Any]]) -> str:
    """A range answer of native histograms, a sample every 15 s."""
    result = [
        {
            "metric": {"__name__": "http_request_duration_seconds", **labels},
            "histograms": [[1795852800 + 15 * i, sample] for i, sample in enumerate(some)],
        }
        for labels, some in series
    ]
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}})


def test_native_histograms_are_read(tmp_path: Path) -> None:
    """300 requests in 15 s, all between 10 and 20 ms, a tenth of them 503; empty buckets are left out."""
    path = tmp_path / "native.json"
    rows = [
        (
            {"code": code},
            [
                histogram(0, []),
                histogram(n, [[0, "0.01", "0.02", str(n)]]),
                histogram(2 * n, [[0, "0.005", "0.01", "0"], [0, "0.01", "0.02", str(2 * n)]]),
            ],
        )
        for code, n in (("200", 270), ("503", 30))
    ]
    path.write_text(answer(*rows))
    assert judged(path)["errors < 1%"] == ("fail", "10%")
    path.write_text(answer(rows[0]))
    found = judged(path)
    assert found["p95 < 300ms"] == ("pass", "between 10ms and 20ms")
    assert found["p95 < 15ms"][0] == "unknown"


def test_a_native_histogram_that_became_coarser_is_no_restart(tmp_path: Path) -> None:
    """Where buckets were merged in mid-run only the bounds that stayed are known; nothing is counted twice."""
    path = tmp_path / "native.json"
    fine = [[0, "0.01", "0.014", "100"], [0, "0.014", "0.02", "200"]]
    some = [histogram(0, []), histogram(300, fine), histogram(600, [[0, "0.01", "0.02", "600"]])]
    path.write_text(answer(({"code": "200"}, some)))
    assert judged(path)["p95 < 300ms"] == ("pass", "at most 20ms")
    assert analyse(read(path.with_suffix(".jsonl"))).latency[0].count == 600


NOT_A_COURSE = {
    "stats.csv": ("Type,Name,Request Count,Failure Count,Median Response Time\nGET,/,1,0,5\n", "stats_history.csv"),
    "failures.csv": ("Method,Name,Error,Occurrences\nGET,/,x,3\n", "stats_history.csv"),
    "summary.json": (json.dumps({"root_group": {}, "metrics": {"http_reqs": {}}}, indent=1), "--out json"),
    "raw.jtl": ("1795852800000,20,GET /,200,OK,Thread 1-1,text,true,,10\n" * 3, "heading"),
    "report.csv": ("Label,# Samples,Average\nGET,1,5\n", "jmeter -n -l FILE"),
}


@pytest.mark.parametrize("name", NOT_A_COURSE)
def test_totals_of_a_known_tool_are_named_with_the_file_to_give(tmp_path: Path, name: str) -> None:
    """They say nothing of when; the cure is in the message."""
    text, words = NOT_A_COURSE[name]
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match="does not say what happened when") as refused:
        convert([tmp_path / name], None, "x")
    assert words in refused.value.fix


def test_json_of_another_tool_is_of_no_known_form(tmp_path: Path) -> None:
    """Not every object is an answer of Prometheus."""
    (tmp_path / "vegeta.json").write_text('{"attack":"","seq":0,"code":200,"latency":20000000}\n')
    with pytest.raises(InputError, match="of no known form"):
        convert([tmp_path / "vegeta.json"], None, "x")


@pytest.mark.parametrize("buckets", [True, False])
def test_how_sharp_latency_is_stands_only_where_there_is_some(tmp_path: Path, *, buckets: bool) -> None:
    """Without a histogram nothing is said of buckets."""
    path = tmp_path / "x.json"
    series = {"__name__": "http_requests_total", "code": "200"}
    values = [[1795852800 + 15 * i, str(150 * i)] for i in range(3)]
    result: list[dict[str, Any]] = [{"metric": series, "values": values}]
    if buckets:
        name = "http_request_duration_seconds_bucket"
        result += [{"metric": {"__name__": name, "le": le, "code": "200"}, "values": values} for le in ("0.1", "+Inf")]
    path.write_text(json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}))
    (header, *_) = convert([path], None, "x")
    assert header["k"] == "header"
    assert any("only as sharp" in note for note in header["environment"]["notes"]) == buckets


@pytest.mark.parametrize("name", ["jmeter-parents.jtl", "locust-full-history.csv"])
@pytest.mark.parametrize("where", [0, 4, 400])
def test_a_carriage_return_where_none_may_be_is_told(tmp_path: Path, name: str, where: int) -> None:
    """Before the heading, in it, and in a row: no CSV, whatever the tool."""
    content = (FIXTURES / name).read_bytes()
    (tmp_path / name).write_bytes(content[:where] + b"\r" + content[where:])
    with pytest.raises(InputError, match=r"is no CSV|cannot be told|of no known form|is no"):
        convert([tmp_path / name], None, "x", workload=None, objectives=OBJECTIVES)


@pytest.mark.parametrize("per", [1, 1_000, 1_000_000, 1_000_000_000])
def test_a_range_answer_may_be_dated_in_finer_units_than_seconds(tmp_path: Path, per: int) -> None:
    """As scripts, proxies and other stores write it, by the size of the numbers: the same record, the same demand."""
    points = [[(1795870000 + 15 * n) * per, str(150 * n)] for n in range(9)]
    series = {"metric": {"__name__": "http_requests_total", "status": "200"}, "values": points}
    document = {"status": "success", "data": {"resultType": "matrix", "result": [series]}}
    (tmp_path / "q.json").write_text(json.dumps(document))
    found = convert([tmp_path / "q.json"], None, "q")
    loads = [row for row in found if row["k"] == "load"]
    assert (len(loads), {row["answered"] for row in loads}) == (120, {10})
    plan = traces.understand(tmp_path / "q.json")
    assert (plan.begin, plan.points[-1]) == (1795870000, (120, 10))
