"""Locust's own statistics, given a second's requests at once: its pages show what the rows say."""

from typing import Any

from locust.stats import RequestStats, StatsEntry, StatsError, bucket_response_time

from loadtest.counts import Ended, Kind
from loadtest.histogram import middle


def tell(stats: RequestStats, at: float, ended: dict[Kind, Ended]) -> None:
    """Add what ended within the second that begins ``at``, in the way in which Locust adds a worker's report.

    Locust's response time is the one from the intended time, rounded by its own rule after our histogram's 1 %.
    """
    for kind, requests in ended.items():
        if not requests.times:
            continue  # all of them were dropped: Locust counts what was sent
        entry = _entry(stats, at, kind, requests)
        stats.get(kind.name, kind.method).extend(entry)
        stats.total.extend(entry)
        for cause, occurrences in requests.failed.items():
            key = StatsError.create_key(kind.method, kind.name, cause)
            error = stats.errors.setdefault(key, StatsError(kind.method, kind.name, cause))
            error.occurred()
            error.occurrences += occurrences - 1


def _entry(stats: RequestStats, at: float, kind: Kind, requests: Ended) -> StatsEntry:
    entry: Any = StatsEntry(stats, kind.name, kind.method)
    times = requests.times
    entry.start_time = at
    entry.last_request_timestamp = at
    entry.num_requests = sum(times.values())
    entry.num_failures = requests.failed.total()
    entry.total_response_time = requests.total_s * 1000
    entry.min_response_time = requests.least_s * 1000
    entry.max_response_time = requests.most_s * 1000
    entry.total_content_length = requests.length
    entry.num_reqs_per_sec[int(at)] = entry.num_requests
    entry.num_fail_per_sec[int(at)] = entry.num_failures
    for index, count in times.items():
        entry.response_times[bucket_response_time(middle(index) * 1000)] += count
    checked: StatsEntry = entry
    return checked
