"""What a text may hold that is not to be passed on: queries and users in URLs, and what is named as a secret."""

import re

REDACTED = "(redacted)"
"""Stands where something was left out of a record, a report, a dry run or a log."""

# Of any scheme (Redis and databases have their passwords there); up to the path, or beyond where a user's colon stands
# before it and no port: a password that was not escaped may hold a slash.
_USER = re.compile(
    r"([a-z][a-z0-9+.-]{0,19}://)(?:[^/?#\s\"'<>]*|[^/?#\s\"'<>@:]*:(?!\d+(?:[/?#]|$))[^\s\"'<>@]*)@", re.IGNORECASE
)
_QUERY = re.compile(r"((?:https?://[^/?#\s\"'<>]+|/)[^?#\s\"'<>]*)[?#][^\s\"'<>]+", re.IGNORECASE)
_PATH = re.compile(r"(https?://[^/?#\s\"'<>]+)/[^\s\"'<>]+", re.IGNORECASE)
# ``password=x``, ``"api_key": "x"``; with a mere colon it is prose (``secret: not found``).
_NAMED = re.compile(
    r"((?:passw(?:or)?d|pwd|secret|token|api[_-]?key|access[_-]?key|credentials?)(?:[\"']?=|[\"']\s*:\s*)[\"']?)"
    r"[^\s\"',;&]+",
    re.IGNORECASE,
)
_AUTHORIZATION = re.compile(
    r"(authorization[\"']?\s*[:=]\s*[\"']?(?:bearer|basic)\s+|bearer\s+(?=\S{8})(?=\S*\d))[^\s\"',;]+", re.IGNORECASE
)


def harmless(text: str, *, paths: bool = False) -> str:
    """A text with the user, the query and the fragment of each URL and path in it taken out, and the value of what is
    named as a secret; ``paths``: the paths of URLs too. ``http://u:p@web/a?key=1`` -> ``http://web/a?(redacted)``."""
    shown = _QUERY.sub(rf"\1?{REDACTED}", _USER.sub(r"\1", text)) if "?" in text or "#" in text or "@" in text else text
    shown = _AUTHORIZATION.sub(rf"\1{REDACTED}", _NAMED.sub(rf"\1{REDACTED}", shown))
    return _PATH.sub(rf"\1/{REDACTED}", shown) if paths else shown
