"""What the model expects of a report's patches, and which setting would have done with fewer pods."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import yaml

from autoscale.analysis.intake.collect import collect
from autoscale.analysis.results.jsonform import plain
from autoscale.base.errors import InputError
from autoscale.kube.patches.strategic import strategic_merge
from autoscale.kube.quantities import milli
from autoscale.kube.schema import type_of
from autoscale.record.reader import read
from autoscale.report.expected import Effect, Expected, Fewer, Range
from autoscale.report.gather import Account
from autoscale.whatif import tuning, variants
from autoscale.whatif.answer import Answer, Band, Model, Outcome, ask, prepare
from autoscale.whatif.evidence import Evidence
from autoscale.whatif.refusals import Unknowable
from autoscale.whatif.service import Setting

SEEDS = 10
_HPA = "HorizontalPodAutoscaler"


def expected(account: Account) -> Expected:
    """What the model expects of the patches of a report's findings and, where the run passed, of fewer pods."""
    patched = [finding for finding in account.findings if finding.patch]
    try:
        model = prepare(Evidence(account.source, collect(read(account.source)), account.analysis), seeds=SEEDS)
        settings = {f.id: _patched(model.recorded, f.patch or "", f.patch_target or "") for f in patched}
        effects = {id_: _effect(model, setting) for id_, setting in settings.items() if setting is not None}
        fewer = _fewer(model, account) if account.verdict.outcome == "pass" else None
    except Unknowable as error:
        return Expected(unknown=_why(error))
    told = {id_: effect for id_, effect in effects.items() if isinstance(effect, Effect)}
    unknown = next((effect for effect in effects.values() if isinstance(effect, str)), None)
    if isinstance(fewer, str):
        return Expected(told, unknown=unknown or fewer)
    return Expected(told, fewer, unknown)


def _why(error: Unknowable) -> str:
    """The first thing that fails, what was wanted of it, and the cure."""
    first = error.problems[0]
    return f"{first.where.rpartition(': ')[2]}: {first.found}, wanted {first.wanted}. {first.fix}".rstrip(" .")


def _patched(recorded: Setting, text: str, target: str) -> Setting | None:
    """The recorded setting with a finding's patch; None where the model knows nothing of what it changes."""
    patch = yaml.safe_load(text)
    try:
        if target.startswith("hpa/"):
            hpa = strategic_merge({"spec": dict(recorded.hpa)}, patch, type_of(_HPA))
            return variants.checked(replace(recorded, name=target, hpa=hpa["spec"]))
        return _resized(recorded, patch)
    except InputError:
        return None


def _resized(recorded: Setting, patch: Mapping[str, Any]) -> Setting | None:
    try:
        (container,) = patch["spec"]["template"]["spec"]["containers"]
    except (KeyError, TypeError, ValueError):
        return None
    sizes = container.get("resources") or {}
    if set(container) != {"name", "resources"} or any(set(names) != {"cpu"} for names in sizes.values()):
        return None
    request, limit = ((sizes.get(kind) or {}).get("cpu") for kind in ("requests", "limits"))
    return variants.checked(
        replace(
            recorded,
            name="pods",
            request_m=milli(request) if request else recorded.request_m,
            limit_m=milli(limit) if limit else recorded.limit_m,
        )
    )


def _effect(model: Model, setting: Setting) -> Effect | str:
    """What a setting would do; in words why that is not known."""
    try:
        answer = ask(model, [setting], SEEDS)
    except Unknowable as error:
        return _why(error)
    each = setting.request_m if setting.request_m != model.recorded.request_m else None
    return effect_of(answer, answer.variants[0], each)


def effect_of(answer: Answer, outcome: Outcome, each_m: int | None = None) -> Effect | str:
    """One variant of an answer in the report's terms."""
    base, change = answer.base.figures, outcome.change
    pods = _share(change.replica_minutes if change else None, base.replica_minutes)
    if pods is None or change is None:
        return "pod-minutes: not modelled"
    latency = [_range(one) for one in (base.worst_p95_s, outcome.figures.worst_p95_s, change.worst_p95_s)]
    before, after, gain = latency if None not in latency else (None, None, None)
    return Effect(pods=pods, before=before, after=after, gain=gain, each_m=each_m)


def _share(change: Band | None, of: Band) -> Range | None:
    found = _range(change) if change else None
    if found is None or not of.middle:
        return None
    return Range(found.middle / of.middle, found.low / of.middle, found.high / of.middle)


def _range(band: Band) -> Range | None:
    if band.middle is None or band.low is None or band.high is None:
        return None
    return Range(band.middle, band.low, band.high)


def _fewer(model: Model, account: Account) -> Fewer | str | None:
    """The cheapest setting that keeps every objective, if it saves more than the model can tell; why not, in words."""
    try:
        saving = tuning.saving(model, [judgement.text for judgement in account.verdict.judgements])
        answer = ask(model, [saving.judged.candidate.setting], SEEDS) if saving else None
    except Unknowable as error:
        return _why(error)
    effect = effect_of(answer, answer.variants[0]) if answer else None
    if saving is None or not isinstance(effect, Effect) or effect.after is None or effect.pods.high >= 0:
        return None
    objective, judged = account.analysis.objective, saving.judged
    bound = objective.bound_s if objective and objective.quantile == 0.95 else None
    if bound is not None and effect.after.high > bound:
        return None  # it may hold, and may not: no advice for a run that holds
    target = model.seen.kept.target
    return Fewer(
        setting=judged.candidate.setting.name,
        patch=yaml.safe_dump({"spec": plain(_changed(model.recorded, judged.candidate.setting))}, sort_keys=False),
        patch_target=f"hpa/{target['hpa'] or target['name']}",
        pods=effect.pods,
        p95=effect.after,
        bound_s=bound,
        held=judged.confidence,
        runs=judged.runs,
        more_load=saving.more_load.held,
    )


def _changed(recorded: Setting, setting: Setting) -> dict[str, Any]:
    return {key: value for key, value in setting.hpa.items() if recorded.hpa.get(key) != value}
