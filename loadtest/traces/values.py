"""What a column of numbers says: the unit in its cells or its heading tells counts and rates apart."""

import math
import re
from dataclasses import dataclass

# Time units of a rate: "10 req/s", "requests per minute", and Grafana's own (reqps, rpm, ops ...).
_PER = re.compile(
    r"(?:/|\bper[ _]?|_per_)\s*(s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?)(?![a-z])"
    r"|\b(rps|qps|tps|reqps|cps|ops|iops|wps|rops|hz|rpm|opm|cpm|reqpm)\b|\b(rate)(?:\b|_)|_(rps|qps|rpm)\b"
)
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_COUNT = re.compile(
    r"\b(count|counts|requests?|reqs?|hits?|views?|page ?views?|visits?|sessions?|users?|calls?|invocations?|events?"
    r"|total|sum|n|num|number|transactions?|orders?|messages?|queries)\b"
)
_CELL = re.compile(r"([-+]?[\d.,\u00a0']*\d(?:[eE][-+]?\d+)?)\s*([kKMGB]|Mil|Bil)?\s*(.*)")
# "kreq/s", "Mrps", "k requests", "requests (thousands)", "requests [k]"
_SCALE = re.compile(
    r"(?<![A-Za-z])([kKMG])(?: ?(?=req|calls|hits)|(?=[rqtco]ps\b))|[(\[]([kKMG])[)\]]"
    r"|\b((?i:thousand|million|billion))s?\b"
)
_WORDS = {"thousand": 1e3, "million": 1e6, "billion": 1e9}
_TIMES = {"k": 1e3, "K": 1e3, "M": 1e6, "Mil": 1e6, "G": 1e9, "B": 1e9, "Bil": 1e9}


@dataclass(frozen=True)
class Meaning:
    """``form``: "rate" or "count", None where it is not told; ``per_s``: seconds that a rate counts over; ``scale``:
    what one stands for ("thousand requests")."""

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
    match = _PER.search(text.lower())
    if match:
        word = next(part for part in match.groups() if part)
        per = _SECONDS[word[0]] if match[1] else (60.0 if word in ("rpm", "opm", "cpm", "reqpm") else 1.0)
        return Meaning("rate", per, match[0].strip(), scale)
    plain = re.sub(r"[_\-]+", lambda m: m[0] if "per" in text.lower() else " ", text.lower())
    match = _COUNT.search(plain)
    return Meaning("count", 1.0, match[0], scale) if match else Meaning(None)
