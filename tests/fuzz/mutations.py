"""Right inputs made wrong: values of a document replaced, doubled or taken away, and bytes of a file."""

import copy
import os
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

# The same examples in every run of the tests; `make fuzz` asks for others (tests/fuzz/__main__.py).
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))


def bounded(few: int) -> settings:
    """``few`` examples, always the same; or as many as `make fuzz` wants, others each time."""
    return settings(
        max_examples=EXAMPLES or few,
        derandomize=not EXAMPLES,
        database=None,
        phases=(Phase.generate, Phase.shrink),  # none that explains: it traces every line
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


TEXTS = (
    *("", "x", "a\0b", "\u00e9\u202e", "1e99999999", "100E", "9" * 400, "../..", "/", "~", ":", "%", "{{ x }}", "-"),
    *("2024-13-45", "NaN", "http://[", "=1", "1h" * 99),
)
ODD = st.sampled_from(
    [
        *TEXTS,
        *(None, -1, 0, 1.5, True, 2**31, 2**63, 10**30, 1e308, -0.0, float("inf"), float("nan")),
        *([], [None], ["x"], {}, {"x": 1}, {"name": None}, [{}], [[[]]], {"": ""}, [1, "a", None]),
    ]
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at] * bool(at) + [path for name, inner in items for path in places(inner, (*at, name))]


@st.composite
def mutated(draw: st.DrawFn, document: Any, most: int = 3) -> Any:
    """The document with one or some of its places changed."""
    result = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, most))):
        there = places(result)
        if not there:
            break
        *way, last = draw(st.sampled_from(there))
        holder = result
        for name in way:
            holder = holder[name]
        how = draw(st.sampled_from(["odd", "odd", "odd", "gone", "twice", "key"]))
        if how == "odd":
            holder[last] = copy.deepcopy(draw(ODD))
        elif how == "gone":
            del holder[last]
        elif isinstance(holder, list):
            holder.insert(last, copy.deepcopy(holder[last]))
        elif how == "key":
            holder[draw(st.sampled_from(["x", "", 1, None, True, "a.b", "$patch", "é"]))] = holder.pop(last)
    return result


@st.composite
def spoiled(draw: st.DrawFn, data: bytes, most: int = 4) -> bytes:
    """The bytes with some cut off, changed, doubled, or a piece put in."""
    for _ in range(draw(st.integers(1, most))):
        at, to = sorted((draw(st.integers(0, len(data))), draw(st.integers(0, len(data)))))
        how = draw(st.sampled_from(["cut", "gone", "twice", "piece", "piece", "byte"]))
        if how == "cut":
            data = data[:at]
        elif how == "gone":
            data = data[:at] + data[min(to, at + 40) :]
        elif how == "twice":
            data = data[:to] + data[at:to][:200] + data[to:]
        elif how == "piece":
            data = data[:at] + draw(st.sampled_from(PIECES)) + data[min(len(data), at + draw(st.integers(0, 8))) :]
        elif at < len(data):
            data = data[:at] + bytes([draw(st.integers(0, 255))]) + data[at + 1 :]
    return data


PIECES = (
    *(b"\0", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\n", b"\r", b",", b'"', b"'", b"{", b"}", b"[", b"]", b"\t"),
    *(
        b"null",
        b"1e999",
        b"-1",
        b"99999999999999999999",
        b"NaN",
        b"1e308",
        b"1e-308",
        b"[[",
        b'"\\ud800"',
        b"true",
        b"{}",
    ),
    *(
        b";",
        b"--- ",
        b"2024-13-45T99:99:99Z",
        b"0",
        b"1795000000000",
        b" ",
        b"-",
        b"#",
        b"&a ",
        b"*a ",
        b"!!",
        b"\x1b[31m",
    ),
)
