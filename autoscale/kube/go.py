"""How Go prints values inside the messages that Kubernetes' words hold."""

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
