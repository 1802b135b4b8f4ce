"""Files of known tools that hold no course of time, or lack their heading: named, with the file to give instead."""

import re
from typing import NamedTuple

from autoscale.imports.importer import first_line, names_in


class Near(NamedTuple):
    """What a file is, what is wanted in its place, and how to get that."""

    what: str
    wanted: str
    fix: str


_LOCUST = Near(
    "Locust's totals of the whole run", "its history", "give PREFIX_stats_history.csv, which `--csv PREFIX` writes too"
)
_JTL = Near(
    "a JTL without its heading",
    "timeStamp,elapsed,label,... as its first line",
    "put the heading of your settings there, or set jmeter.save.saveservice.print_field_names=true",
)
_SUMMARY = Near("k6's summary of the whole run", "its samples", "write them with `k6 run --out json=FILE`")
_STATS = Near("JMeter's statistics of the whole run", "its samples", "give the JTL of `jmeter -n -l FILE`")
_SAMPLE = re.compile(r"1\d{12},\d+,[^,]*,[^,]*,")  # epoch milliseconds, elapsed, label, response code


def close_by(head: str) -> Near | None:
    """The form that a file's beginning has, where it is one of these."""
    line = first_line(head)
    if names_in(line, ("Name", "Request Count", "Failure Count")) or names_in(line, ("Error", "Occurrences")):
        return _LOCUST
    if _SAMPLE.match(line):
        return _JTL
    if names_in(line, ("sampler_label", "aggregate_report_count")) or names_in(line, ("Label", "# Samples")):
        return _STATS
    keys = re.findall(r'"(metrics|root_group|state|options|setup_data)"\s*:', head) if line.startswith("{") else []
    return _SUMMARY if "metrics" in keys or len(set(keys)) > 1 else None
