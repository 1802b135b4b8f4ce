"""LabelSelectors as specs hold them (matchLabels, matchExpressions)."""

from collections.abc import Iterator, Mapping
from typing import Any

from autoscale.kube.go import quote
from autoscale.kube.requirements import Labels, Requirement, all_match, requirement_error

_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


def requirements_of(selector: Mapping[str, Any] | None) -> Iterator[Requirement]:
    """What a LabelSelector asks for; nothing where it is empty."""
    for key, value in ((selector or {}).get("matchLabels") or {}).items():
        yield Requirement(key, "Equals", (value,))
    for one in (selector or {}).get("matchExpressions") or ():
        yield Requirement(one.get("key", ""), one.get("operator", ""), tuple(one.get("values") or ()))


def selector_matches(selector: Mapping[str, Any], labels: Labels) -> bool:
    """Whether a LabelSelector selects these labels; an empty one selects everything."""
    return all_match(requirements_of(selector), labels)


def selector_text(selector: Mapping[str, Any] | None) -> str:
    """A LabelSelector as a label query, as the API takes it and ``kubectl`` shows it."""
    return ",".join(map(str, sorted(requirements_of(selector), key=lambda one: one.key)))


def label_selector_error(selector: Mapping[str, Any] | None) -> str | None:
    """Why a LabelSelector cannot be used, in upstream's words; None where it can."""
    for one in requirements_of(selector):
        if one.operator not in (*_OPERATORS, "Equals"):
            return f"{quote(one.operator)} is not a valid label selector operator"
        error = requirement_error(*one)
        if error is not None:
            return error
    return None
