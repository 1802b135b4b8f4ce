"""Text of others as it may be shown: nothing in it can move a cursor, colour a terminal, or turn the reading order.

Names, messages and events come from whoever may write to the cluster, records from whoever passed them on. What is
shown of them goes through here at the edges: terminal, Markdown, HTML, JUnit, JSON, the live page. Records keep it as
it was (JSON escapes it).
"""

import re
from typing import Any

# C0 but tab and line feed, DEL, C1, the marks and overrides of Unicode's bidirectional algorithm, separators of lines
# and paragraphs, and halves of surrogate pairs, which cannot be printed at all.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
# As kubectl writes them (k8s.io/cli-runtime printers.EscapeTerminal).
_AS_KUBECTL = {"\x1b": "^[", "\r": "\\r"}


def visible(text: str) -> str:
    """The text with every such character written out: ``^[`` for escape, ``\\r``, else ``\\u202e``."""
    return _UNSEEN.sub(_written_out, text)


def _written_out(found: "re.Match[str]") -> str:
    return _AS_KUBECTL.get(found[0], f"\\u{ord(found[0]):04x}")


def one_line(text: str) -> str:
    """The same on one line: a message that has several cannot be taken for lines of ours."""
    return " ".join(visible(text).split())


def visible_in(value: Any) -> Any:
    """JSON values with every text in them made visible."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {visible_in(key): visible_in(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [visible_in(item) for item in value]
    return value
