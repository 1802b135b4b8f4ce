"""A line of a load pod's log read as the row that it is, checked against its type."""

from typing import Any, TypedDict

import msgspec

from loadtest import lines


class _Kind(TypedDict):
    k: str


_KIND = msgspec.json.Decoder(_Kind)
_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    "load": msgspec.json.Decoder(lines.Load),
    "pod_load": msgspec.json.Decoder(lines.PodLoad),
    "mark": msgspec.json.Decoder(lines.Mark),
    "clock": msgspec.json.Decoder(lines.WorkerClock),
}


def parse(text: str) -> lines.Line | None:
    """The row in a line; None for a kind that is not the record's. Raises ValueError for a text that is no row."""
    decoder = _DECODERS.get(_KIND.decode(text)["k"])
    row: lines.Line | None = None if decoder is None else decoder.decode(text)
    return row
