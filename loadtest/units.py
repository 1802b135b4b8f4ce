"""Durations as people write them."""

import re

_UNIT = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


def seconds(text: object) -> float:
    """``"1m30s"`` -> 90.0; a bare number is seconds; ValueError on anything else."""
    if isinstance(text, int | float) and not isinstance(text, bool):
        return float(text)
    if isinstance(text, str) and re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    parts = _PART.findall(text) if isinstance(text, str) else []
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError("a duration such as 30s, 1m30s or 250ms")
    return sum(float(number) * _UNIT[unit] for number, unit in parts)


def spoken(duration: float) -> str:
    """210.0 -> ``"3m30s"``; 0.25 -> ``"250ms"``."""
    if 0 < duration < 1:
        return f"{duration * 1000:g}ms"
    minutes, rest = divmod(round(duration, 1), 60)
    hours, minutes = divmod(int(minutes), 60)
    parts = [(hours, "h"), (minutes, "m"), (rest, "s")]
    return "".join(f"{number:g}{unit}" for number, unit in parts if number) or "0s"
