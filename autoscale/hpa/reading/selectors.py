"""Label selectors, as far as the HPA controller reads them: how Go prints them, and what is wrong with one."""

from collections.abc import Mapping, Sequence
from typing import Any

from autoscale.hpa.reading.go import marshal, quote
from autoscale.kube.names import label_key_errors, label_value_errors

_VALUES_TEXT = {
    "In": "for 'in', 'notin' operators, values set can't be empty",
    "Equals": "exact-match compatibility requires one single value",
    "Exists": "values set must be empty for exists and does not exist",
}


def show_selector(selector: Mapping[str, Any] | None) -> str:
    """A ``LabelSelector`` as Go prints it in condition messages; ``nil`` where there is none."""
    if selector is None:
        return "nil"
    labels = selector.get("matchLabels") or {}
    pairs = "".join(f"{key}: {labels[key]}," for key in sorted(labels))
    expressions = "".join(
        f"LabelSelectorRequirement{{Key:{entry.get('key', '')},Operator:{entry.get('operator', '')},"
        f"Values:[{' '.join(entry.get('values') or ())}],}},"
        for entry in selector.get("matchExpressions") or ()
    )
    return (
        f"&LabelSelector{{MatchLabels:map[string]string{{{pairs}}},"
        f"MatchExpressions:[]LabelSelectorRequirement{{{expressions}}},}}"
    )


def label_selector_error(selector: Mapping[str, Any] | None) -> str | None:
    """Why a ``LabelSelector`` cannot be used, None where it can."""
    if not selector:
        return None
    for key, value in (selector.get("matchLabels") or {}).items():
        error = requirement_error(key, "Equals", [value])
        if error is not None:
            return error
    for entry in selector.get("matchExpressions") or ():
        operator = entry.get("operator", "")
        if operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
            return f"{quote(operator)} is not a valid label selector operator"
        error = requirement_error(entry.get("key", ""), operator, entry.get("values") or [])
        if error is not None:
            return error
    return None


def requirement_error(key: str, operator: str, values: Sequence[str]) -> str | None:
    """Why one requirement cannot be used; operators In, NotIn, Exists, DoesNotExist, Equals, NotEquals, Gt, Lt."""
    errors = []
    key_errors = label_key_errors(key)
    if key_errors:
        errors.append(f"key: Invalid value: {quote(key)}: {'; '.join(key_errors)}")
    complaint = _values_complaint(operator, values)
    if complaint:
        errors.append(f"values: Invalid value: {marshal(list(values))}: {complaint}")
    for index, value in enumerate(values):
        if operator in ("Gt", "Lt") and not _is_int64(value):
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


def _is_int64(text: str) -> bool:
    digits = text[1:] if text[:1] in ("+", "-") else text
    return digits.isascii() and digits.isdigit() and -(2**63) <= int(text) < 2**63
