"""k6's JSON lines (``k6 run --out json=FILE``): one line a sample (https://grafana.com/docs/k6/latest/results-output/)."""

import json
from collections.abc import Iterable
from typing import Any

from autoscale.base.errors import InputError, Problem
from autoscale.base.times import parse_time
from autoscale.imports.building import Second, number

NOTES = (
    "k6 does not record when a request was meant to be sent: latency counts from its sending.",
    "k6 does not record how late requests were sent, nor its own CPU: whether it was the limit is not known.",
    "Pods, HPA and CPU are not in k6's results.",
)


def read(lines: Iterable[str], name: str) -> dict[int, Second]:
    """What happened in each second; raises InputError on a line that is no JSON or a file without requests."""
    seconds: dict[int, Second] = {}
    for i, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except ValueError as error:
            problem = Problem(f"{name}: line {i}", str(error), "one JSON object per line")
            raise InputError(f"{name} is no k6 JSON output", problems=[problem]) from None
        if isinstance(entry, dict) and entry.get("type") == "Point":
            _point(entry, seconds)
    if not any(now.answered is not None for now in seconds.values()):
        raise InputError(f"{name} holds no requests of k6", fix="write it with `k6 run --out json=FILE script.js`")
    return seconds


def _point(entry: dict[str, Any], seconds: dict[int, Second]) -> None:
    data = entry.get("data")
    if not isinstance(data, dict):
        return
    value, at = number(data.get("value")), _time(data.get("time"))
    if value is None or at is None:
        return
    metric, tags = entry.get("metric"), data.get("tags") or {}
    now = seconds.setdefault(int(at), Second())
    if metric == "http_req_duration":
        begun = seconds.setdefault(int(at - value / 1000), Second())
        begun.sent = (begun.sent or 0) + 1
        cause = _cause(tags)
        if cause is None:
            now.answer(value / 1000)
        else:
            now.fail(cause)
    elif metric == "dropped_iterations":
        now.dropped = (now.dropped or 0) + int(value)


def _cause(tags: dict[str, Any]) -> str | None:
    """Why a request failed; None where it did not."""
    if tags.get("expected_response") != "false":
        status = str(tags.get("status", ""))
        bad = not tags.get("expected_response") and (status == "0" or status[:1] in ("4", "5"))
        return (status if status != "0" else "no answer") if bad else None
    return str(tags.get("error") or tags.get("error_code") or tags.get("status") or "failed")


def _time(text: Any) -> float | None:
    try:
        return parse_time(str(text))
    except ValueError:
        return None
