"""What of a namespace belongs to a run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """The workload, its HPA and Service, and the run's load generator; and since when (epoch seconds).

    ``labels`` selects the workload's pods, ``load`` what the run itself has made, both as label queries.
    ``redact_paths``: messages are recorded without the paths of URLs in them.
    """

    kind: str
    workload: str
    service: str | None
    hpa: str | None
    since: float
    labels: str = ""
    load: str = ""
    redact_paths: bool = False
