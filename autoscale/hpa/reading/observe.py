"""An observation from Kubernetes API objects: HPA, scale, pods, and what the metrics APIs answered."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from autoscale.base.times import parse_duration, parse_time
from autoscale.hpa.observation import Container, Observation, Pod, PodUsage, Sample, Scale
from autoscale.hpa.reading.quantities import round_away, to_milli
from autoscale.hpa.status import Status
from autoscale.kube.kinds import Object
from autoscale.kube.quantities import parse_quantity

_POD_LEVEL = ("cpu", "memory", "hugepages-")
_CUSTOM_WINDOW_S = 60.0


def observe(
    *,
    now: float,
    hpa: Object,
    scale: Object | None,
    pods: Iterable[Object],
    pod_metrics: Iterable[Object] = (),
    pods_metrics: Mapping[int, Iterable[Object]] | None = None,
    object_metrics: Mapping[int, Object] | None = None,
    external_metrics: Mapping[int, Iterable[Object]] | None = None,
    metric_errors: Mapping[int, str] | None = None,
    scale_error: str = "",
    rivals: Iterable[str] = (),
) -> Observation:
    """Read API objects; ``now`` in seconds since the epoch.

    ``scale`` is the target's Scale (``autoscaling/v1``), ``pods`` the Pods its selector matches, ``pod_metrics`` the
    items of metrics.k8s.io. Answers of the custom and external metrics APIs come by the metric's position in
    ``spec.metrics``: ``pods_metrics`` and ``object_metrics`` as ``MetricValue``, ``external_metrics`` as
    ``ExternalMetricValue``. KeyError or ValueError on what is not such an object.
    """
    metadata = hpa.get("metadata") or {}
    return Observation(
        now=now,
        scale=None if scale is None else read_scale(scale),
        pods=tuple(read_pod(pod) for pod in pods),
        usage=tuple(read_usage(item) for item in pod_metrics),
        pods_metrics={at: read_samples(items) for at, items in (pods_metrics or {}).items()},
        object_metrics={at: read_value(item) for at, item in (object_metrics or {}).items()},
        external_metrics={
            at: tuple(read_value(item) for item in items) for at, items in (external_metrics or {}).items()
        },
        metric_errors=metric_errors or {},
        scale_error=scale_error,
        rivals=tuple(rivals),
        namespace=metadata.get("namespace") or "default",
        name=metadata.get("name") or "",
        generation=metadata.get("generation"),
        status=Status.from_dict(hpa.get("status") or {}),
    )


def read_scale(scale: Object) -> Scale:
    """A Scale object of ``autoscaling/v1``; absent numbers are 0, as the API leaves them out. ValueError on others."""
    spec, status = scale.get("spec") or {}, scale.get("status") or {}
    return Scale(int(spec.get("replicas") or 0), int(status.get("replicas") or 0), str(status.get("selector") or ""))


def read_pod(pod: Object) -> Pod:
    """A Pod object, as far as the rule looks at it."""
    metadata, spec, status = pod["metadata"], pod.get("spec") or {}, pod.get("status") or {}
    ready: Object = next((entry for entry in status.get("conditions") or () if entry["type"] == "Ready"), {})
    counted = [*(spec.get("containers") or ()), *_sidecars(spec)]
    return Pod(
        name=str(metadata["name"]),
        phase=status.get("phase") or "",
        deleting=metadata.get("deletionTimestamp") is not None,
        ready=ready.get("status"),
        ready_changed=_time(ready.get("lastTransitionTime")),
        started=_time(status.get("startTime")),
        containers=tuple(_container(entry) for entry in counted),
        pod_requests=_pod_requests(spec, {}),
        pod_requests_with_overhead=_pod_requests(spec, spec.get("overhead") or {}),
    )


def read_usage(item: Object) -> PodUsage:
    """One PodMetrics of metrics.k8s.io."""
    return PodUsage(
        pod=str(item["metadata"]["name"]),
        at=parse_time(item["timestamp"]),
        window_s=parse_duration(item["window"]),
        containers={
            entry["name"]: {name: to_milli(value) for name, value in (entry.get("usage") or {}).items()}
            for entry in item.get("containers") or ()
        },
    )


def read_samples(items: Iterable[Object]) -> dict[str, Sample]:
    """MetricValues of the custom metrics API that describe pods, by the pod's name."""
    samples = {}
    for item in items:
        window = item.get("windowSeconds")
        at = _time(item.get("timestamp")) or 0.0
        seconds = _CUSTOM_WINDOW_S if window is None else float(window)
        samples[item["describedObject"]["name"]] = Sample(to_milli(item["value"]), at, seconds)
    return samples


def read_value(item: Object) -> int:
    """The value of a MetricValue or an ExternalMetricValue, in thousandths."""
    return to_milli(item["value"])


def _time(text: str | None) -> float | None:
    return None if text is None else parse_time(text)


def _sidecars(spec: Object) -> list[Object]:
    return [entry for entry in spec.get("initContainers") or () if entry.get("restartPolicy") == "Always"]


def _container(entry: Object) -> Container:
    return Container(entry["name"], {name: to_milli(value) for name, value in _requests(entry).items()})


def _requests(entry: Object) -> Mapping[str, Any]:
    requests: Mapping[str, Any] = (entry.get("resources") or {}).get("requests") or {}
    return requests


def _pod_requests(spec: Object, overhead: Object) -> dict[str, int] | None:
    """The pod's requests where it sets some at pod level: those, the containers' for the rest, and an overhead."""
    own = {
        name: value for name, value in _requests(spec).items() if name in _POD_LEVEL or name.startswith("hugepages-")
    }
    if not own:
        return None
    totals = _aggregated(spec)
    totals.update((name, parse_quantity(value)) for name, value in own.items())
    _add(totals, _exact(overhead))
    return {name: round_away(value, 1000) for name, value in totals.items()}


def _aggregated(spec: Object) -> dict[str, Fraction]:
    """What the containers request together: the app's and sidecars' sum, or more where an init container needs more."""
    total: dict[str, Fraction] = {}
    for entry in spec.get("containers") or ():
        _add(total, _exact(_requests(entry)))
    sidecars: dict[str, Fraction] = {}
    most: dict[str, Fraction] = {}
    for entry in spec.get("initContainers") or ():
        needed = _exact(_requests(entry))
        if entry.get("restartPolicy") == "Always":
            _add(total, needed)
            _add(sidecars, needed)
            _raise(most, sidecars)
        else:
            _add(needed, sidecars)
            _raise(most, needed)
    _raise(total, most)
    return total


def _exact(quantities: Mapping[str, Any]) -> dict[str, Fraction]:
    return {name: parse_quantity(value) for name, value in quantities.items()}


def _add(total: dict[str, Fraction], more: Mapping[str, Fraction]) -> None:
    for name, value in more.items():
        total[name] = total.get(name, Fraction(0)) + value


def _raise(total: dict[str, Fraction], least: Mapping[str, Fraction]) -> None:
    for name, value in least.items():
        total[name] = max(total.get(name, value), value)
