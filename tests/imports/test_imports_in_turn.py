"""A counter of several processes that answer in turn counts nothing that could be told; one that restarts does."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from autoscale.base.errors import InputError
from autoscale.imports.tools import prometheus
from loadtest import traces
from loadtest.errors import ScenarioError

# Two workers of gunicorn 27.0.1 (gthread) and prometheus_client 0.26.0, ten requests before each scrape.
WORKERS = [7, 11, 10, 27, 19, 40, 47, 24, 60, 67, 72, 44, 48, 87, 57, 59, 61, 67, 73, 126, 133, 143, 86]
RESTARTS = [100, 200, 300, 10, 110, 210, 20, 120, 220, 320, 5, 105, 205]
ONCE_MORE = [100, 200, 300, 150, 250, 140, 240]  # restarted early in its life, twice: it may be


def saved(folder: Path, values: list[int], *others: tuple[dict[str, str], list[int]]) -> Path:
    """An answer of Prometheus, a value each 15 s."""
    series = [({"__name__": "http_requests_total", "status": "200", "pod": "web-1"}, values), *others]
    result = [
        {"metric": labels, "values": [[1795852800 + 15 * i, str(value)] for i, value in enumerate(some)]}
        for labels, some in series
    ]
    path = folder / "range.json"
    path.write_text(json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}))
    return path


def test_a_counter_that_workers_answer_in_turn_is_refused(tmp_path: Path) -> None:
    """Its falls are no restarts: they made 3,166 requests out of 600. Both readers say why, and what to do."""
    path = saved(tmp_path, WORKERS)
    for read in (lambda: prometheus.read([path], None), lambda: traces.understand(path)):
        with pytest.raises((InputError, ScenarioError), match="several processes answer scrapes in turn") as caught:
            read()
        assert "multiprocess mode" in str(caught.value)


@pytest.mark.parametrize("values", [RESTARTS, ONCE_MORE])
def test_a_counter_that_restarts_is_counted(tmp_path: Path, values: list[int]) -> None:
    """Near misses: three falls to near zero, and two to half of what it was."""
    path = saved(tmp_path, values)
    grown = sum(b - a if b >= a else b for a, b in pairwise(values))
    assert sum(second.answered or 0 for second in prometheus.read([path], None).seconds.values()) == grown
    assert traces.understand(path).points


def test_pods_are_known_though_requests_are_not(tmp_path: Path) -> None:
    """The sizes of the same file stay; the note says what is missing."""
    sizes = [
        ({"__name__": f"kube_deployment_{field}", "namespace": "shop", "deployment": "web"}, [2] * 23)
        for field in ("spec_replicas", "status_replicas", "status_replicas_ready")
    ]
    found = prometheus.read([saved(tmp_path, WORKERS, *sizes)], "shop/web")
    assert found.rows
    assert not found.seconds
    assert any("Requests are not known: http_requests_total falls again" in note for note in found.notes)
