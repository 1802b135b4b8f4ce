"""Where an analysed run comes from, and how it broke off."""

from autoscale.analysis.results.analysis import Analysis


def imported_from(analysis: Analysis) -> str | None:
    """The tool whose results these are; None for a run of our own."""
    tool = analysis.header["environment"].get("imported_from")
    return str(tool) if tool else None


def why_failed(analysis: Analysis) -> str | None:
    """What a failed run said of it: the run itself, else its load generator; None where neither did."""
    said = {mark.name: mark.reason for mark in analysis.marks if mark.reason}
    return said.get("failed") or said.get("generator-failed")
