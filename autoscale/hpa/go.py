"""How Go prints values inside the messages that this package repeats."""

import json


def quote(text: str) -> str:
    """A string as Go's ``%q`` prints it (for text without control characters other than the usual escapes)."""
    return json.dumps(text, ensure_ascii=False)
