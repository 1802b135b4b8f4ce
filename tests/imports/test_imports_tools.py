"""Other tools' results as records."""

import json
from pathlib import Path
from typing import Any

import pytest

from autoscale.analysis import Analysis, analyse
from autoscale.base.errors import InputError
from autoscale.imports import convert, write
from autoscale.imports.building import spread
from autoscale.imports.prom import kubernetes
from autoscale.imports.prom import series as prometheus
from autoscale.record.reader import read
from autoscale.verdict.judging import judge

T0 = 1_795_400_010


def taken_in(tmp_path: Path, *texts: str, tool: str | None = None, **how: Any) -> Analysis:
    """Import files of these contents, write the record, read it with the record's own reader, analyse."""
    paths = []
    for i, text in enumerate(texts):
        paths.append(tmp_path / f"in{i}")
        paths[-1].write_text(text)
    out = tmp_path / "record.jsonl"
    write(out, convert(paths, tool, "taken", **how))
    return analyse(read(out))


def k6_lines() -> str:
    """20 s of 10 requests a second of 50 ms, one in 20 failed."""
    lines = [{"type": "Metric", "metric": "http_reqs", "data": {"name": "http_reqs"}}]
    for i in range(200):
        tags = {"status": "503" if i % 20 == 0 else "200", "expected_response": "false" if i % 20 == 0 else "true"}
        time = f"2026-11-23T10:00:{i // 10:02d}.{i % 10}00Z"
        lines.append(
            {"type": "Point", "metric": "http_req_duration", "data": {"time": time, "value": 50.0, "tags": tags}}
        )
    return "\n".join(json.dumps(line) for line in lines)


def test_k6(tmp_path: Path) -> None:
    """Counts, errors and latency come over; how late k6 sent is not known, and no objective asked for it."""
    found = taken_in(tmp_path, k6_lines(), objectives=["p95 < 100ms"])
    assert sum(n or 0 for n in found.seconds.answered) == 190
    assert found.failures == {"503": 10}
    assert found.measures["p95"].value == pytest.approx(0.05, rel=0.01)
    assert found.generator.lag_p99_s is None
    assert judge(found).outcome == "pass"


def test_locust(tmp_path: Path) -> None:
    """Totals become counts a second; percentiles cannot be merged, so latency stays unknown."""
    head = "Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,95%,Total Request Count,Total Failure Count"
    lines = [head] + [f"{T0 + i},5,,Aggregated,0,0,N/A,9,{20 * i},{i}" for i in range(11)]
    found = taken_in(tmp_path, "\n".join(lines))
    assert sum(n or 0 for n in found.seconds.answered) == 190
    assert found.failures == {"failed": 10}
    assert found.measures["p95"].value is None
    assert found.measures["errors"].value == pytest.approx(0.05)


def series(name: str, values: list[float], **labels: str) -> dict[str, Any]:
    """One series with a point every 15 s."""
    points = [[T0 + 15 * i, str(value)] for i, value in enumerate(values)]
    return {"metric": {"__name__": name, **labels}, "values": points}


def answer(*result: dict[str, Any]) -> str:
    """A range answer."""
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": list(result)}})


def test_prometheus(tmp_path: Path) -> None:
    """Requests, histogram, replicas and CPU of several files become one record; a reset counter is no fall."""
    total = [0.0, 150, 300, 450, 600]
    load = answer(
        series("http_requests_total", total, code="200"),
        series("http_requests_total", [0, 15, 5, 20, 35], code="500"),
        series("rt_bucket", [0, 75, 150, 225, 300], le="0.1"),
        series("rt_bucket", total, le="0.4"),
        series("rt_bucket", total, le="+Inf"),
    )
    pods = answer(
        series("kube_deployment_spec_replicas", [2, 2, 4, 4, 4], deployment="web"),
        series("kube_deployment_status_replicas", [2, 2, 4, 4, 4], deployment="web"),
        series("kube_deployment_status_replicas_ready", [2, 2, 2, 4, 4], deployment="web"),
        series("container_cpu_usage_seconds_total", [0, 3, 6, 9, 12], pod="web-1", container="web"),
    )
    found = taken_in(tmp_path, load, pods)
    assert sum(n or 0 for n in found.seconds.answered) == 600
    assert found.failures == {"500": 15 + 5 + 15 + 15}
    assert [(event.before, event.after) for event in found.scale_events] == [(2, 4)]
    assert found.measures["p50"].value == pytest.approx(0.05, rel=0.02)
    assert found.measures["p95"].value == pytest.approx(0.2, rel=0.02)
    assert found.cpu.total.at(T0 + 40) == pytest.approx(200)


@pytest.mark.parametrize("label", ["code", "status", "status_code"])
def test_a_histogram_tells_failures_by_their_code(tmp_path: Path, label: str) -> None:
    """Without a counter: 4xx and 5xx are failures and their durations no latency; 2xx and 3xx are answers."""
    parts = []
    for code, n in (("200", 150.0), ("302", 15.0), ("503", 45.0), ("404", 30.0)):
        at_once, slow = [0.0, n if code < "400" else 0.0], [0.0, n]
        parts += [
            series("rt_bucket", values, le=le, **{label: code})
            for le, values in (("0.1", at_once), ("30", slow), ("+Inf", slow))
        ]
    found = taken_in(tmp_path, answer(*parts))
    assert sum(n or 0 for n in found.seconds.answered) == 165
    assert found.failures == {"503": 45, "404": 30}
    assert found.measures["max"].value == pytest.approx(0.05, rel=0.02)


def test_failed_buckets_are_no_latency_beside_a_counter_either(tmp_path: Path) -> None:
    """The counter counts, and each request once; the histogram gives the durations of the answers alone."""
    load = answer(
        series("http_requests_total", [0, 150], code="200"),
        series("http_requests_total", [0, 45], code="500"),
        series("rt_bucket", [0, 150], le="0.1", code="200"),
        series("rt_bucket", [0, 150], le="+Inf", code="200"),
        series("rt_bucket", [0, 0], le="0.1", code="500"),
        series("rt_bucket", [0, 45], le="+Inf", code="500"),
    )
    found = taken_in(tmp_path, load)
    assert sum(n or 0 for n in found.seconds.answered) == 150
    assert found.failures == {"500": 45}
    assert found.measures["max"].value == pytest.approx(0.05, rel=0.02)


@pytest.mark.parametrize(
    ("labels", "percent"),
    [
        ({"metric_target_type": "utilization"}, 60),
        ({}, 60),
        ({"metric_target_type": "average"}, None),
        ({"metric_target_type": "value"}, None),
        ({"metric_name": "memory"}, None),
    ],
)
def test_only_a_utilization_target_is_a_percent(labels: dict[str, str], percent: int | None) -> None:
    """An HPA's target in cores is not taken for a share of the requests; nor is memory's for the CPU's."""
    hpa = {"horizontalpodautoscaler": "web"}
    target = series(
        "kube_horizontalpodautoscaler_spec_target_metric", [60.0], **hpa, **{"metric_name": "cpu", **labels}
    )
    current = series("kube_horizontalpodautoscaler_status_current_replicas", [2.0], **hpa)
    rows, _ = kubernetes.rows(prometheus.series_of(json.loads(answer(target, current)), "x"), "web")
    goal = {"type": "Utilization", "averageUtilization": percent}
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": goal}}
    assert [row["spec"]["metrics"] for row in rows if row["k"] == "hpa"] == [[cpu] if percent else []]


@pytest.mark.parametrize(("text", "tool"), [
    ("", None), ("hello", None), ("{}", "prometheus"), ("{", "prometheus"), ("{nonsense", "k6"),
    ('{"data": {"resultType": "vector", "result": []}}', "prometheus"), ('{"type": "Metric", "metric": "x"}', "k6"),
    ("Timestamp,Name\n", "locust"),
])  # fmt: skip
def test_what_is_not_theirs_is_refused(tmp_path: Path, text: str, tool: str | None) -> None:
    """An empty, foreign or cut-off file is one readable error."""
    with pytest.raises(InputError):
        taken_in(tmp_path, text, tool=tool)


def test_spread_keeps_the_sum() -> None:
    """A count spread over seconds adds up and is even to one."""
    parts = spread(100, 15)
    assert sum(parts) == 100
    assert max(parts) - min(parts) <= 1
