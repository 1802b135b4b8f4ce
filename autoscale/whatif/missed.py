"""How an error of the replay reads."""

from autoscale.base.errors import Problem
from autoscale.whatif.replay import Error


def missed(source: str, error: Error) -> Problem:
    """A part of the replay that is too far off, as a mistake with its cure."""
    return Problem(f"{source}: {error.name}", _sides(error), f"at most {bound_text(error)}", error.cure)


def _sides(error: Error) -> str:
    return (
        f"{value_text(error.modelled, error.unit)} in the model, {value_text(error.recorded, error.unit)} in the run"
        if error.recorded is not None or error.modelled is not None
        else f"{miss_text(error)} off"
    )


def value_text(value: float | None, unit: str) -> str:
    """A figure of the replay."""
    if value is None:
        return "none"
    if unit == "share":
        return f"{value:.1%}"
    return seconds(value) if unit == "s" else f"{value:.1f}{' ' + unit if unit else ''}"


def seconds(value: float | None) -> str:
    """A time, in ms below a second."""
    if value is None:
        return "unknown"
    return f"{value * 1000:.0f} ms" if abs(value) < 1 else f"{value:.1f} s"


def miss_text(error: Error) -> str:
    """How far off it is."""
    if error.miss is None:
        return "not to be compared"
    return {"share": f"{error.miss:.1%}", "ratio": f"a factor of {error.miss:.2f}"}.get(
        error.kind, f"{error.miss:.2f} {error.unit}"
    )


def bound_text(error: Error) -> str:
    """How far off it may be."""
    return {"share": f"{error.bound:.0%} off", "ratio": f"a factor of {error.bound:g}"}.get(
        error.kind, f"{error.bound:g} {error.unit} off"
    )
