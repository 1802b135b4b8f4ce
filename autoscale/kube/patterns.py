"""Go's regular expressions (RE2: https://github.com/google/re2/wiki/Syntax) as Python's.

Both read most of them alike. What differs is put into Python's words: flags that hold for the rest of a group, classes
by name, ``$`` (the end of the text, not before its last line's end), digits and words of ASCII alone; and what only
Python has, as looking ahead, is an error here as it is there.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

_NAMED = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7F",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1F\x7F",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_PIECE = re.compile(
    r"""(?P<quoted>\\Q(?P<text>.*?)(?:\\E|\Z)) | (?P<code>\\x\{(?P<hex>[0-9A-Fa-f]{1,6})\})
    | (?P<escape>\\.)
    | (?P<group>\(\?P?<(?P<name>[^>]*)>) | (?P<flags>\(\?(?P<set>[imsU]*(?:-[imsU]+)?)(?P<scoped>[:)]))
    | (?P<unknown>\(\?.?) | (?P<class>\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\])
    | (?P<nested>(?:[*+?]|\{\d+,?\d*\})\+)
    | (?P<open>\() | (?P<close>\)) | (?P<or>\|) | (?P<end>\$) | (?P<brace>\{,) | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_IN_CLASS = re.compile(r"\[:(\^?)(\w+):\]|(\\x\{([0-9A-Fa-f]{1,6})\})|(\\.)|([\[&~|])", re.DOTALL)


@lru_cache(maxsize=4096)  # a page of objects is held against the same few
def compiled(pattern: str) -> re.Pattern[str]:
    """What matches as ``regexp.MustCompile(pattern)`` does. ``re.error`` where Go refuses it, or where it cannot be
    said in Python (classes of Unicode, ungreedy by a flag)."""
    return re.compile("".join(_Translation().words(pattern)), re.ASCII)


class _Translation:
    """Where in a pattern it is: each open group's flags, groups that end with it, and whether ``$`` ends lines."""

    def __init__(self) -> None:
        self.opened: list[list[str]] = [[]]
        self.lines = [False]

    def words(self, pattern: str) -> Iterator[str]:
        """The pattern, piece by piece."""
        for piece in _PIECE.finditer(pattern):
            yield self._word(next(name for name in piece.groupdict() if piece[name] is not None), piece)
        yield self._closing()

    def _word(self, kind: str, piece: re.Match[str]) -> str:
        text = piece[0]
        if kind == "quoted":
            return re.escape(piece["text"])
        if kind == "code":
            return re.escape(chr(int(piece["hex"], 16)))
        if kind == "escape":
            return _escape(text)
        if kind in ("group", "open"):
            self._enter()
            return f"(?P<{piece['name']}>" if kind == "group" else text
        if kind == "flags":
            return self._flags(piece["set"], scoped=piece["scoped"] == ":")
        if kind == "close":
            return self._leave()
        if kind == "or":
            return f"{self._closing()}|{''.join(self.opened[-1])}"
        if kind == "class":
            return _class(text)
        if kind == "unknown":
            raise re.error(f"error parsing regexp: invalid or unsupported Perl syntax: `{text}`")
        if kind == "nested":
            raise re.error(f"error parsing regexp: invalid nested repetition operator: `{text}`")
        if kind == "end":
            return "$" if self.lines[-1] else r"\Z"
        return r"\{," if kind == "brace" else text

    def _enter(self) -> None:
        self.opened.append([])
        self.lines.append(self.lines[-1])

    def _closing(self) -> str:
        return ")" * len(self.opened[-1])

    def _leave(self) -> str:
        end = self._closing() + ")"
        if len(self.opened) > 1:
            self.opened.pop()
            self.lines.pop()
        return end

    def _flags(self, said: str, *, scoped: bool) -> str:
        if "U" in said:
            raise re.error("the flag U is not supported by the embedded cluster")
        if not said and not scoped:
            raise re.error("error parsing regexp: missing argument to repetition operator: `?`")
        if scoped:
            self._enter()
        on, _, off = said.partition("-")
        if "m" in said:
            self.lines[-1] = "m" in on and "m" not in off
        word = f"(?{said}:"
        if not scoped:
            self.opened[-1].append(word)
        return word


def _escape(text: str) -> str:
    if text == r"\z":
        return r"\Z"
    if text[1] in "pP":
        raise re.error(f"{text}, a class of Unicode, is not supported by the embedded cluster")
    if text[1] in "123456789ZGEC" or (text[1].isalpha() and text[1] not in "AabBdDfnrsStvwWx"):
        raise re.error(f"error parsing regexp: invalid escape sequence: `{text}`")
    return text


def _class(text: str) -> str:
    head = re.match(r"\[\^?\]?", text)
    assert head
    return head[0].replace("]", r"\]") + _IN_CLASS.sub(_in_class, text[head.end() : -1]) + "]"


def _in_class(found: re.Match[str]) -> str:
    if found[2]:
        if found[1]:
            raise re.error(f"{found[0]} is not supported by the embedded cluster")
        if found[2] not in _NAMED:
            raise re.error(f"error parsing regexp: invalid character class range: `{found[0]}`")
        return _NAMED[found[2]]
    if found[4]:
        return re.escape(chr(int(found[4], 16)))
    return _escape(found[0]) if found[5] else "\\" + found[0]
