"""Times and durations as Kubernetes writes them; inside the project seconds since the epoch, as floats."""

import re
from datetime import UTC, datetime

_UNIT = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_RFC_3339 = re.compile(r"(\d{4}-\d\d-\d\dT)(\d{1,2})(:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)", re.ASCII)


def parse_time(text: str) -> float:
    """``"2026-11-23T06:20:30Z"`` (RFC 3339, any fraction or offset) -> seconds since the epoch."""
    return datetime.fromisoformat(text).timestamp()


def format_time(seconds: float) -> str:
    """Seconds since the epoch -> RFC 3339 in whole seconds, as ``metav1.Time`` is written."""
    return datetime.fromtimestamp(int(seconds // 1), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def format_micro_time(seconds: float) -> str:
    """Seconds since the epoch -> RFC 3339 with microseconds, as ``metav1.MicroTime`` is written."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def stored_time(text: str, *, micro: bool = False) -> str:
    """A time as an API server takes and keeps it, in UTC: ``metav1.Time`` to the second, any fraction dropped.

    ``micro``: ``metav1.MicroTime``, which wants exactly six decimals. ValueError on other text. Source: apimachinery
    0.37.2, run (findings/micro-times-of-clients-are-refused.sh).
    """
    match = _RFC_3339.fullmatch(text)
    if match is None or int(match[2]) > 23 or (micro and (len(match[4] or ""), len(match[2])) != (6, 2)):
        raise ValueError(f"not a time: {text!r}")
    day, hour, rest, fraction, zone = match.groups()
    try:
        at = datetime.fromisoformat(f"{day}{hour:0>2}{rest}.{fraction if micro else 0}{zone}").astimezone(UTC)
    except OverflowError:
        raise ValueError(f"not a time: {text!r}") from None
    return at.replace(tzinfo=None).isoformat(timespec="microseconds" if micro else "seconds") + "Z"


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
