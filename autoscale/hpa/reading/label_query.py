"""Selectors in query form, ``app=web,tier in (a,b),!old``: why one cannot be parsed, in upstream's words."""

import re
from collections.abc import Callable
from functools import lru_cache

from autoscale.hpa.reading.go import quote
from autoscale.hpa.reading.selectors import requirement_error
from autoscale.kube.names import label_key_errors

_SYMBOLS = ("==", "!=", "=", "!", "(", ")", ",", ">", "<")
_OPERATORS = {"in": "In", "notin": "NotIn", "=": "Equals", "==": "Equals", "!=": "NotEquals", ">": "Gt", "<": "Lt"}
_WANTED = "in, notin, =, ==, !=, gt, lt"
_TOKEN = re.compile(r"[ \t\r\n]*(==|!=|[=!(),><]|[^=!(),><\s]+|$)")


class _Unparsable(Exception):
    """The text of the complaint."""


@lru_cache(maxsize=256)  # the same few selectors are asked for in every pass
def label_query_error(text: str) -> str | None:
    """Why a selector in query form cannot be used, None where it can."""
    try:
        _requirements(_Tokens(text))
    except _Unparsable as error:
        return str(error)
    return None


class _Tokens:
    """The words of a query, read from the front; the end reads as an empty word."""

    def __init__(self, text: str) -> None:
        self.words = [match.group(1) for match in _TOKEN.finditer(text)]
        self.position = 0

    def peek(self) -> str:
        return self.words[self.position] if self.position < len(self.words) else ""

    def next(self) -> str:
        word = self.peek()
        self.position += 1
        return word


def _requirements(tokens: _Tokens) -> None:
    while True:
        word = tokens.peek()
        if word == "":
            return
        if word in _SYMBOLS and word != "!":
            raise _Unparsable(f"found '{word}', expected: !, identifier, or 'end of string'")
        error = _caught(lambda: _requirement(tokens))
        if error is not None:
            raise _Unparsable(f"unable to parse requirement: {error}")
        word = tokens.next()
        if word == "":
            return
        if word != ",":
            raise _Unparsable(f"found '{word}', expected: ',' or 'end of string'")
        following = tokens.peek()
        if following == "" or (following in _SYMBOLS and following != "!"):
            raise _Unparsable(f"found '{following}', expected: identifier after ','")


def _caught(parse: Callable[[], str | None]) -> str | None:
    try:
        return parse()
    except _Unparsable as error:
        return str(error)


def _requirement(tokens: _Tokens) -> str | None:
    negated = tokens.peek() == "!"
    if negated:
        tokens.next()
    key = tokens.next()
    if key == "" or key in _SYMBOLS:
        raise _Unparsable(f"found '{key}', expected: identifier")
    complaints = label_key_errors(key)
    if complaints:
        raise _Unparsable(f"<nil>: Invalid value: {quote(key)}: {'; '.join(complaints)}")
    if negated or tokens.peek() in ("", ","):
        return None
    word = tokens.next()
    if word not in _OPERATORS:
        raise _Unparsable(f"found '{word}', expected: {_WANTED}")
    values = _values(tokens) if word in ("in", "notin") else {_value(tokens)}
    return requirement_error(key, _OPERATORS[word], sorted(values))


def _value(tokens: _Tokens) -> str:
    if tokens.peek() in ("", ","):
        return ""
    word = tokens.next()
    if word in _SYMBOLS:
        raise _Unparsable(f"found '{word}', expected: identifier")
    return word


def _values(tokens: _Tokens) -> set[str]:
    word = tokens.next()
    if word != "(":
        raise _Unparsable(f"found '{word}' expected: '('")
    first = tokens.peek()
    if first == ")":
        tokens.next()
        return {""}
    if first == "" or (first in _SYMBOLS and first != ","):
        raise _Unparsable(f"found '{first}', expected: ',', ')' or identifier")
    return _list(tokens)


def _list(tokens: _Tokens) -> set[str]:
    values: set[str] = set()
    while True:
        word = tokens.next()
        following = tokens.peek()
        if word == ",":
            if not values or following in (",", ")"):
                values.add("")
        elif word == "" or word in _SYMBOLS:
            raise _Unparsable(f"found '{word}', expected: ',', or identifier")
        else:
            values.add(word)
            if following not in (",", ")"):
                raise _Unparsable(f"found '{following}', expected: ',' or ')'")
        if following == ")":
            tokens.next()
            return values
