"""A day as an access log tells it, sent anew."""

import gzip
from pathlib import Path

from loadtest import scenario
from tests.loadtest.loadprocs import running

PATHS = ("/ok", "/ok?token=secret", "/wait?ms=1")  # by the hour: two of three are the same without their values


def test_a_day_of_an_nginx_log_is_sent_within_seconds(tmp_path: Path) -> None:
    """A tenth of its 2,400 requests, 28,800 times as fast: the total, the peak at noon and the paths are the log's; no
    private value is sent."""
    lines = [line(second, PATHS[n % 3]) for n, second in enumerate(seconds())]
    with gzip.open(tmp_path / "day.log.gz", "wt") as log:
        log.write("\n".join(lines))
    trace = {"file": "day.log.gz", "time_compression": 28_800, "rate_scale": 2_880}
    data = {"name": "day", "load": {"trace": trace}, "requests": "from-trace"}
    wanted = scenario.resolve(scenario.parse(data, "day.yaml", tmp_path)).model_dump()
    assert {request["path"] for request in wanted["requests"]} == {"/ok", "/wait"}
    assert 11 / 24 <= max(wanted["points"], key=lambda point: point[1])[0] / wanted["duration_s"] <= 13 / 24
    with running(tmp_path, wanted) as load:
        assert load.codes() == {"master": 0, "worker-0": 0}, load.errors("worker-0")
        rows = load.rows("worker-0", "load")
    planned = [row["planned"] for row in rows]
    assert 235 <= sum(planned) <= 241
    assert sum(row["sent"] + row["dropped"] for row in rows) == sum(planned)


def seconds() -> list[int]:
    """Of the day: ten requests in each of 80 spans of 18 minutes, and 1,600 in the two hours from 11 to 13."""
    return sorted([n * 108 for n in range(800)] + [11 * 3600 + n * 7200 // 1600 for n in range(1600)])


def line(second: int, path: str) -> str:
    """As nginx writes it."""
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    return f'10.0.0.1 - - [27/Nov/2026:{clock} +0100] "GET {path} HTTP/1.1" 200 3 "-" "curl/8"'
