"""What just still can be answered, beside what cannot: the other side of each refusal, and records from elsewhere."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autoscale.base.errors import InputError
from autoscale.base.exits import ExitCode
from autoscale.imports import convert
from autoscale.imports.building import write
from autoscale.record.reader import read
from autoscale.whatif import refusals, variants
from autoscale.whatif.answer import Model, prepare
from autoscale.whatif.arrivals import chunks, longest
from autoscale.whatif.evidence import gather, of_rows
from autoscale.whatif.refusals import Unknowable
from autoscale.whatif.service import Load, Span
from autoscale.whatif.summary import Summary
from loadtest.histogram import bucket

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
TARGET = "spec.metrics.0.resource.target.averageUtilization"
Rows = list[dict[str, Any]]


def record() -> Rows:
    """A run on a real Kubernetes."""
    return [dict(row) for row in read(FIXTURES / "good.jsonl.gz")]


@pytest.fixture(scope="module")
def good() -> Model:
    """The same, calibrated."""
    return prepare(of_rows(record()), seeds=3)


def without_end() -> Rows:
    """The recorder was killed when the load was over: the ``end`` row is missing, the load is whole."""
    return [row for row in record() if row["k"] != "end"]


def mostly_at_most() -> Rows:
    """At the maximum, but for the first quarter of a minute of the load."""
    start = next(row["t"] for row in record() if row["k"] == "load")
    return [
        {**row, "spec_replicas": 8} if row["k"] == "workload" and row["t"] > start + 15.0 else row for row in record()
    ]


def one_container() -> Rows:
    """The HPA looks at one container's CPU, not at the pod's."""
    rows = record()
    name = next(row for row in rows if row["k"] == "pod")["containers"][0]["name"]
    target = {"type": "Utilization", "averageUtilization": 50}
    metric = {"type": "ContainerResource", "containerResource": {"name": "cpu", "container": name, "target": target}}
    return [{**row, "spec": {**row["spec"], "metrics": [metric]}} if row["k"] == "hpa" else row for row in rows]


def same_spec_again() -> Rows:
    """The HPA was applied again with the same spec: a new generation, and nothing edited."""
    rows = record()
    last = max(i for i, row in enumerate(rows) if row["k"] == "hpa")
    rows[last] = {**rows[last], "generation": (rows[last].get("generation") or 1) + 1}
    return rows


def late(seconds: float) -> Rows:
    """Every request left so late."""
    lag = bucket(seconds)
    return [{**row, "lag": {str(lag): sum(row["lag"].values())}} if row["k"] == "load" else row for row in record()]


def fewer_samples() -> Rows:
    """Every fourth moment at which CPU was sampled is missing; the rest is enough."""
    gone = sorted({row["at"] for row in record() if row["k"] == "usage"})[::4]
    kept = [row for row in record() if row["k"] != "usage" or row["at"] not in gone]
    return [{**row, "n": n, **({"rows": len(kept)} if row["k"] == "end" else {})} for n, row in enumerate(kept)]


def some_nameless() -> Rows:
    """A proxy answers for the app here and there: those answers do not name their pod."""
    return [{**row, "by_pod": {}} if row["k"] == "load" and row["seq"] % 4 == 0 else row for row in record()]


def named_simulated() -> Rows:
    """A real run of a scenario that is called simulated."""
    header, *rest = record()
    return [{**header, "run": "simulated", "scenario": {**header["scenario"], "name": "simulated"}}, *rest]


NEAR: dict[str, Callable[[], Rows]] = {
    "a load cut off": without_end,
    "the maximum throughout": mostly_at_most,
    "another metric": one_container,
    "an edited HPA": same_spec_again,
    "a saturated generator": lambda: late(0.09),
    "no CPU samples": fewer_samples,
    "no pod names": some_nameless,
    "simulated itself": named_simulated,
}


@pytest.mark.parametrize("near", sorted(NEAR))
def test_what_only_looks_like_too_little_is_modelled(near: str) -> None:
    """A near miss of a refusal is calibrated and replayed; what the replay misses is told after that, not here."""
    model = prepare(of_rows(NEAR[near]()), seeds=3)
    assert model.service.cost_s.source == "measured"
    assert model.replay


def test_a_generator_just_too_late_is_refused() -> None:
    """The other side of that near miss: 110 ms late where a tenth of the second that an answer may take is allowed."""
    with pytest.raises(Unknowable, match="the generator was the limit"):
        prepare(of_rows(late(0.11)), seeds=3)


@pytest.mark.parametrize(
    "text", ["spec.maxReplicas=2", "spec.minReplicas=1", f"{TARGET}=1", "spec.metrics.0.type=Resource"]
)
def test_a_spec_at_the_edge_of_what_upstream_takes_is_a_variant(good: Model, text: str) -> None:
    """The maximum may be the minimum, the target 1 %; a minimum of 0 is not for CPU."""
    assert variants.with_set(good.recorded, [text]).hpa != {}
    with pytest.raises(InputError):
        variants.with_set(good.recorded, ["spec.minReplicas=0"])


@pytest.mark.parametrize("file", ["app-all.json", "prom-istio.json", "locust-master-two-workers_stats_history.csv"])
def test_an_import_is_refused_for_what_it_does_not_hold(file: str, tmp_path: Path) -> None:
    """Prometheus and Locust know no single pods' CPU samples: that is said, with exit code 5, and no figure."""
    path = tmp_path / "record.jsonl"
    write(path, convert([FIXTURES / "imports" / file], None, "taken", workload=None))
    with pytest.raises(Unknowable, match="an import has no samples of single pods") as caught:
        prepare(gather(path), seeds=3)
    assert caught.value.exit_code == ExitCode.UNKNOWN


def test_three_times_the_load_is_still_within_what_was_seen(good: Model) -> None:
    """Exactly three times the recorded rate is no reason to refuse; a little more is."""

    def refused(factor: float) -> int:
        strong = replace(good.recorded, name="strong", load=good.recorded.load.times(factor))
        return len(refusals.of_variant(strong, good.recorded, good.service))

    assert refused(3.0) == 0
    assert refused(3.01) == 1


def test_memory_does_not_grow_with_the_length() -> None:
    """A day is kept in as many counters as ten hours, and arrivals come in chunks of the same size as an hour's."""
    hour, ten = (
        Load(((0.0, 1000.0), (seconds, 1000.0)), (("all", 0.0, seconds),), "uniform", 1, 50, 0.1, 1000)
        for seconds in (3600.0, 36000.0)
    )
    day = replace(ten, points=((0.0, 1000.0), (86400.0, 1000.0)), stages=(("all", 0.0, 86400.0),))
    kept = [len(Summary(Span(0.0, 0.0, load.duration_s), load).histogram) for load in (ten, day)]
    assert kept[0] == kept[1]
    assert longest(hour) == longest(ten)
    drawn = chunks(ten, compiled=False)
    assert not isinstance(drawn, list)
    assert all(len(next(drawn).times) <= longest(ten) for _ in range(2))
