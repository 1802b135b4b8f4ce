"""How Go prints values inside the messages that this package repeats."""

import json

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


def _escaped(letter: str) -> str:
    code = ord(letter)
    if letter.isprintable():
        return letter
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
