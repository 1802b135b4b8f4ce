"""A prediction beside the run that checks it: what held, what did not, and what the machine made incomparable."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from autoscale.base.errors import InputError
from autoscale.cli.tune_verify import overrides_for
from autoscale.whatif import variants, verify
from autoscale.whatif.answer import Model, ask, prepare
from autoscale.whatif.evidence import Evidence, gather, of_rows
from autoscale.whatif.refusals import Unknowable
from autoscale.whatif.rows import rows
from loadtest import scenario

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
TARGET = "spec.metrics.0.resource.target.averageUtilization"


@pytest.fixture(scope="module")
def good() -> Model:
    """A run on a quiet Kubernetes."""
    return prepare(gather(FIXTURES / "good.jsonl.gz"), seeds=5)


def lines(model: Model, real: Evidence) -> dict[str, verify.Line]:
    """The recorded setting's prediction beside a run, by figure."""
    outcome = ask(model, [replace(model.recorded, name="again")], seeds=10).variants[0]
    return {line.name: line for line in verify.beside(model, outcome, real).lines}


def test_the_run_that_it_was_calibrated_on_lies_in_its_bands(good: Model) -> None:
    """Every figure that has a band, of the recorded setting against the recording itself."""
    found = lines(good, good.seen)
    assert {name: line.held for name, line in found.items() if line.held is not True} == {}
    assert found["pod-minutes"].measured == pytest.approx(good.replay[0].recorded, rel=0.03)


def test_another_setting_does_not_lie_in_them(good: Model) -> None:
    """A run with half the pods is not taken for one of the recorded setting: the band says NO."""
    other = of_rows(rows(good, variants.with_set(good.recorded, [f"{TARGET}=90", "spec.minReplicas=1"])))
    found = lines(good, other)
    assert found["pod-minutes"].held is False
    assert found["first decision"].measured != found["first decision"].predicted.middle


def test_a_busier_machine_makes_latency_incomparable_and_nothing_else(good: Model) -> None:
    """The generator was ten times as late: latency is neither right nor wrong; pods are compared all the same."""
    late = structs.replace(good.seen.run.generator, lag_p99_s=10 * (good.spread.lag_s or 0.0))
    outcome = ask(good, [replace(good.recorded, name="again")], seeds=5).variants[0]
    real = replace(good.seen, run=replace(good.seen.run, generator=late))
    found = verify.beside(good, outcome, real)
    held = {line.name: line.held for line in found.lines}
    assert held["p95"] is None
    assert held["pod-minutes"] is True
    assert "busier" in verify.to_text(found)
    as_late = structs.replace(good.seen.run.generator, lag_p99_s=1.5 * (good.spread.lag_s or 0.0))
    near = replace(good.seen, run=replace(good.seen.run, generator=as_late))
    assert verify.beside(good, outcome, near).busier is None


@pytest.mark.parametrize(("lag", "lost", "held"), [(10, 900, None), (10, 0, True), (1, 900, True)])
def test_a_machine_too_busy_to_answer_makes_pods_incomparable_too(
    good: Model, lag: int, lost: int, held: bool | None
) -> None:
    """What was not answered did not load the pods; on a machine as quiet as before, that is the prediction's error."""
    run = good.seen.run
    late = structs.replace(run.generator, lag_p99_s=lag * (good.spread.lag_s or 0.0))
    latency = (structs.replace(run.latency[0], failed=(run.latency[0].failed or 0) + lost), *run.latency[1:])
    outcome = ask(good, [replace(good.recorded, name="again")], seeds=5).variants[0]
    found = verify.beside(good, outcome, replace(good.seen, run=replace(run, generator=late, latency=latency)))
    assert {line.held for line in found.lines if line.name in ("pod-minutes", "most pods")} == {held}
    assert ("nor are pods" in verify.to_text(found)) == (held is None)


def test_a_run_that_shows_too_little_verifies_nothing(good: Model) -> None:
    """A load whose end was not recorded is said to be no check, not a failed one."""
    outcome = ask(good, [replace(good.recorded, name="again")], seeds=3).variants[0]
    cut = replace(good.seen, run=replace(good.seen.run, load_end=None))
    with pytest.raises(Unknowable, match="too little"):
        verify.beside(good, outcome, cut)


def scenario_of(model: Model, folder: Path, rate: float) -> str:
    """A scenario's file with the recorded load (``rate`` of it) and requests."""
    then = model.seen.scenario
    plan = [
        {"name": "before", "duration": 20, "rate": 5 * rate},
        {"name": "ramp", "duration": 20, "to": 20 * rate},
        {"name": "peak", "duration": 70, "rate": 20 * rate},
        {"name": "after", "duration": 20, "rate": 4 * rate},
    ]
    requests = [{key: one[key] for key in ("name", "path")} for one in then["requests"]]
    path = folder / "same.yaml"
    path.write_text(json.dumps({"name": then["name"], "load": {"plan": plan}, "requests": requests}))
    return str(path)


def test_the_setting_reaches_the_run_as_a_patch_of_its_hpa(good: Model, tmp_path: Path) -> None:
    """The scenario with the options that --verify adds has the recommended HPA, beside the patches of its own."""
    setting = variants.with_set(good.recorded, [f"{TARGET}=70", "spec.maxReplicas=5"])
    path = scenario_of(good, tmp_path, 1.0)
    resolved = scenario.resolve(scenario.load(path, overrides_for(good.seen, setting, path)))
    (patch,) = resolved.patches
    assert (patch.kind, patch.name) == ("HorizontalPodAutoscaler", good.seen.kept.target["hpa"])
    assert patch.patch["spec"]["maxReplicas"] == 5
    assert "scaleTargetRef" not in patch.patch["spec"]


def test_another_load_is_not_what_was_predicted(good: Model, tmp_path: Path) -> None:
    """A scenario that was edited since is refused before anything runs, and so is one that is not there."""
    path = scenario_of(good, tmp_path, 1.1)
    with pytest.raises(InputError, match="not the one that was recorded"):
        overrides_for(good.seen, good.recorded, path)
    with pytest.raises(InputError, match="no scenario"):
        overrides_for(good.seen, good.recorded, str(tmp_path / "absent.yaml"))


def test_someone_elses_hpa_is_left_alone() -> None:
    """An HPA without the run's labels is not patched: what to do by hand is said."""
    seen = gather(FIXTURES / "real-step.jsonl.gz")
    model = prepare(seen, seeds=3)
    with pytest.raises(InputError, match="not deployed by the run"):
        overrides_for(seen, model.recorded, "step")
