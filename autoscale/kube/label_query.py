"""Label queries, ``app=web,tier in (a,b),!old,size>4``: the one grammar of them (``k8s.io/apimachinery/pkg/labels``),
with upstream's words for what cannot be parsed."""

import re
from collections.abc import Iterator
from functools import lru_cache

from autoscale.kube.go import quote
from autoscale.kube.names import label_key_errors
from autoscale.kube.requirements import Requirement, requirement_error

_SYMBOLS = ("==", "!=", "=", "!", "(", ")", ",", ">", "<")
_OPERATORS = {"in": "In", "notin": "NotIn", "=": "Equals", "==": "Equals", "!=": "NotEquals", ">": "Gt", "<": "Lt"}
_WANTED = "in, notin, =, ==, !=, gt, lt"
_TOKEN = re.compile(r"[ \t\r\n]*(==|!=|[=!(),><]|[^=!(),><\s]+|$)")


class SelectorError(ValueError):
    """A label query cannot be parsed; the text is the API server's."""


@lru_cache(maxsize=256)  # the same few selectors are asked for in every pass
def parse_label_query(text: str) -> tuple[Requirement, ...]:
    """What a label query asks for, all of which must hold. SelectorError where it cannot be parsed."""
    return tuple(_requirements(_Tokens(text)))


def label_query_error(text: str) -> str | None:
    """Why a label query cannot be used, None where it can."""
    try:
        parse_label_query(text)
    except SelectorError as error:
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


def _requirements(tokens: _Tokens) -> Iterator[Requirement]:
    while True:
        word = tokens.peek()
        if word == "":
            return
        if word in _SYMBOLS and word != "!":
            raise SelectorError(f"found '{word}', expected: !, identifier, or 'end of string'")
        try:
            yield _requirement(tokens)
        except SelectorError as error:
            raise SelectorError(f"unable to parse requirement: {error}") from None
        word = tokens.next()
        if word == "":
            return
        if word != ",":
            raise SelectorError(f"found '{word}', expected: ',' or 'end of string'")
        following = tokens.peek()
        if following == "" or (following in _SYMBOLS and following != "!"):
            raise SelectorError(f"found '{following}', expected: identifier after ','")


def _requirement(tokens: _Tokens) -> Requirement:
    negated = tokens.peek() == "!"
    if negated:
        tokens.next()
    key = tokens.next()
    if key == "" or key in _SYMBOLS:
        raise SelectorError(f"found '{key}', expected: identifier")
    complaints = label_key_errors(key)
    if complaints:
        raise SelectorError(f"<nil>: Invalid value: {quote(key)}: {'; '.join(complaints)}")
    if negated or tokens.peek() in ("", ","):
        return Requirement(key, "DoesNotExist" if negated else "Exists")
    word = tokens.next()
    if word not in _OPERATORS:
        raise SelectorError(f"found '{word}', expected: {_WANTED}")
    values = _values(tokens) if word in ("in", "notin") else {_value(tokens)}
    requirement = Requirement(key, _OPERATORS[word], tuple(sorted(values)))
    error = requirement_error(*requirement)
    if error is not None:
        raise SelectorError(error)
    return requirement


def _value(tokens: _Tokens) -> str:
    if tokens.peek() in ("", ","):
        return ""
    word = tokens.next()
    if word in _SYMBOLS:
        raise SelectorError(f"found '{word}', expected: identifier")
    return word


def _values(tokens: _Tokens) -> set[str]:
    word = tokens.next()
    if word != "(":
        raise SelectorError(f"found '{word}' expected: '('")
    first = tokens.peek()
    if first == ")":
        tokens.next()
        return {""}
    if first == "" or (first in _SYMBOLS and first != ","):
        raise SelectorError(f"found '{first}', expected: ',', ')' or identifier")
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
            raise SelectorError(f"found '{word}', expected: ',', or identifier")
        else:
            values.add(word)
            if following not in (",", ")"):
                raise SelectorError(f"found '{following}', expected: ',' or ')'")
        if following == ")":
            tokens.next()
            return values
