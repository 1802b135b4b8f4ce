"""Why an HPA does nothing, by the reason of its condition, and what cures it."""

_RESOURCE = (
    "Check metrics-server: its log, its restarts, and `kubectl get apiservice v1beta1.metrics.k8s.io`; does `kubectl "
    "top pods` answer, and does every container of the pods request the resource?"
)
_CUSTOM = (
    "Check the custom metrics API: `kubectl get apiservice | grep custom.metrics`, its adapter's log, and whether it "
    "has this metric for these pods."
)
_METRIC = "Is its kind, name and target in the HPA's `spec.metrics` right?"

CURES = {
    "FailedGetResourceMetric": _RESOURCE,
    "FailedGetContainerResourceMetric": _RESOURCE + " Does the named container exist in every pod?",
    "FailedGetPodsMetric": _CUSTOM,
    "FailedGetObjectMetric": _CUSTOM,
    "FailedGetExternalMetric": (
        "Check the external metrics API: `kubectl get apiservice | grep external.metrics`, the log of its adapter "
        "(KEDA, prometheus-adapter, the cloud's), and whether the query gives a series."
    ),
    "InvalidMetricSourceType": _METRIC,
    "InvalidSelector": "Give the workload a selector: the HPA finds the pods by `status.selector` of its scale.",
    "AmbiguousSelector": "Let one HPA alone select these pods: another one's target selects them, too.",
    "FailedGetScale": "Does `spec.scaleTargetRef` name a workload that exists (kind, group, name) and has a scale?",
    "FailedUpdateScale": "May the controller write the scale? See the message, quotas and admission webhooks.",
    "ScalingDisabled": (
        "At 0 pods an HPA does nothing: something else must start the first one (KEDA, a person, or minReplicas 0 with "
        "an external metric where the release has it)."
    ),
}


def cure(reason: str) -> str:
    """What to do about a condition that is False for this reason."""
    return CURES.get(reason, "See the HPA's conditions and events: `kubectl describe hpa`.")
