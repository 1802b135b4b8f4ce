"""A decision in two or three plain sentences."""

from collections.abc import Mapping

from autoscale.hpa.decision import Decision, Number, Step
from autoscale.hpa.reading.quantities import show_milli

_HELD = {
    "direction": "filling them in would turn the direction round, so it keeps {after}",
    "tolerance": "that is within the tolerance, so it keeps {after}",
}


def explain(decision: Decision) -> str:
    """Say what the metrics asked for, what bound it, and what came of it."""
    steps = decision.steps
    sentences = [
        *_metric_sentences(steps),
        *(_bound_sentence(step) for step in steps if step.name in ("stabilise", "limit", "range") and _bound(step)),
        *(
            "The target has no replicas and the controller did not take them away, so it is left alone."
            for step in steps
            if step.name == "disabled"
        ),
        _outcome(decision),
    ]
    return " ".join(sentences)


def metric_sentence(step: Step) -> str:
    """What one metric saw and asked for, without its full stop."""
    numbers = step.numbers
    if step.after is None:
        return f"The metric at {step.bound_by} failed ({numbers['reason']}): {numbers['error']}"
    name = str(numbers["metric"]).partition("(&LabelSelector")[0]  # Go's print of a selector is for no reader
    text = f"{_capital(name)} was {_value(numbers)} against a target of {_target(numbers)}"
    text += f" ({_ratio(numbers)})"
    held = numbers.get("held")
    if held is None:
        return f"{text}, which asks for {_replicas(step.after)}"
    return f"{text}; {_HELD[str(held)].format(after=_replicas(step.after))}"


def _metric_sentences(steps: tuple[Step, ...]) -> list[str]:
    metrics = [step for step in steps if step.name == "metric"]
    chosen = next((step.bound_by for step in steps if step.name == "select"), None)
    winners = [step for step in metrics if chosen is not None and str(step.bound_by).startswith(chosen)]
    winners = winners or _proposing(steps, metrics)
    failed = [step for step in metrics if step.after is None]
    texts = [f"{metric_sentence(step)}." for step in (*winners[:1], *failed[:1])]
    if len(metrics) - len(failed) > 1 and winners:
        texts[0] = f"{texts[0][:-1]}, the most of {len(metrics)} metrics."
    return texts


def _proposing(steps: tuple[Step, ...], metrics: list[Step]) -> list[Step]:
    """The metrics that gave the selected size; a tolerance's path does not name the metric."""
    selected = next((step.after for step in steps if step.name == "select"), None)
    return [step for step in metrics if step.after is not None and step.after == selected]


def _bound(step: Step) -> bool:
    return step.bound_by is not None and step.before != step.after


def _bound_sentence(step: Step) -> str:
    numbers = step.numbers
    if step.name == "range":
        side = "above the maximum" if (step.after or 0) < step.before else "below the minimum"
        return f"{_capital(_replicas(step.before))} is {side}, so {step.bound_by} sets {step.after} at once."
    if step.name == "stabilise":
        up = (step.after or 0) < step.before
        window = numbers["up_window_s" if up else "down_window_s"]
        which = "lowest" if up else "highest"
        return (
            f"Stabilisation holds it at {step.after}, the {which} recommendation of the last {_seconds(window)} "
            f"({step.bound_by})."
        )
    return f"It is limited to {step.after} by {step.bound_by}."


def _outcome(decision: Decision) -> str:
    status = decision.status
    if decision.desired is None:
        return f"Nothing is done: {decision.error}."
    if decision.rescale:
        return f"So it scales from {status.current_replicas} to {decision.desired}."
    if decision.error and not decision.rescale:
        return f"So nothing is done and the size stays {decision.desired}."
    return f"So the size stays {decision.desired}."


def _value(numbers: Mapping[str, Number]) -> str:
    percent = numbers.get("percent")
    return f"{percent} %" if percent is not None else _amount(numbers["value_m"])


def _target(numbers: Mapping[str, Number]) -> str:
    percent = numbers.get("target_percent")
    if percent is not None:
        return f"{percent} %"
    average = numbers.get("target_average_m")
    return f"{_amount(average)} per pod" if average is not None else _amount(numbers.get("target_value_m"))


def _amount(milli: Number) -> str:
    return show_milli(milli) if isinstance(milli, int) else str(milli)


def _ratio(numbers: Mapping[str, Number]) -> str:
    counted, final = numbers.get("counted_pods"), numbers.get("final_ratio")
    over = f" over {_pods(counted)}" if isinstance(counted, int) else ""
    if final is None:
        return f"ratio {numbers['ratio']:.2f}{over}"
    return f"ratio {numbers['ratio']:.2f}; {final:.2f}{over} with the pods without a usable sample filled in"


def _pods(count: int) -> str:
    return "1 pod" if count == 1 else f"{count} pods"


def _replicas(count: int | None) -> str:
    return "1 replica" if count == 1 else f"{count} replicas"


def _seconds(value: Number) -> str:
    return f"{value:g} s" if isinstance(value, int | float) else f"{value}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
