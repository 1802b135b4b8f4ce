"""``load.workers: auto``."""

from pathlib import Path
from typing import Any

import pytest

from loadtest import scenario
from loadtest.errors import ScenarioError
from loadtest.models import Resolved


def resolved(rate: float, workers: Any = "auto", **more: Any) -> Resolved:
    """A scenario with a constant rate."""
    load = {"workers": workers, "shape": {"kind": "constant", "rate": rate, "duration": 10}}
    data = {"name": "own", **more, "load": load | more.get("load", {})}
    return scenario.resolve(scenario.parse(data, "own.yaml", Path()))


@pytest.mark.parametrize(("rate", "load", "workers"), [
    (1, {}, 1), (9_000, {}, 1), (10_000, {}, 2), (10_000, {"close_share": 0}, 1), (30_000, {}, 4),
    (10_000, {"rate_factor": 4}, 5), (10_000, {"model": "closed", "pacing": "2s"}, 1),
])  # fmt: skip
def test_the_number_follows_from_the_peak_and_the_cost_of_a_request(
    rate: float, load: dict[str, Any], workers: int
) -> None:
    """Half a core for each worker: 54 us a request where a tenth opens a connection, 35 us where none does."""
    assert resolved(rate, load=load).load.workers == workers


def test_what_was_taken_is_said() -> None:
    """In the plain form, which stands in the record; where a number was given there is nothing to say."""
    assert resolved(10_000).sizing == (
        "workers: auto took 2: a peak of 10,000/s at 54 us of CPU a request is 0.54 cores, and a worker is to need "
        "half a core at most"
    )
    assert resolved(10_000, workers=2).sizing is None


def test_connections_over_tls_cost_more() -> None:
    """A handshake is over a millisecond."""
    assert resolved(3_000, target={"url": "https://shop"}).load.workers == 2
    assert resolved(3_000, target={"url": "http://shop"}).load.workers == 1


@pytest.mark.parametrize(
    ("rate", "workers", "words"),
    [
        (1_000_000, "auto", "found auto, which would be 108, wanted at most 100"),
        (1, 0, "found 0, wanted at least 1"),
        (1, "aut", "wanted a whole number, or auto"),
        (1, None, "wanted a whole number, or auto"),
    ],
)
def test_what_cannot_be_is_refused(rate: float, workers: Any, words: str) -> None:
    """With its place."""
    with pytest.raises(ScenarioError) as error:
        resolved(rate, workers)
    assert words in str(error.value)
    assert "own.yaml: load.workers" in str(error.value)


def test_a_locustfile_says_itself_how_many(tmp_path: Path) -> None:
    """What its requests cost depends on what it does."""
    (tmp_path / "file.py").write_text(
        "from locust import HttpUser, task\nclass A(HttpUser):\n    @task\n    def a(self): ...\n"
    )
    load = {"locustfile": "file.py", "workers": "auto", "shape": {"kind": "constant", "rate": 1, "duration": 10}}
    with pytest.raises(ScenarioError, match="auto with a locustfile"):
        scenario.parse({"name": "own", "load": load}, "own.yaml", tmp_path)
