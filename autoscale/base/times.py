"""Times and durations as Kubernetes writes them; inside the project seconds since the epoch, as floats."""

import re
from datetime import UTC, datetime

_UNIT = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


def parse_time(text: str) -> float:
    """``"2026-11-23T06:20:30Z"`` (RFC 3339, any fraction or offset) -> seconds since the epoch."""
    return datetime.fromisoformat(text).timestamp()


def format_time(seconds: float) -> str:
    """Seconds since the epoch -> RFC 3339 in whole seconds, as ``metav1.Time`` is written."""
    return datetime.fromtimestamp(int(seconds // 1), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def format_micro_time(seconds: float) -> str:
    """Seconds since the epoch -> RFC 3339 with microseconds, as ``metav1.MicroTime`` is written."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_duration(text: str | int | float) -> float:
    """``"1m30s"`` -> 90.0; a bare number is seconds; ValueError on anything else."""
    if isinstance(text, int | float) and not isinstance(text, bool):
        return float(text)
    if re.fullmatch(r"\d+(\.\d+)?", str(text)):
        return float(text)
    parts = _PART.findall(str(text))
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"not a duration: {text!r} (wanted for example 30s, 1m30s, 250ms)")
    return sum(float(number) * _UNIT[unit] for number, unit in parts)
