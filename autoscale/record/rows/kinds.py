"""Every kind of row there is."""

from autoscale.record.rows.cluster import Event, Node, Service, Workload
from autoscale.record.rows.course import Clock, End, Gap, Machine, Mark
from autoscale.record.rows.header import Header
from autoscale.record.rows.hpa import Hpa, MetricAnswer
from autoscale.record.rows.keda import ScaledObject
from autoscale.record.rows.load import Load, PodLoad
from autoscale.record.rows.pods import Endpoint, Pod, Usage
from autoscale.record.rows.vpa import Vpa

Row = (
    Header
    | Clock
    | Machine
    | Mark
    | Load
    | PodLoad
    | Pod
    | Workload
    | Hpa
    | MetricAnswer
    | ScaledObject
    | Vpa
    | Service
    | Usage
    | Endpoint
    | Node
    | Event
    | Gap
    | End
)
KINDS: dict[str, type] = {
    "header": Header,
    "clock": Clock,
    "machine": Machine,
    "mark": Mark,
    "load": Load,
    "pod_load": PodLoad,
    "pod": Pod,
    "workload": Workload,
    "hpa": Hpa,
    "metric": MetricAnswer,
    "scaled_object": ScaledObject,
    "vpa": Vpa,
    "service": Service,
    "usage": Usage,
    "endpoint": Endpoint,
    "node": Node,
    "event": Event,
    "gap": Gap,
    "end": End,
}
