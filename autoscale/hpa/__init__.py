"""The ``autoscaling/v2`` rule, decision for decision as the upstream controller's, as pure functions over values.

    decide(spec, config, state, observation) -> Decision      one pass
    parse_spec(hpa) -> Spec                                   an HPA (or its spec) as a dict; InputError, all at once
    observe(now=..., hpa=..., scale=..., pods=..., pod_metrics=...) -> Observation    from API objects
    explain(decision) -> str                                  two or three plain sentences

``Config`` holds the controller's flags, the release and its feature gates; ``State`` what it remembers.
Replica counts are whole pods, metric values thousandths, times seconds since the epoch.
"""
