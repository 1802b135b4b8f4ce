"""The first row of a record: everything that was decided before the first request."""

import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any, cast

from autoscale.base.errors import ClusterError
from autoscale.base.secrets import harmless
from autoscale.base.version import VERSION
from autoscale.cluster.client import Cluster
from autoscale.record.rows.header import SCHEMA, Header, HpaConfig, RecordedScenario
from autoscale.run.redact import redact_object, redact_scenario
from autoscale.run.target import Target
from loadtest import histogram
from loadtest.models import Resolved


def header_row(
    run: str,
    scenario: Resolved,
    target: Target,
    beside: Sequence[Target],
    objects: Sequence[dict[str, Any]],
    cluster: Cluster,
    *,
    accepted: Sequence[str],
    hpa_config: HpaConfig,
    unseen: Sequence[str],
    redact_paths: bool = False,
) -> Header:
    """The ``header`` row. ``unseen``: kinds that this context may not watch; nothing of them will be in the record.

    ``redact_paths``: without the paths of URLs.
    """
    row: Header = {
        "k": "header",
        "schema": SCHEMA,
        "run": run,
        "scenario": cast("RecordedScenario", redact_scenario(scenario, ours=target.ours, paths=redact_paths)),
        "target": target.header(),
        "objects": [redact_object(obj, paths=redact_paths) for obj in objects],
        "context": {
            "name": cluster.context.name,
            "server": harmless(cluster.server),
            "ca_sha256": cluster.context.ca,
            "namespace": target.namespace,
        },
        "versions": versions(cluster),
        "hpa_config": hpa_config,
        "environment": {
            "system": platform.system(),
            "release": platform.release(),
            "machine": platform.machine(),
            "cpus": os.cpu_count(),
            "unseen": list(unseen),
        },
        "histogram": {"min_s": histogram.MIN_S, "growth": histogram.GROWTH},
        "accepted": list(accepted),
    }
    if beside:
        row["also"] = [one.header() for one in beside]
    return row


def versions(cluster: Cluster) -> dict[str, str]:
    """Of this project, Python, the load generator and the cluster; what cannot be learned is left out."""
    found = {"autoscale": VERSION, "python": sys.version.split()[0]}
    for package in ("locust", "kubernetes"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    try:
        found["cluster"] = str(cluster.get("/version")["gitVersion"])
    except (ClusterError, KeyError):
        return found
    return found
