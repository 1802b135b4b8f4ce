"""One requirement on an object's labels, as label queries and LabelSelectors are made of: what is wrong with it, what
it selects, how it is written (``k8s.io/apimachinery/pkg/labels.Requirement``)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from autoscale.kube.go import marshal, parse_int, quote
from autoscale.kube.names import label_key_errors, label_value_errors

Labels = Mapping[str, str]

_SYMBOLS = {"Equals": "=", "NotEquals": "!=", "Gt": ">", "Lt": "<"}

_VALUES_TEXT = {
    "In": "for 'in', 'notin' operators, values set can't be empty",
    "Equals": "exact-match compatibility requires one single value",
    "Exists": "values set must be empty for exists and does not exist",
}


class Requirement(NamedTuple):
    """``operator`` is In, NotIn, Exists, DoesNotExist, Equals, NotEquals, Gt or Lt."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Labels) -> bool:
        """Whether an object with these labels is selected."""
        value = labels.get(self.key)
        match self.operator:
            case "In" | "Equals":
                return value in self.values
            case "NotIn" | "NotEquals":
                return value not in self.values
            case "Exists" | "DoesNotExist":
                return (value is not None) == (self.operator == "Exists")
            case _:
                return self._compares(value)

    def _compares(self, value: str | None) -> bool:
        """Gt and Lt compare whole numbers; a label that holds none is not selected."""
        if value is None or parse_int(value) is None:
            return False
        number, bound = int(value), int(self.values[0])
        return number > bound if self.operator == "Gt" else number < bound

    def __str__(self) -> str:
        """As a label query holds it."""
        match self.operator:
            case "Exists" | "DoesNotExist":
                return ("!" if self.operator == "DoesNotExist" else "") + self.key
            case "In" | "NotIn":
                return f"{self.key} {self.operator.lower()} ({','.join(sorted(self.values))})"
            case _:
                return (
                    self.key + {"Equals": "=", "NotEquals": "!=", "Gt": ">", "Lt": "<"}[self.operator] + self.values[0]
                )


def all_match(requirements: Iterable[Requirement], labels: Labels) -> bool:
    """Whether labels meet every requirement; none selects everything."""
    return all(requirement.matches(labels) for requirement in requirements)


def requirement_error(key: str, operator: str, values: Sequence[str]) -> str | None:
    """Why one requirement cannot be used, in upstream's words; None where it can."""
    errors = []
    key_errors = label_key_errors(key)
    if key_errors:
        errors.append(f"key: Invalid value: {quote(key)}: {'; '.join(key_errors)}")
    complaint = _values_complaint(operator, values)
    if complaint:
        errors.append(f"values: Invalid value: {marshal(list(values))}: {complaint}")
    for index, value in enumerate(values):
        if operator in ("Gt", "Lt") and parse_int(value) is None:
            text = "for 'Gt', 'Lt' operators, the value must be an integer"
            errors.append(f"values[{index}]: Invalid value: {quote(value)}: {text}")
    for index, value in enumerate(values):
        value_errors = label_value_errors(value)
        if value_errors:
            errors.append(f"values[{index}][{key}]: Invalid value: {quote(value)}: {'; '.join(value_errors)}")
    if not errors:
        return None
    return errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]"


def _values_complaint(operator: str, values: Sequence[str]) -> str:
    if operator in ("In", "NotIn"):
        return "" if values else _VALUES_TEXT["In"]
    if operator in ("Exists", "DoesNotExist"):
        return _VALUES_TEXT["Exists"] if values else ""
    return "" if len(values) == 1 else _VALUES_TEXT["Equals"]
