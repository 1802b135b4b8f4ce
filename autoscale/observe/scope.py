"""What of a namespace belongs to a run."""

from collections.abc import Mapping
from dataclasses import dataclass

from autoscale.kube.label_query import parse_label_query
from autoscale.kube.requirements import all_match


@dataclass(frozen=True)
class Scope:
    """The workload, its HPA and Service, and the run's load generator; and since when (epoch seconds).

    ``scaled``: the ScaledObject of KEDA's that scales it, by its HPA; ``vpa``: the VerticalPodAutoscaler of its pods.

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
    scaled: str | None = None
    vpa: str | None = None

    def takes(self, labels: Mapping[str, str] | None) -> bool:
        """Whether a pod with these labels is one of the workload's."""
        return all_match(parse_label_query(self.labels), labels or {})
