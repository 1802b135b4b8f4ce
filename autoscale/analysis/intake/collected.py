"""What one pass over a record keeps."""

from dataclasses import dataclass, field

from autoscale.analysis.intake.clocks import Clocks
from autoscale.analysis.intake.load import LoadCollector
from autoscale.analysis.intake.pods import Dated, EndpointHistory, PodHistory, UsageHistory
from autoscale.analysis.results.series import EventAt, GapSpan, MarkAt
from autoscale.record.ledger import Ledger
from autoscale.record.rows.cluster import Node, Service, Workload
from autoscale.record.rows.course import End, Machine
from autoscale.record.rows.header import Header, Target
from autoscale.record.rows.hpa import Hpa, MetricAnswer
from autoscale.record.rows.keda import ScaledObject
from autoscale.record.rows.vpa import Vpa


@dataclass(slots=True)
class Collected:
    """What one pass kept."""

    header: Header
    clocks: Clocks
    load: LoadCollector
    first_t: float
    last_t: float
    marks: list[MarkAt] = field(default_factory=list)
    pods: dict[str, PodHistory] = field(default_factory=dict)
    by_name: dict[str, PodHistory] = field(default_factory=dict)
    endpoints: dict[str, EndpointHistory] = field(default_factory=dict)
    pulled: dict[str, Dated] = field(default_factory=dict)
    usage: dict[str, UsageHistory] = field(default_factory=dict)
    hpas: list[Hpa] = field(default_factory=list)
    hpas_gone: list[Hpa] = field(default_factory=list)
    machine: list[Machine] = field(default_factory=list)
    answers: list[MetricAnswer] = field(default_factory=list)
    scaled: list[ScaledObject] = field(default_factory=list)
    vpas: list[Vpa] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    replica_sets: list[Workload] = field(default_factory=list)
    workloads: list[Workload] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    events: list[EventAt] = field(default_factory=list)
    gaps: list[GapSpan] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    end: End | None = None
    set_back_s: float = 0.0
    strange: int = 0

    @property
    def target(self) -> Target:
        """The header's target."""
        return self.header["target"]
