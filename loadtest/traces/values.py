"""What a column of numbers says: the unit in its cells or its heading tells counts and rates apart."""

import math
import re
from dataclasses import dataclass

# Time units of a rate: "10 req/s", "requests per minute", "hits per 5 min", and Grafana's own (reqps, rpm, ops ...).
_TIME = r"(s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?)(?![a-z])"
_PER = re.compile(rf"(?:/|\bper\b|\bevery\b)\s*(\d+)?\s*{_TIME}")
_A_SECOND = re.compile(
    r"\b(rps|qps|tps|reqps|cps|ops|iops|wps|rops|hz)\b|\b(?:reqs?|requests?|hits|calls) (?:s|secs?|seconds?)$"
    r"|\bi?rate\b|\bderiv\("
)
_A_MINUTE = re.compile(r"\b(rpm|opm|cpm|reqpm)\b")
_WINDOW = re.compile(r"(?<![\w.])(\d+)(s|m|h|d)(?![\w])")  # increase(x[5m]), requests_5m: how many there were in it
_INVERSE = re.compile(r"\b(s|sec|min|h)\s*(?:\^?-1\b|⁻¹)")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_COUNT = re.compile(
    r"\b(count|counts|requests?|reqs?|hits?|views?|page ?views?|visits?|sessions?|calls?|invocations?|events?"
    r"|total|sum|n|num|number|transactions?|orders?|messages?|queries)\b"
)
# No requests at all: amounts of data, of time, of a machine, shares.
_OTHER = re.compile(
    r"\b(?:bytes?|bits?|tokens?|[kmgt]?i?b(?:ps)?|latenc(?:y|ies)|durations?|elapsed|cpu|cores?|memory|percent(?:age)?|ratio)\b|%"
)
# What is none in one second nor in one bin: a mean, one of several, a share, how many there are at a time.
_UNCLEAR = re.compile(
    r"\b(?:avg|average|mean|median|max(?:imum)?|min(?:imum)?|p\d\d+|concurrent|active|current|in ?flight|open)\b"
    r"|\bper\b"
    r"|\b(?:errors?|success|failures?|miss|hit|cache|bounce|conversion) rate\b"
)
_CELL = re.compile(r"([-+]?[\d.,\u00a0']*\d(?:[eE][-+]?\d+)?)\s*([kKMG]|B(?![/p])|Mil|Bil)?\s*(.*)")
# "kreq/s", "Mrps", "k requests", "requests (thousands)", "requests [k]"
_SCALE = re.compile(
    r"(?<![A-Za-z])([kKMG])(?: ?(?=req|calls|hits)|(?=[rqtco]ps\b))|[(\[]([kKMG])[)\]]"
    r"|\b((?i:thousand|million|billion))s?\b"
)
_WORDS = {"thousand": 1e3, "million": 1e6, "billion": 1e9}
_TIMES = {"k": 1e3, "K": 1e3, "M": 1e6, "Mil": 1e6, "G": 1e9, "B": 1e9, "Bil": 1e9}


@dataclass(frozen=True)
class Meaning:
    """``form``: "rate" or "count", "other" for what counts no requests, None where it is not told; ``per_s``: seconds
    that a rate counts over; ``scale``: what one stands for ("thousand requests")."""

    form: str | None
    per_s: float = 1.0
    words: str = ""
    scale: float = 1.0


def cell(text: str, decimal: str = ".") -> tuple[float, str] | None:
    """A value and its unit ("10.5 req/s", "1.2 K"); None for what is no finite number."""
    match = _CELL.fullmatch(text.strip())
    if match is None:
        try:
            return float(text), ""
        except ValueError:
            return None
    value = _plain(match[1], decimal)
    if value is None or not math.isfinite(value):
        return None
    return value * _TIMES.get(match[2] or "", 1.0), match[3].strip()


def _plain(text: str, decimal: str) -> float | None:
    grouped = "," if decimal == "." else "."
    try:
        if re.fullmatch(rf"[-+]?\d{{1,3}}(?:[{grouped}\u00a0']\d{{3}})+(?:[{decimal}]\d+)?", text):
            text = re.sub(rf"[{grouped}\u00a0']", "", text)
        return float(text.replace(decimal, "."))
    except ValueError:
        return None


def meaning(text: str) -> Meaning:
    """What a unit or a heading says."""
    times = _SCALE.search(text)
    scale = 1.0
    if times:
        scale = _WORDS[times[3].lower()] if times[3] else _TIMES[times[1] or times[2]]
        text = text[: times.start()] + text[times.end() :]
    plain = plain_words(text)
    if match := _OTHER.search(plain):
        return Meaning("other", 1.0, match[0])
    if match := _PER.search(plain):
        return Meaning("rate", int(match[1] or 1) * _SECONDS[match[2][0]], match[0].strip(), scale)
    if match := _A_MINUTE.search(plain):
        return Meaning("rate", 60.0, match[0], scale)
    if _UNCLEAR.search(plain) and not re.search(r"\b(rps|qps|tps)\b", plain):
        return Meaning(None)
    if match := _A_SECOND.search(plain):
        return Meaning("rate", 1.0, match[0], scale)
    match, window = _COUNT.search(plain), _WINDOW.search(plain)
    if match and window and int(window[1]):
        return Meaning("rate", int(window[1]) * _SECONDS[window[2]], window[0], scale)
    return Meaning("count", 1.0, match[0], scale) if match else Meaning(None)


def plain_words(text: str) -> str:
    """In small letters, the words of requestsPerMinute and requests_per_minute apart, min⁻¹ as /min."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", _INVERSE.sub(r"/\1", text))
    return re.sub(r"[_\-]+", " ", apart.lower()).strip()
