"""How Go prints values inside the messages that Kubernetes' words hold, and reads numbers."""

import json
from collections.abc import Mapping
from typing import Any

_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}


def quote(text: str) -> str:
    """A string as ``%q`` prints it."""
    return '"' + "".join(_ESCAPES.get(each) or _escaped(each) for each in text) + '"'


def parse_int(text: str) -> int | None:
    """A whole number as ``strconv.ParseInt(text, 10, 64)`` reads it; None for what is none (``²``, ``1_0``, a digit of
    another script) or does not fit."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not (digits.isascii() and digits.isdigit()):
        return None
    digits = digits.lstrip("0")
    number = int(digits or "0") * (-1 if text[0] == "-" else 1) if len(digits) < 20 else 2**63
    return number if -(2**63) <= number < 2**63 else None


def marshal(value: str | list[str]) -> str:
    """A string or list of strings as ``json.Marshal`` writes it; an empty list is null, as a nil slice."""
    if not value and not isinstance(value, str):
        return "null"
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def show_selector(selector: Mapping[str, Any] | None) -> str:
    """A ``LabelSelector`` as ``%v`` prints it in condition messages; ``nil`` where there is none."""
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


def _escaped(letter: str) -> str:
    code = ord(letter)
    if letter.isprintable():
        return letter
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
