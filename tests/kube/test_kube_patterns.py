"""Regular expressions of Go; each line was asked of ``regexp`` of Go 1.26."""

import re

import pytest

from autoscale.kube.patterns import compiled


@pytest.mark.parametrize(
    ("pattern", "found", "not_found"),
    [
        (r"^(?i)(abort|warn)?$", ["", "abort", "ABORT", "Warn"], ["abort\n", "aborts"]),
        (r"^((?i)sun|mon)day(?:((:(sun|mon)day)$)|$)",
         ["SUNday", "MONday", "Monday:sunday"], ["SUNDAY", "monday:Sunday"]),
        (r"^a(?i)b$|^c$", ["ab", "aB", "c", "C"], ["AB", "d"]),
        (r"^(a(?i)b|c)d$", ["aBd", "Cd"], ["CD", "aBD"]),
        (r"^(?i)c(?-i)d$", ["cd", "Cd"], ["cD"]),
        (r"^(?i:abc)d$", ["ABCd"], ["ABCD"]),
        (r"^[a-z]+$", ["abc"], ["abc\n", "a\nb"]),
        (r"(?m)^b$", ["a\nb\nc", "b\n"], ["ab"]),
        (r"(?i)(?m)^B$|q", ["x\nb\ny", "Q"], ["xb"]),
        (r"^(?s).$", ["\n", "a"], ["ab"]),
        (r"^.$", ["a"], ["\n"]),
        (r"^\d+\z", ["12"], ["12\n", "١٢"]),
        (r"^\w+$", ["ab_1"], ["é"]),
        (r"^[[:alpha:]_]+$", ["ab_"], ["ab1", "[:"]),
        (r"^[]a]x$", ["]x", "ax"], ["bx"]),
        (r"^[^]a]x$", ["bx"], ["]x", "ax"]),
        (r"^[a&&b|~[]+$", ["a&b|~", "["], ["c"]),
        (r"^\Qa.b\E+$", ["a.b", "a.bbb"], ["axb"]),
        (r"^\x{e9}[\x{41}-Z]$", ["éB"], ["ea"]),
        (r"^x{,3}$", ["x{,3}"], ["xx"]),
        (r"^(?P<n>a)(?<m>b)$", ["ab"], ["a"]),
    ],
)  # fmt: skip
def test_what_matches(pattern: str, found: list[str], not_found: list[str]) -> None:
    """Flags in the middle hold to their group's end, over its alternatives; ends, classes and escapes are Go's."""
    assert [text for text in [*found, *not_found] if compiled(pattern).search(text)] == found


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        (r"a++", "invalid nested repetition operator: `++`"),
        (r"(a)\1", r"invalid escape sequence: `\1`"),
        (r"a\Z", r"invalid escape sequence: `\Z`"),
        (r"[[:nope:]]", "invalid character class range: `[:nope:]`"),
        ("(", "unterminated"),
        (r"^\pL$", "not supported by the embedded cluster"),
        (r"(?U)a+", "not supported by the embedded cluster"),
    ],
)
def test_what_is_none(pattern: str, why: str) -> None:
    """What Go refuses is refused, though Python may read it; the last two Go reads, and they are named."""
    with pytest.raises(re.error, match=re.escape(why)):
        compiled(pattern)
